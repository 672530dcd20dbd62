import type { Config, TaskConfig } from '../config/schema.ts';
import { toTailraceError } from '../core/errors.ts';
import { createLogger, type Logger } from '../lib/logger.ts';
import { startHttp, type HttpHandle } from '../status/http-server.ts';
import { runTask } from './run-task.ts';
import { TaskBoard } from './task-board.ts';
import { isUntilHead, loadTasks } from './task-setup.ts';
import { VERSION } from './version.ts';

export interface RunOptions {
  readonly config: string;
  readonly task?: readonly string[];
  readonly http?: string;
  readonly until?: string;
  readonly from?: string;
  readonly force?: boolean;
  readonly signal: AbortSignal;
}

/** Runs every chosen task side by side; the exit code is that of the first that was refused. */
export async function runTasks(options: RunOptions): Promise<number> {
  const { config, tasks } = loadTasks(options);
  const untilHead = isUntilHead(options.until);
  const logger = createLogger({ ...config.log });
  const startedAt = new Date().toISOString();
  const boards = tasks.map((task) => new TaskBoard(task.name));
  const http = await openHttp(options.http ?? config.http.listen, logger, () => ({
    version: VERSION,
    pid: process.pid,
    startedAt,
    tasks: boards.map((board) => board.status()),
  }));
  let exitCode = 0;
  const runs = tasks.map(async (task, index) => {
    const board = boards[index] ?? new TaskBoard(task.name);
    const code = await runOne({ config, task, board, untilHead, options, logger });
    if (exitCode === 0) exitCode = code;
  });
  await Promise.all(runs);
  await http?.close();
  return exitCode;
}

async function openHttp(
  listen: string,
  logger: Logger,
  status: Parameters<typeof startHttp>[0]['status'],
): Promise<HttpHandle | undefined> {
  return listen === '' ? undefined : startHttp({ listen, status, logger });
}

interface OneRun {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly board: TaskBoard;
  readonly untilHead: boolean;
  readonly options: RunOptions;
  readonly logger: Logger;
}

async function runOne({ options, logger, ...run }: OneRun): Promise<number> {
  const taskLogger = logger.child({ task: run.task.name });
  const { from, force, signal } = options;
  try {
    await runTask({ ...run, logger: taskLogger, from, force: force === true, signal });
    taskLogger.info(run.untilHead && !signal.aborted ? 'Caught up' : 'Stopped');
    return 0;
  } catch (thrown) {
    const error = toTailraceError(thrown);
    if (signal.aborted && error.isTransient) return 0;
    taskLogger.error({ error }, 'The task cannot go on');
    return error.exitCode;
  }
}
