import type { Config, TaskConfig } from '../config/schema.ts';
import { TailraceError, toTailraceError } from '../core/errors.ts';
import { createLogger, type Logger } from '../lib/logger.ts';
import { Fleet, type FleetMember } from './fleet.ts';
import { asListen, openHttp } from './open-http.ts';
import { consumeTask } from './consume/consume-task.ts';
import { runTask } from './run-task.ts';
import { refuseUnusedSettings } from './unused-settings.ts';
import { isUntilHead, loadTasks } from './task-setup.ts';

export interface RunOptions {
  readonly config: string;
  readonly task?: readonly string[];
  readonly http?: string;
  readonly until?: string;
  readonly from?: string;
  readonly force?: boolean;
  readonly mode: 'run' | 'produce' | 'consume';
  readonly signal: AbortSignal;
}

/** Runs every chosen task side by side; the exit code is that of the first that was refused. */
export async function runTasks(options: RunOptions): Promise<number> {
  const { config, tasks } = loadTasks(options);
  const untilHead = isUntilHead(options.until);
  const logger = createLogger({ ...config.log });
  const fleet = new Fleet(
    tasks.map(({ name }) => name),
    { config: options.config, signal: options.signal, logger },
  );
  const listen = options.http === undefined ? config.http.listen : asListen(options.http);
  const http = await openHttp({ http: { ...config.http, listen }, fleet, logger });
  const sayStopping = (): void => {
    logger.info('Stopping: what is under way is finished or rolled back');
  };
  options.signal.addEventListener('abort', sayStopping, { once: true });
  const exitCode = await fleet.run((member, isFirst) => {
    const task = tasks.find(({ name }) => name === member.name);
    if (task === undefined) throw new TailraceError('INTERNAL_FAULT', `no task ${member.name}`);
    return runOne({ config, task, member, untilHead, isFirst, options, logger });
  });
  options.signal.removeEventListener('abort', sayStopping);
  await http?.close();
  return exitCode;
}

interface OneRun {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly member: FleetMember;
  readonly untilHead: boolean;
  /** `--from` counts once. */
  readonly isFirst: boolean;
  readonly options: RunOptions;
  readonly logger: Logger;
}

async function runOne({ options, logger, member, isFirst, ...run }: OneRun): Promise<number> {
  const taskLogger = logger.child({ task: run.task.name });
  const { force, mode, signal } = options;
  const from = isFirst ? options.from : undefined;
  const { board, control } = member;
  try {
    if (mode === 'consume') {
      await consumeTask({ ...run, board, control, logger: taskLogger, signal });
      taskLogger.info(run.untilHead && !signal.aborted ? 'Caught up' : 'Stopped');
      return 0;
    }
    refuseUnusedSettings(run.task, taskLogger);
    await runTask({
      ...run,
      mode,
      board,
      control,
      logger: taskLogger,
      from,
      force: force === true,
      signal,
    });
    taskLogger.info(run.untilHead && !signal.aborted ? 'Caught up' : 'Stopped');
    return 0;
  } catch (thrown) {
    const error = toTailraceError(thrown);
    taskLogger.error({ error }, 'The task cannot go on');
    return error.exitCode;
  }
}
