import type { Config, TaskConfig } from '../config/schema.ts';
import { toTailraceError } from '../core/errors.ts';
import { createLogger, type Logger } from '../lib/logger.ts';
import { asListen, openHttp } from './open-http.ts';
import { runTask } from './run-task.ts';
import { TaskBoard } from './task-board.ts';
import { refuseUnusedSettings } from './unused-settings.ts';
import { isUntilHead, loadTasks } from './task-setup.ts';

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
  const boards = tasks.map((task) => new TaskBoard(task.name));
  const listen = options.http === undefined ? config.http.listen : asListen(options.http);
  const http = await openHttp(listen, boards, logger);
  const sayStopping = (): void => {
    logger.info('Stopping: what is under way is finished or rolled back');
  };
  options.signal.addEventListener('abort', sayStopping, { once: true });
  let exitCode = 0;
  const runs = tasks.map(async (task, index) => {
    const board = boards[index] ?? new TaskBoard(task.name);
    const code = await runOne({ config, task, board, untilHead, options, logger });
    if (exitCode === 0) exitCode = code;
  });
  await Promise.all(runs);
  options.signal.removeEventListener('abort', sayStopping);
  await http?.close();
  return exitCode;
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
    refuseUnusedSettings(run.task, taskLogger);
    await runTask({ ...run, logger: taskLogger, from, force: force === true, signal });
    taskLogger.info(run.untilHead && !signal.aborted ? 'Caught up' : 'Stopped');
    return 0;
  } catch (thrown) {
    const error = toTailraceError(thrown);
    taskLogger.error({ error }, 'The task cannot go on');
    return error.exitCode;
  }
}
