import type { Checkpoint } from '../core/checkpoint.ts';
import type { ErrorPlace, TailraceError } from '../core/errors.ts';
import { formatCoordinates, formatPosition } from '../core/position.ts';
import type { Sink } from '../core/sink.ts';
import type { OrderedAcker } from '../core/ticket.ts';
import type { BinlogSource } from '../source/binlog/binlog-source.ts';
import { RateMeter } from './rate-meter.ts';

export type TaskState = 'starting' | 'streaming' | 'retrying' | 'stopped' | 'failed';

/** What `status --json` prints of one task, and what a reader of /status gets. Times are ISO texts. */
export interface TaskStatus {
  readonly name: string;
  readonly state: TaskState;
  readonly since: string;
  /** As `position show` prints it; null before the first checkpoint. */
  readonly position: string | null;
  readonly coordinates: string | null;
  readonly seq: number | null;
  readonly checkpointAt: string | null;
  readonly source: {
    readonly host: string | null;
    /** How far it has been read. */
    readonly coordinates: string | null;
    readonly transactions: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly lag: {
    /** Age of the oldest source transaction that is not done; 0 when nothing is open; null when unknown. */
    readonly seconds: number | null;
    readonly bytesInFlight: number;
  };
  readonly rates: { readonly transactionsPerSecond: number; readonly rowsPerSecond: number };
  /** Each sink's own counters. */
  readonly sinks: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly retries: number;
  readonly error: TaskErrorStatus | null;
}

export interface TaskErrorStatus {
  readonly code: string;
  readonly message: string;
  readonly place: ErrorPlace;
  readonly next: string;
  readonly at: string;
}

/** A sink that counts what it does. */
export interface CountingSink extends Sink {
  readonly counters?: Readonly<Record<string, number>>;
}

interface Running {
  readonly source: BinlogSource;
  readonly sinks: readonly CountingSink[];
  readonly acker: OrderedAcker;
  readonly from: Checkpoint;
}

/** What one task is doing, for `status`, health and the page. It is told; it never asks. */
export class TaskBoard {
  readonly name: string;
  #state: TaskState = 'starting';
  #since = new Date();
  #running: Running | undefined;
  #checkpoint: Checkpoint | undefined;
  #checkpointAt: Date | undefined;
  #error: TaskErrorStatus | undefined;
  #retries = 0;
  readonly #transactions = new RateMeter();
  readonly #rows = new RateMeter();

  constructor(name: string) {
    this.name = name;
  }

  get state(): TaskState {
    return this.#state;
  }

  begin(): void {
    if (this.#state !== 'retrying') this.#enter('starting');
  }

  stream(running: Running): void {
    this.#running = running;
    if (running.from.seq > 0) this.#checkpoint = running.from;
    this.#enter('streaming');
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#checkpointAt = new Date();
    this.#error = undefined;
  }

  retry(error: TailraceError, delayMs: number): void {
    this.#retries += 1;
    this.#error = errorStatus(error);
    if (delayMs >= 0) this.#enter('retrying');
  }

  fail(error: TailraceError): void {
    this.#error = errorStatus(error);
    this.#enter('failed');
  }

  end(): void {
    this.#enter('stopped');
  }

  status(nowMs: number = Date.now()): TaskStatus {
    const running = this.#running;
    const progress = running?.source.progress;
    const checkpoint = running?.acker.lowWater ?? this.#checkpoint;
    const sinks = this.#sinkCounters();
    this.#transactions.sample(nowMs, progress?.transactions ?? 0);
    this.#rows.sample(nowMs, sumOf(sinks, 'rows'));
    return {
      name: this.name,
      state: this.#state,
      since: this.#since.toISOString(),
      position: checkpoint === undefined ? null : formatPosition(checkpoint.position),
      coordinates:
        checkpoint === undefined ? null : formatCoordinates(checkpoint.position.coordinates),
      seq: checkpoint?.seq ?? null,
      checkpointAt: this.#checkpointAt?.toISOString() ?? null,
      source: {
        host: progress?.host ?? null,
        coordinates:
          progress?.coordinates === undefined ? null : formatCoordinates(progress.coordinates),
        transactions: progress?.transactions ?? 0,
        dropped: { ...progress?.dropped },
      },
      lag: {
        seconds: this.#lagSeconds(nowMs),
        bytesInFlight: running?.acker.bytesInFlight ?? 0,
      },
      rates: {
        transactionsPerSecond: this.#transactions.perSecond,
        rowsPerSecond: this.#rows.perSecond,
      },
      sinks,
      retries: this.#retries,
      error: this.#error ?? null,
    };
  }

  #lagSeconds(nowMs: number): number | null {
    const running = this.#running;
    if (running === undefined || this.#state !== 'streaming') return null;
    const { oldest } = running.acker;
    const committedAtMs = oldest?.transaction.committedAtMs ?? this.#unreadSince(running);
    return committedAtMs === undefined ? 0 : Math.max(0, (nowMs - committedAtMs) / 1000);
  }

  /** Nothing in flight: either all is done, or the source has more that has not come yet. */
  #unreadSince({ source }: Running): number | undefined {
    const { idleSinceMs, lastCommitAtMs, lastEventAtMs } = source.progress;
    if (idleSinceMs !== undefined || lastEventAtMs === undefined) return undefined;
    // Read a moment ago and done: the stream keeps up.
    return Date.now() - lastEventAtMs < 1000 ? undefined : lastCommitAtMs;
  }

  #sinkCounters(): Record<string, Record<string, number>> {
    const sinks = this.#running?.sinks ?? [];
    return Object.fromEntries(sinks.map((sink) => [sink.name, { ...sink.counters }]));
  }

  #enter(state: TaskState): void {
    if (state !== this.#state) this.#since = new Date();
    this.#state = state;
  }
}

function sumOf(sinks: Record<string, Record<string, number>>, name: string): number {
  return Object.values(sinks).reduce((sum, counters) => sum + (counters[name] ?? 0), 0);
}

function errorStatus(error: TailraceError): TaskErrorStatus {
  const { code, message, place, next } = error;
  return { code, message, place, next, at: new Date().toISOString() };
}
