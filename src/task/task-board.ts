import type { Checkpoint } from '../core/checkpoint.ts';
import type { TailraceError } from '../core/errors.ts';
import { formatGtid } from '../core/gtid-set-parse.ts';
import { formatCoordinates, formatPosition } from '../core/position.ts';
import type { Sink } from '../core/sink.ts';
import type { OrderedAcker } from '../core/ticket.ts';
import type { BinlogSource } from '../source/binlog/binlog-source.ts';
import { HeadWatch } from './head-watch.ts';
import { RateMeter } from './rate-meter.ts';
import { redactSecrets } from '../lib/secrets.ts';
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

/** Header times are whole seconds, of the statement's begin, by the source's clock. */
const KEEPS_UP_MS = 3000;

/** What one task is doing, for `status`, health and the page. It is told; it never asks. */
export class TaskBoard {
  readonly name: string;
  readonly #state = new RunStateMachine();
  #running: Running | undefined;
  #checkpoint: Checkpoint | undefined;
  #checkpointAt: Date | undefined;
  #error: TaskErrorStatus | undefined;
  #retries = 0;
  /** Since the first of a row of faults with nothing done between. */
  #troubledSinceMs: number | undefined;
  readonly #head = new HeadWatch();
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
    this.#head.reset();
    if (running.from.seq > 0) this.#checkpoint = running.from;
    this.#state.to('streaming');
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#checkpointAt = new Date();
    this.#recover();
  }

  /** Connected, nothing in flight, and the source says that it has nothing more. */
  get isCalm(): boolean {
    const { source, acker } = this.#running ?? {};
    const isIdle = source?.progress.idleSinceMs !== undefined;
    return this.state === 'streaming' && isIdle && acker?.oldest === undefined;
  }

  /** A statement that the DDL policy left out, by its reason. */
  countDdlSkipped(reason: string): void {
    this.#ddlSkipped[reason] = (this.#ddlSkipped[reason] ?? 0) + 1;
  }

  retry(error: TailraceError): void {
    this.#retries += 1;
    this.#troubledSinceMs ??= Date.now();
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
    if (this.isCalm) this.#recover();
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
        oldest: this.#oldestName(),
        bytesInFlight: this.#running?.acker.bytesInFlight ?? 0,
      },
      rates: {
        transactionsPerSecond: this.#transactions.perSecond,
        rowsPerSecond: this.#rows.perSecond,
      },
      sinks,
      retries: this.#retries,
      stalledSeconds: this.#stalledMs(nowMs, sinks) / 1000,
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

  #recover(): void {
    this.#error = undefined;
    this.#troubledSinceMs = undefined;
  }

  #oldestName(): string | null {
    const transaction = this.#running?.acker.oldest?.transaction;
    if (transaction === undefined || this.state !== 'streaming') return null;
    const { gtid, coordinates } = transaction;
    return gtid === undefined ? formatCoordinates(coordinates) : formatGtid(gtid);
  }

  #stalledMs(nowMs: number, sinks: Record<string, Record<string, number>>): number {
    const running = this.state === 'streaming' ? this.#running : undefined;
    const headMs =
      running === undefined ? 0 : this.#head.look(running, sumOf(sinks, 'rows'), nowMs);
    const troubledMs = this.#troubledSinceMs === undefined ? 0 : nowMs - this.#troubledSinceMs;
    return Math.max(0, headMs, troubledMs);
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
    const { idleSinceMs, lastCommitAtMs, lastReadAtMs } = source.progress;
    if (idleSinceMs !== undefined || lastCommitAtMs === undefined) return undefined;
    // What came last was fresh when it came: the stream keeps up, until the source says otherwise.
    return (lastReadAtMs ?? 0) - lastCommitAtMs < KEEPS_UP_MS ? undefined : lastCommitAtMs;
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
  const { code, place, next } = error;
  // It goes to places that the logger does not see: /status, /healthz, the state file.
  const message = redactSecrets(error.message);
  return { code, message, place, next, at: new Date().toISOString() };
}
