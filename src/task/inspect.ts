import { TailraceError, toTailraceError } from '../core/errors.ts';
import { parseTablePattern, type TablePattern } from '../core/table-pattern.ts';
import { createLogger } from '../lib/logger.ts';
import type { InspectionProgress } from '../inspect/inspector.ts';
import { remaining, type TableReport } from '../inspect/inspection-report.ts';
import { inspectTask, type InspectionResult } from './inspect/inspect-task.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

export type { FoundDifference, TableReport } from '../inspect/inspection-report.ts';
export { remaining } from '../inspect/inspection-report.ts';
export type { InspectionProgress } from '../inspect/inspector.ts';
export type { InspectionResult } from './inspect/inspect-task.ts';
export { MEND_PREAMBLE } from './inspect/mend-statements.ts';

export interface InspectOptions extends TaskSelection {
  readonly table?: readonly string[] | undefined;
  readonly where?: string | undefined;
  readonly sample?: string | undefined;
  readonly repair?: boolean | undefined;
  readonly restart?: boolean | undefined;
  /** Given each mending statement, instead of mending. */
  readonly onStatement?: ((sql: Buffer) => void) | undefined;
  readonly onProgress: (task: string, progress: InspectionProgress) => void;
  readonly signal: AbortSignal;
}

/** Compares source and target of the chosen tasks, one task after the other. */
export async function runInspect(options: InspectOptions): Promise<readonly InspectionResult[]> {
  const { config, tasks } = loadTasks(options);
  const tables = options.table?.map(asPattern);
  const sample = asSample(options.sample);
  // Standard output is the result: beside it only what needs attention, unless more is asked for.
  const level = config.log.level === 'info' ? 'warn' : config.log.level;
  const logger = createLogger({ ...config.log, level });
  const results: InspectionResult[] = [];
  for (const task of tasks) {
    try {
      const result = await inspectTask({
        config,
        task,
        tables,
        where: options.where,
        sample,
        repair: options.repair === true,
        onStatement: options.onStatement,
        restart: options.restart === true,
        mode: { kind: 'command' },
        onProgress: (progress) => {
          options.onProgress(task.name, progress);
        },
        logger: logger.child({ task: task.name }),
        signal: options.signal,
      });
      results.push(result);
    } catch (thrown) {
      options.signal.throwIfAborted();
      throw toTailraceError(thrown).at({ task: task.name });
    }
  }
  return results;
}

/** Rows and tables that are not equal still. */
export function countRemaining(tables: readonly TableReport[]): number {
  return tables.reduce((sum, table) => sum + remaining(table), 0);
}

function asPattern(text: string): TablePattern {
  try {
    return parseTablePattern(text);
  } catch (cause) {
    const { message } = toTailraceError(cause);
    throw new TailraceError('USAGE', `--table: ${message}`, {
      cause,
      next: "For example --table 'shop.orders'.",
    });
  }
}

/** `5%` or 0.05. */
function asSample(text: string | undefined): number {
  if (text === undefined) return 1;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const share = Number(match?.[1] ?? Number.NaN) / (match?.[2] === '%' ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new TailraceError('USAGE', `--sample ${text} is no part of a table.`, {
    next: 'Give a percentage (--sample 5%) or a part between 0 and 1.',
  });
}
