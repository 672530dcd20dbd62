import { setMaxListeners } from 'node:events';
import type { Config, TaskConfig } from '../../config/schema.ts';
import type { Logger } from '../../lib/logger.ts';
import type { TaskDebugger } from '../../status/http/debug-routes.ts';
import { announceStop } from '../announce-stop.ts';
import { Fleet } from '../fleet.ts';
import { asListen, openHttp } from '../open-http.ts';
import { tellServiceManager } from '../service-manager.ts';
import { ChildTask } from './child-task.ts';

export interface SuperviseOptions {
  readonly config: Config;
  readonly configFile: string;
  /** The command that a task's process runs. */
  readonly mode: string;
  readonly http?: string;
  readonly until?: string;
  readonly from?: string;
  readonly force?: boolean;
  readonly waitForLock?: boolean;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Every task in a process of its own, one HTTP server for all. */
export async function superviseTasks(
  tasks: readonly TaskConfig[],
  options: SuperviseOptions,
): Promise<number> {
  const { config, configFile, logger, signal } = options;
  // Each task listens a few times; Node takes more than ten for a leak.
  setMaxListeners(0, signal);
  const children = tasks.map(
    ({ name }) =>
      new ChildTask({
        name,
        args: argsOf(name, options),
        firstArgs: firstArgsOf(options),
        logger,
        signal,
      }),
  );
  const fleet = new Fleet(children, { config: configFile, signal, logger });
  const listen = options.http === undefined ? config.http.listen : asListen(options.http);
  const find = (task: string) => children.find(({ name }) => name === task);
  const debug: TaskDebugger = {
    profile: async (task, seconds) => find(task)?.profile(seconds),
    heap: async (task) => find(task)?.heap(),
  };
  const http = await openHttp({ http: { ...config.http, listen }, fleet, debug, logger });
  const sayStopping = announceStop(logger, signal);
  const statuses = () => children.map((child) => child.status());
  const untell = tellServiceManager({ tasks: statuses, logger, signal });
  const exitCode = await fleet.run((child, isFirst) => child.run(isFirst));
  sayStopping();
  untell();
  await http?.close();
  return exitCode;
}

function argsOf(
  task: string,
  { mode, configFile, until, waitForLock }: SuperviseOptions,
): readonly string[] {
  const [, program = ''] = process.argv;
  const base = [program, mode, '-c', configFile, '--task', task, '--http', '', '--supervised'];
  if (waitForLock === true) base.push('--wait-for-lock');
  return until === undefined ? base : [...base, '--until', until];
}

function firstArgsOf({ from, force }: SuperviseOptions): readonly string[] {
  if (from === undefined) return [];
  return force === true ? ['--from', from, '--force'] : ['--from', from];
}
