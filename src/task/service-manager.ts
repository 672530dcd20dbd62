import { envReader, type EnvReader } from '../config/env.ts';
import type { Logger } from '../lib/logger.ts';
import { ServiceNotifier } from '../status/service-notifier.ts';
import type { TaskStatus } from '../status/task-status.ts';

export interface ServiceOptions {
  readonly tasks: () => readonly TaskStatus[];
  readonly logger: Logger;
  /** Aborted when the process is to stop. */
  readonly signal: AbortSignal;
  readonly env?: EnvReader;
}

/** Where systemd started us with Type=notify it is told how we are. Returns how to end that. */
export function tellServiceManager(options: ServiceOptions): () => void {
  const { tasks, logger, signal, env = envReader } = options;
  if ((env('NOTIFY_SOCKET') ?? '') === '') return () => undefined;
  const notifier = new ServiceNotifier({
    watchdogMs: watchdogMsOf(env),
    summary: () => summarize(tasks()),
    logger,
  });
  notifier.ready();
  const onStop = (): void => {
    notifier.stopping();
  };
  signal.addEventListener('abort', onStop, { once: true });
  return () => {
    signal.removeEventListener('abort', onStop);
    notifier.close();
  };
}

/** WATCHDOG_PID names whom the watchdog is for: not us, where a script stands between. */
function watchdogMsOf(env: EnvReader): number | undefined {
  const pid = env('WATCHDOG_PID');
  if (pid !== undefined && Number(pid) !== process.pid) return undefined;
  const ms = Number(env('WATCHDOG_USEC') ?? 0) / 1000;
  return ms > 0 ? ms : undefined;
}

/** One task: what it does. Several: how many do what, and the errors by name. */
export function summarize(tasks: readonly TaskStatus[]): string {
  const [only] = tasks;
  if (only === undefined) return 'no task';
  if (tasks.length === 1) return `${only.name}: ${describe(only)}`;
  const states = new Map<string, number>();
  for (const { state } of tasks) states.set(state, (states.get(state) ?? 0) + 1);
  const counts = [...states].map(([state, count]) => `${count} ${state}`).join(', ');
  const errors = tasks
    .filter(({ error }) => error !== null)
    .map(({ name, error }) => `; ${name}: ${error?.code ?? ''}`);
  return `${tasks.length} tasks: ${counts}${errors.join('')}`;
}

function describe({ state, lag, rates, error }: TaskStatus): string {
  const reason = error === null ? '' : ` (${error.code}: ${error.message})`;
  if (state !== 'streaming' || lag.seconds === null) return `${state}${reason}`;
  return `streaming, lag ${lag.seconds.toFixed(1)} s, ${Math.round(rates.rowsPerSecond)} rows/s${reason}`;
}
