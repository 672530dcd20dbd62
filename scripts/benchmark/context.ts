import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Options } from './options.ts';

/** What every suite is handed: folders, options, and a place to say what is going on. */
export interface Context {
  readonly root: string;
  readonly options: Options;
  /** Data of this run; removed at its end. */
  readonly work: string;
  /** What is fetched once: packages of the other programs. */
  readonly cache: string;
  readonly say: (text: string) => void;
  /**
   * Things to end when the run ends, however it ends; last in, first out. Refuses when it is ending: what
   * begins then would stay.
   */
  readonly onEnd: (end: () => Promise<unknown>) => void;
  /** What is measured now is spoilt. */
  readonly isEnding: () => boolean;
}

export interface OpenContext {
  readonly context: Context;
  readonly close: () => Promise<void>;
}

export function openContext(root: string, options: Options): OpenContext {
  const work = mkdtempSync(join(tmpdir(), 'tailrace-bench-'));
  const cache = process.env['TAILRACE_BENCH_CACHE'] ?? join(homedir(), '.cache', 'tailrace-bench');
  mkdirSync(cache, { recursive: true });
  const ends: (() => Promise<unknown>)[] = [];
  const started = performance.now();
  let closing: Promise<void> | undefined;
  const isEnding = (): boolean => closing !== undefined;
  const say = (text: string): void => {
    if (isEnding()) return;
    const seconds = Math.round((performance.now() - started) / 1000);
    console.error(`[${String(seconds).padStart(5)} s] ${text}`);
  };
  const onEnd = (end: () => Promise<unknown>): void => {
    if (!isEnding()) ends.push(end);
    else {
      void end().catch(() => undefined);
      throw new Error('the run is being ended');
    }
  };
  const endAll = async (): Promise<void> => {
    for (const end of ends.reverse()) await end().catch(() => undefined);
    rmSync(work, { recursive: true, force: true });
  };
  return {
    context: { root, options, work, cache, say, onEnd, isEnding },
    close: () => (closing ??= endAll()),
  };
}
