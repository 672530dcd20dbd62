import { isJournal } from '../config/env.ts';
import type { Config, TaskConfig } from '../config/schema.ts';
import { toTailraceError } from '../core/errors.ts';
import { createLogger, type Logger } from '../lib/logger.ts';
import { Fleet } from './fleet.ts';
import { LocalTask } from './local-task.ts';
import { asListen, openHttp } from './open-http.ts';
import { parseOffsetRequest } from './consume/move-offsets.ts';
import { consumeTask } from './consume/consume-task.ts';
import { runTask } from './run-task.ts';
import { announceStop } from './announce-stop.ts';
import { reportUp } from './supervisor/report-up.ts';
import { tellServiceManager } from './service-manager.ts';
import { superviseTasks } from './supervisor/supervise-tasks.ts';
import { tellUnusedSettings } from './unused-settings.ts';
import { loadTasks } from './task-setup.ts';
import { isOnlyHead, parseUntil, type Until } from './until.ts';

export interface RunOptions {
  readonly config: string;
  readonly task?: readonly string[];
  readonly http?: string;
  readonly until?: string;
  readonly from?: string;
  readonly force?: boolean;
  readonly mode: 'run' | 'produce' | 'consume';
  /** Started by another tailrace, which shows what the task does. */
  readonly supervised?: boolean;
  readonly waitForLock?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs every chosen task; the exit code is that of the first that was refused. Several have a process each, so that
 * none can disturb another, and this one looks after them.
 */
export async function runTasks(options: RunOptions): Promise<number> {
  const { config, tasks } = loadTasks(options);
  parseUntil(options.until);
  const logger = createLogger({ ...config.log, isJournal: isJournal() });
  const [task] = tasks;
  if (task !== undefined && tasks.length === 1) return runHere(options, { config, task, logger });
  return superviseTasks(tasks, { ...options, config, configFile: options.config, logger });
}

interface Setting {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly logger: Logger;
}

/** One task, in this process. */
async function runHere(options: RunOptions, { config, task, logger }: Setting): Promise<number> {
  const fleet = new Fleet([new LocalTask(task.name)], { ...options, logger });
  const up = options.supervised === true ? reportUp(fleet) : undefined;
  const signal = up === undefined ? options.signal : AbortSignal.any([options.signal, up.signal]);
  const listen = options.http === undefined ? config.http.listen : asListen(options.http);
  const http = await openHttp({ http: { ...config.http, listen }, fleet, logger });
  // A supervisor has said it for all of them.
  const sayStopping = up === undefined ? announceStop(logger, signal) : undefined;
  const until = parseUntil(options.until);
  const tasks = () => fleet.members.map((member) => member.status());
  const untell = up === undefined ? tellServiceManager({ tasks, logger, signal }) : undefined;
  const exitCode = await fleet.run((member, isFirst) =>
    runOne({ config, task, member, until, isFirst, options: { ...options, signal }, logger }),
  );
  sayStopping?.();
  untell?.();
  await http?.close();
  await up?.ended(exitCode);
  return exitCode;
}

interface OneRun {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly member: LocalTask;
  readonly until: Until;
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
      const untilHead = isOnlyHead(run.until);
      const start = from === undefined ? {} : { from: parseOffsetRequest(from), force };
      await consumeTask({
        ...run,
        ...start,
        untilHead,
        board,
        control,
        logger: taskLogger,
        signal,
      });
      taskLogger.info(untilHead && !signal.aborted ? 'Caught up' : 'Stopped');
      return 0;
    }
    tellUnusedSettings(run.task, taskLogger);
    await runTask({
      ...run,
      mode,
      board,
      control,
      logger: taskLogger,
      from,
      force: force === true,
      waitsForLock: options.waitForLock === true,
      signal,
    });
    taskLogger.info(run.until !== undefined && !signal.aborted ? 'Caught up' : 'Stopped');
    return 0;
  } catch (thrown) {
    const error = toTailraceError(thrown);
    taskLogger.error({ error }, 'The task cannot go on');
    return error.exitCode;
  }
}
