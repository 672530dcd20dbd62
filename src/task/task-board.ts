import type { Checkpoint } from '../core/checkpoint.ts';
import type { TailraceError } from '../core/errors.ts';
import { formatCoordinates, formatPosition } from '../core/position.ts';
import type { Sink } from '../core/sink.ts';
import type { OrderedAcker } from '../core/ticket.ts';
import type { BinlogSource } from '../source/binlog/binlog-source.ts';
import { RateMeter } from './rate-meter.ts';
import { RunStateMachine, type RunStateKind } from '../lib/run-state.ts';
import type { TaskErrorStatus, TaskStatus } from '../status/task-status.ts';

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
  readonly #state = new RunStateMachine();
  #running: Running | undefined;
  #checkpoint: Checkpoint | undefined;
  #checkpointAt: Date | undefined;
  #error: TaskErrorStatus | undefined;
  #retries = 0;
  readonly #ddlSkipped: Record<string, number> = {};
  readonly #transactions = new RateMeter();
  readonly #rows = new RateMeter();

  constructor(name: string) {
    this.name = name;
  }

  get state(): RunStateKind {
    return this.#state.current.kind;
  }

  stream(running: Running): void {
    this.#running = running;
    if (running.from.seq > 0) this.#checkpoint = running.from;
    this.#state.to('streaming');
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#checkpointAt = new Date();
    this.#error = undefined;
  }

  /** A statement that the DDL policy left out, by its reason. */
  countDdlSkipped(reason: string): void {
    this.#ddlSkipped[reason] = (this.#ddlSkipped[reason] ?? 0) + 1;
  }

  retry(error: TailraceError): void {
    this.#retries += 1;
    this.#error = errorStatus(error);
    this.#state.to('retrying', error);
  }

  fail(error: TailraceError): void {
    this.#error = errorStatus(error);
    this.#state.to('failed', error);
  }

  end(): void {
    this.#state.to('stopped');
  }

  status(nowMs: number = Date.now()): TaskStatus {
    const sinks = this.#sinkCounters();
    const source = this.#sourceStatus();
    this.#transactions.sample(nowMs, source.transactions);
    this.#rows.sample(nowMs, sumOf(sinks, 'rows'));
    return {
      name: this.name,
      state: this.state,
      since: new Date(this.#state.current.sinceMs).toISOString(),
      ...this.#checkpointStatus(),
      source,
      lag: {
        seconds: this.#lagSeconds(nowMs),
        bytesInFlight: this.#running?.acker.bytesInFlight ?? 0,
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

  #checkpointStatus(): Pick<TaskStatus, 'position' | 'coordinates' | 'seq' | 'checkpointAt'> {
    const checkpoint = this.#running?.acker.lowWater ?? this.#checkpoint;
    const checkpointAt = this.#checkpointAt?.toISOString() ?? null;
    if (checkpoint === undefined) {
      return { position: null, coordinates: null, seq: null, checkpointAt };
    }
    const { position, seq } = checkpoint;
    const coordinates = formatCoordinates(position.coordinates);
    return { position: formatPosition(position), coordinates, seq, checkpointAt };
  }

  #sourceStatus(): TaskStatus['source'] {
    const progress = this.#running?.source.progress;
    if (progress === undefined) {
      return { host: null, coordinates: null, transactions: 0, dropped: {} };
    }
    const { host, coordinates, transactions, dropped } = progress;
    return {
      host: host ?? null,
      coordinates: coordinates === undefined ? null : formatCoordinates(coordinates),
      transactions,
      dropped: { ...dropped, ...this.#ddlSkipped },
    };
  }

  #lagSeconds(nowMs: number): number | null {
    const running = this.#running;
    if (running === undefined || this.state !== 'streaming') return null;
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
}

function sumOf(sinks: Record<string, Record<string, number>>, name: string): number {
  return Object.values(sinks).reduce((sum, counters) => sum + (counters[name] ?? 0), 0);
}

function errorStatus(error: TailraceError): TaskErrorStatus {
  const { code, message, place, next } = error;
  return { code, message, place, next, at: new Date().toISOString() };
}
