import type { Checkpoint } from '../../core/checkpoint.ts';
import { readBinlogFiles } from '../../replica/oldest-position.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { keepLongerStatement, readRetention } from '../../source/binlog/binlog-retention.ts';
import { bytesBetween } from '../../source/binlog/head-probe.ts';
import { readHead } from '../../source/binlog/read-head.ts';
import { formatBytes, formatSeconds } from '../../status/format-text.ts';
import type { Problem } from './finding.ts';

export interface KeptCheckpoint {
  readonly checkpoint: Checkpoint;
  /** When a process last worked at the task; undefined: not known. */
  readonly runAtMs: number | undefined;
}

const SECONDS_A_DAY = 86_400;

/** Whether the source still keeps what is not done when somebody gets to it: half of the time is gone, or half of the room. */
export async function findRetentionProblems(
  connection: ServerConnection,
  { checkpoint, runAtMs }: KeptCheckpoint,
): Promise<readonly Problem[]> {
  const { coordinates } = checkpoint.position;
  const files = await readBinlogFiles(connection).catch(() => []);
  const head = await readHead(connection);
  const behind = bytesBetween(coordinates, head.coordinates, files) ?? 0;
  if (behind === 0) return [];
  const { keepsSeconds, keepsBytes } = await readRetention(connection);
  const ageSeconds = runAtMs === undefined ? 0 : (Date.now() - runAtMs) / 1000;
  const reasons: string[] = [];
  if (keepsSeconds > 0 && ageSeconds > keepsSeconds / 2) {
    const kept = `the source keeps ${formatSeconds(keepsSeconds)}`;
    reasons.push(`nobody has worked at it for ${formatSeconds(ageSeconds)}, and ${kept}`);
  }
  if (keepsBytes > 0 && behind > keepsBytes / 2) {
    const kept = `the source keeps ${formatBytes(keepsBytes)}`;
    reasons.push(`it is ${formatBytes(behind)} behind, and ${kept}`);
  }
  if (files.length > 2 && files[0]?.name === coordinates.file) {
    reasons.push(`it is in ${coordinates.file}, the oldest file that the source still has`);
  }
  if (reasons.length === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'RETENTION_SHORT',
      finding: `the task's position may be purged before it goes on: ${reasons.join('; ')}`,
      fixSql: keepLongerStatement(connection.info, Math.max(keepsSeconds * 2, SECONDS_A_DAY)),
    },
  ];
}
