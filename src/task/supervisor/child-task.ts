import { fork, type ChildProcess } from 'node:child_process';
import { TailraceError } from '../../core/errors.ts';
import { createBackoff } from '../../lib/backoff.ts';
import { systemClock } from '../../lib/clock.ts';
import { createDeferred, type Deferred } from '../../lib/deferred.ts';
import type { Logger } from '../../lib/logger.ts';
import type { RunStateKind } from '../../lib/run-state.ts';
import { sleep } from '../../lib/sleep.ts';
import { untilAborted } from '../../lib/until-aborted.ts';
import type { ControlOutcome } from '../../status/http/control-route.ts';
import type { TaskHistory, TaskStatus } from '../../status/task-status.ts';
import type { FleetMember } from '../fleet.ts';
import { TaskBoard } from '../task-board.ts';
import type { SupervisorMessage, TaskMessage } from './messages.ts';

export interface ChildTaskOptions {
  readonly name: string;
  /** The command line of its process, from the program's file on; without what counts once. */
  readonly args: readonly string[];
  /** What counts for its first start only: `--from`. */
  readonly firstArgs: readonly string[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Between two looks whether it still says something; for tests. */
  readonly lookMs?: number;
}

const BACKOFF = { minMs: 500, maxMs: 30_000 };
/** A process that ran for so long has got over what ended the one before it. */
const STEADY_MS = 60_000;
/** A status comes each second. */
const SILENT_MS = 10_000;
/** So often in a row nothing was heard: counted, not measured, so that a machine that slept takes nobody for hung. */
const LOOK_MS = 5000;
const HUNG_LOOKS = 24;

/**
 * One task in a process of its own. A process that crashes is made anew, after a pause that grows; a task that ends or
 * is refused ends it for good, until somebody resumes it.
 */
export class ChildTask implements FleetMember {
  readonly name: string;
  readonly #options: ChildTaskOptions;
  /** Speaks for a process that is not there. */
  readonly #board: TaskBoard;
  readonly #replies = new Map<number, Deferred<TaskMessage>>();
  #process: ChildProcess | undefined;
  #status: TaskStatus | undefined;
  #history: TaskHistory | undefined;
  #woken = createDeferred<undefined>();
  #heardAtMs = 0;
  /** It stands still for that. */
  #isDumping = false;
  #lastId = 0;

  constructor(options: ChildTaskOptions) {
    this.name = options.name;
    this.#options = options;
    this.#board = new TaskBoard(options.name);
  }

  status(): TaskStatus {
    const status = this.#status ?? this.#board.status();
    if (this.#process === undefined) return atRest(status);
    const silentMs = systemClock.monotonicMs() - this.#heardAtMs;
    if (silentMs < SILENT_MS) return status;
    return { ...status, stalledSeconds: Math.max(status.stalledSeconds, silentMs / 1000) };
  }

  get history(): TaskHistory {
    return this.#history ?? this.#board.history;
  }

  get state(): RunStateKind {
    return this.status().state;
  }

  /** Until the task has ended or was refused; resolves to its exit code. */
  async run(isFirst: boolean): Promise<number> {
    const { signal, logger } = this.#options;
    const backoff = createBackoff(BACKOFF);
    for (let first = isFirst; ; first = false) {
      const startedMs = systemClock.monotonicMs();
      const exitCode = await this.#runProcess(first);
      if (exitCode !== undefined) return exitCode;
      if (signal.aborted) return 0;
      if (systemClock.monotonicMs() - startedMs > STEADY_MS) backoff.reset();
      const error = new TailraceError('TASK_CRASHED', `the process of task ${this.name} ended`, {
        place: { task: this.name },
      });
      const delayMs = backoff.next();
      this.#board.retry(error);
      this.#status = undefined;
      logger.error({ task: this.name, error, delayMs }, 'A task has crashed; it is started anew');
      try {
        await sleep(delayMs, signal);
      } catch {
        return 0;
      }
    }
  }

  pause(): Promise<ControlOutcome> {
    return this.#control('pause');
  }

  async resume(): Promise<ControlOutcome> {
    if (this.#process !== undefined) return this.#control('resume');
    if (this.state !== 'failed') {
      return { kind: 'refused', why: `the task is ${this.state}, not paused` };
    }
    this.#woken.resolve(undefined);
    this.#woken = createDeferred<undefined>();
    return { kind: 'done', note: 'it goes on from its checkpoint' };
  }

  async untilResumed(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#woken.promise, signal);
  }

  /** Its process says so itself. */
  begin(): void {
    this.#status = undefined;
  }

  /** A CPU profile of its process. */
  async profile(seconds: number): Promise<string | undefined> {
    const reply = await this.#ask((id) => ({ kind: 'profile', id, seconds }));
    return reply?.kind === 'profile' ? reply.json : undefined;
  }

  /** The path of a file with the heap of its process. */
  async heap(): Promise<string | undefined> {
    this.#isDumping = true;
    const reply = await this.#ask((id) => ({ kind: 'heap', id }));
    this.#isDumping = false;
    return reply?.kind === 'heap' ? reply.path : undefined;
  }

  async #control(action: 'pause' | 'resume'): Promise<ControlOutcome> {
    const reply = await this.#ask((id) => ({ kind: 'control', id, action }));
    if (reply?.kind === 'outcome') return reply.outcome;
    return { kind: 'refused', why: 'the process of the task does not run' };
  }

  /** undefined: it crashed. */
  #runProcess(isFirst: boolean): Promise<number | undefined> {
    const { args, firstArgs, signal } = this.#options;
    const [program = '', ...rest] = args;
    return new Promise((resolve) => {
      let exitCode: number | undefined;
      // A group of its own: Ctrl-C reaches the supervisor alone, which passes it on once.
      const child = fork(program, [...rest, ...(isFirst ? firstArgs : [])], {
        detached: true,
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const stop = (): void => {
        child.kill('SIGTERM');
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      this.#process = child;
      this.#heardAtMs = systemClock.monotonicMs();
      const watch = this.#watch(child);
      child.on('message', (message) => {
        const heard = message as TaskMessage;
        if (heard.kind === 'ended') exitCode = heard.exitCode;
        this.#hear(heard);
      });
      child.on('error', () => {
        // It is followed by its exit, or by a failed start.
        if (child.pid === undefined) child.emit('exit');
      });
      child.once('exit', () => {
        signal.removeEventListener('abort', stop);
        clearInterval(watch);
        this.#process = undefined;
        for (const reply of this.#replies.values()) reply.reject(new Error('it has ended'));
        this.#replies.clear();
        resolve(exitCode);
      });
    });
  }

  /** A process that hangs is ended: nothing else would make it go on. Whatever it holds is rolled back. */
  #watch(child: ChildProcess): NodeJS.Timeout {
    const { logger, lookMs = LOOK_MS } = this.#options;
    let heardAtMs = this.#heardAtMs;
    let silentLooks = 0;
    return setInterval(() => {
      const isSilent = heardAtMs === this.#heardAtMs && !this.#isDumping;
      silentLooks = isSilent ? silentLooks + 1 : 0;
      heardAtMs = this.#heardAtMs;
      if (silentLooks < HUNG_LOOKS) return;
      logger.error({ task: this.name, pid: child.pid }, 'The process of a task hangs; it is ended');
      child.kill('SIGKILL');
    }, lookMs);
  }

  #hear(message: TaskMessage): void {
    this.#heardAtMs = systemClock.monotonicMs();
    if (message.kind === 'status' || message.kind === 'ended') this.#status = message.status;
    if (message.kind === 'status') this.#history = message.history;
    if ('id' in message) {
      this.#replies.get(message.id)?.resolve(message);
      this.#replies.delete(message.id);
    }
  }

  async #ask(message: (id: number) => SupervisorMessage): Promise<TaskMessage | undefined> {
    const child = this.#process;
    if (child?.connected !== true) return undefined;
    this.#lastId += 1;
    const reply = createDeferred<TaskMessage>();
    this.#replies.set(this.#lastId, reply);
    child.send(message(this.#lastId));
    return reply.promise.catch(() => undefined);
  }
}

/** What was true of the process when it ended, without what moves on. */
function atRest(status: TaskStatus): TaskStatus {
  return {
    ...status,
    rates: { transactionsPerSecond: 0, rowsPerSecond: 0 },
    lag: { ...status.lag, seconds: null, transactions: null, bytes: null, bytesInFlight: 0 },
    tables: status.tables.map((table) => ({ ...table, rowsPerSecond: 0 })),
  };
}
