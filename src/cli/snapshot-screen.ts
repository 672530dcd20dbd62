import type { CopyProgress } from '../task/snapshot/show-progress.ts';
import { describeCopy, type SnapshotResult } from '../task/snapshot/show-progress.ts';
import type { Logger } from '../lib/logger.ts';
import type { CliIo } from './io.ts';

const LOG_MS = 10_000;
const DRAW_MS = 250;

/** On a terminal a bar for each table under way and one for all; elsewhere a log line each ten seconds. */
export function showCopy(io: CliIo) {
  return (_task: string, progress: CopyProgress, logger: Logger): (() => void) => {
    const isTerminal = (io.stderr as { readonly isTTY?: boolean }).isTTY === true;
    let height = 0;
    const draw = (): void => {
      const { lines } = describeCopy(progress);
      const up = height === 0 ? '' : `\u001b[${height}A`;
      io.stderr.write(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}`);
      height = lines.length;
    };
    const log = (): void => {
      const { fields, summary } = describeCopy(progress);
      logger.info(fields, summary);
    };
    const timer = setInterval(isTerminal ? draw : log, isTerminal ? DRAW_MS : LOG_MS);
    return () => {
      clearInterval(timer);
      if (isTerminal && height > 0) draw();
    };
  };
}

const count = (value: number): string => value.toLocaleString('en-US');

export function formatResult({
  task,
  tables,
  rows,
  bytes,
  position,
  others,
}: SnapshotResult): string {
  const lines = [
    `${task}: ${count(tables)} tables, ${count(rows)} rows, ${(bytes / 1e6).toFixed(1)} MB copied.`,
    `  checkpoint: ${position}`,
  ];
  if (others.views.length > 0) lines.push(`  views: ${others.views.join(', ')}`);
  for (const [reason, names] of Object.entries(others.leftOut)) {
    lines.push(`  left out (${reason}): ${names.join(', ')}`);
  }
  lines.push('  tailrace run goes on from there.');
  return `${lines.join('\n')}\n`;
}
