import type { TaskStore } from '../../checkpoint/task-store.ts';
import { TailraceError, toTailraceError } from '../../core/errors.ts';
import type { SnapshotStatus } from '../../status/task-status.ts';
import { formatTableName } from '../../core/table.ts';
import { parseTablePattern } from '../../core/table-pattern.ts';
import { createLogger, type Logger } from '../../lib/logger.ts';
import { CopyProgress } from '../../snapshot/progress.ts';
import { asListen, openHttp } from '../open-http.ts';
import { isStop, retryForever } from '../retry-forever.ts';
import { openStore } from '../run-task.ts';
import { addTables } from './add-tables.ts';
import { copyToKafka } from './copy-to-kafka.ts';
import { findAsked, findTablesToAdd } from './find-tables-to-add.ts';
import { TaskBoard } from '../task-board.ts';
import { TaskControl } from '../task-control.ts';
import { loadTasks } from '../task-setup.ts';
import { tellUnusedSettings } from '../unused-settings.ts';
import { copyStatus } from './show-progress.ts';
import type { SnapshotTaskOptions } from './snapshot-options.ts';
import { copyTask, type SnapshotResult } from './snapshot-task.ts';

export interface SnapshotRunOptions {
  readonly config: string;
  readonly task?: readonly string[];
  readonly http?: string;
  readonly engine?: string;
  readonly to?: string;
  readonly restart?: boolean;
  readonly overwrite?: boolean;
  /** Patterns over `database.table`; undefined: every table of the task. */
  readonly table?: readonly string[];
  readonly signal: AbortSignal;
  /** Shows a copy while it goes on; gives how to end that. */
  readonly show?: (task: string, progress: CopyProgress, logger: Logger) => () => void;
}

export interface SnapshotOutcome {
  readonly exitCode: number;
  readonly results: readonly SnapshotResult[];
}

const SAVE_STATUS_MS = 1000;

/** Copies the chosen tasks one after the other: each uses all that the servers give. */
export async function runSnapshots(options: SnapshotRunOptions): Promise<SnapshotOutcome> {
  const { config, tasks } = loadTasks(options);
  const logger = createLogger({ ...config.log });
  const tables = options.table?.map(parseTablePattern);
  const boards = tasks.map(({ name }) => new TaskBoard(name));
  const listen = options.http === undefined ? config.http.listen : asListen(options.http);
  const http = await openHttp({
    http: { ...config.http, listen },
    fleet: { members: boards },
    logger,
  });
  const results: SnapshotResult[] = [];
  let exitCode = 0;
  try {
    for (const [index, task] of tasks.entries()) {
      if (options.signal.aborted) break;
      const taskLogger = logger.child({ task: task.name });
      try {
        tellUnusedSettings(task, taskLogger);
        const result = await runOne(
          {
            config,
            task,
            board: boards[index] ?? new TaskBoard(task.name),
            control: new TaskControl(),
            progress: new CopyProgress(),
            logger: taskLogger,
            engine: engineOf(options.engine) ?? task.snapshot.engine,
            to: destinationOf(options.to),
            restart: options.restart === true,
            beganAt: new Date().toISOString(),
            overwrite: options.overwrite === true,
            tables,
            signal: options.signal,
          },
          options.show,
        );
        if (result !== undefined) results.push(result);
      } catch (thrown) {
        const error = toTailraceError(thrown);
        taskLogger.error({ error }, 'The copy cannot go on');
        if (exitCode === 0) ({ exitCode } = error);
      }
    }
  } finally {
    await http?.close();
  }
  return { exitCode, results };
}

function engineOf(text: string | undefined): 'mysqldump' | 'native' | undefined {
  if (text === undefined || text === 'mysqldump' || text === 'native') return text;
  throw new TailraceError('USAGE', `--engine ${text} is not known.`, {
    next: 'Use --engine mysqldump or --engine native.',
  });
}

function destinationOf(text: string | undefined): 'target' | 'kafka' {
  if (text === undefined || text === 'target') return 'target';
  if (text === 'kafka') return 'kafka';
  throw new TailraceError('USAGE', `--to ${text} is not known.`, {
    next: 'Use --to target or --to kafka.',
  });
}

/** undefined: it was stopped; what is there is kept for the next time. */
async function runOne(
  options: SnapshotTaskOptions,
  show: SnapshotRunOptions['show'],
): Promise<SnapshotResult | undefined> {
  const { board, logger, signal, task, progress } = options;
  const end = show?.(task.name, progress, logger);
  let store: TaskStore | undefined;
  const update = (state: SnapshotStatus['state']): void => {
    // Before there are tables there is nothing to say of them.
    const hasBegun = progress.totals.tables > 0 || state === 'done';
    board.snapshot = hasBegun ? copyStatus(progress, state) : null;
    store?.saveStatus(JSON.stringify(board.status()));
  };
  const timer = setInterval(() => {
    tryQuietly(() => {
      update('running');
    });
  }, SAVE_STATUS_MS);
  let outcome: SnapshotStatus['state'] = 'failed';
  const adding = { isSo: false };
  /** There was nothing to do: what the task's own run said of it last stays. */
  let isRefused = false;
  try {
    const result = await retryForever(
      async () => {
        const added = options.to === 'kafka' ? undefined : await findTablesToAdd(options);
        adding.isSo = added !== undefined;
        if (added !== undefined) return addTables(options, added);
        await tellOthers(options);
        const opened = (store ??= await openStore(options));
        const run = { ...options, store: opened };
        return options.to === 'kafka' ? copyToKafka(run) : copyTask(run);
      },
      { board, logger, signal },
    );
    board.end();
    outcome = 'done';
    return result;
  } catch (thrown) {
    if (isStop(thrown, signal)) {
      board.end();
      outcome = 'stopped';
      if (!adding.isSo) tellWhatIsThere(progress, logger);
      return undefined;
    }
    const error = toTailraceError(thrown).at({ task: task.name });
    isRefused = error.code === 'SNAPSHOT_NOT_NEEDED';
    board.fail(error);
    if (!adding.isSo) tellWhatIsThere(progress, logger);
    throw error;
  } finally {
    clearInterval(timer);
    end?.();
    if (!isRefused) {
      tryQuietly(() => {
        update(outcome);
      });
    }
    store?.close();
  }
}

/** A first copy of some tables is one of the whole task as far as its checkpoint goes. */
async function tellOthers(options: SnapshotTaskOptions): Promise<void> {
  if (options.tables === undefined) return;
  const { others } = await findAsked(options, options.tables);
  if (others.length === 0) return;
  const shown = others.slice(0, 5).map(formatTableName).join(', ');
  const more = others.length > 5 ? ` and ${others.length - 5} more` : '';
  options.logger.warn(
    `Only the tables of --table are copied. Of ${shown}${more} the task gets nothing but what changes from now on: add them later with tailrace snapshot --table.`,
  );
}

/** Nothing where it never came to the tables. */
function tellWhatIsThere(progress: CopyProgress, logger: Logger): void {
  const { tables, tablesDone, rows } = progress.totals;
  if (tables === 0) return;
  if (progress.phase === 'done') {
    logger.info('The copy is whole and its checkpoint is stored: tailrace run goes on from there.');
    return;
  }
  const begun = progress.tables
    .filter(({ state, rows: some }) => state !== 'done' && some > 0)
    .map(({ table }) => table);
  const half = begun.length === 0 ? '' : ` In part: ${begun.slice(0, 5).join(', ')}.`;
  logger.info(
    `The copy is unfinished: ${tablesDone} of ${tables} tables are there whole (${rows} rows in all).${half} tailrace snapshot goes on from here; run refuses to start until it is finished.`,
  );
}

function tryQuietly(work: () => void): void {
  try {
    work();
  } catch {
    // Status is for people: a full disk must not end the copy.
  }
}
