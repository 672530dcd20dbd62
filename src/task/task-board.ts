import type { Checkpoint } from '../core/checkpoint.ts';
import type { TailraceError } from '../core/errors.ts';
import { formatGtid } from '../core/gtid-set-parse.ts';
import { formatCoordinates, formatPosition, type BinlogCoordinates } from '../core/position.ts';
import type { Sink } from '../core/sink.ts';
import type { OrderedAcker } from '../core/ticket.ts';
import type { Transaction, TransactionName } from '../core/transaction.ts';
import { systemClock } from '../lib/clock.ts';
import type { Histogram } from '../lib/histogram.ts';
import { isWorking, RunStateMachine, type RunStateKind } from '../lib/run-state.ts';
import { toLoggable } from '../lib/log-fields.ts';
import { redactSecrets } from '../lib/secrets.ts';
import type { SourceHead } from '../source/binlog/head-probe.ts';
import type { SourceProgress } from '../source/source-progress.ts';
import type {
  DeadLetterStatus,
  InspectionStatus,
  PollStatus,
  SnapshotStatus,
  TaskErrorStatus,
  TaskHistory,
  TaskStatus,
  TimingStage,
} from '../status/task-status.ts';
import { addTotals, NO_TOTALS, withoutGauges, type Totals } from './attempt-totals.ts';
import { HeadDistance } from './head-distance.ts';
import { HeadWatch } from './head-watch.ts';
import { HistoryRing } from './history-ring.ts';
import { RateMeter } from './rate-meter.ts';
import { TableCounter } from './table-counter.ts';

/** A sink that counts what it does. */
export interface CountingSink extends Sink {
  readonly counters?: Readonly<Record<string, number>>;
  readonly timings?: Readonly<Partial<Record<TimingStage, Histogram>>>;
}

/** How far a source is, whatever it reads. */
export type StreamProgress = SourceProgress<string>;

export interface Running {
  readonly source: { readonly progress: StreamProgress };
  readonly sinks: readonly CountingSink[];
  readonly acker: OrderedAcker;
  readonly from: Checkpoint;
}

/** Header times are whole seconds, of the statement's begin, by the source's clock. */
const KEEPS_UP_MS = 3000;
const NO_LETTERS: DeadLetterStatus = { count: 0, latest: [] };

/** What one task is doing, for `status`, health and the page. It is told; it never asks. */
export class TaskBoard {
  readonly name: string;
  readonly #state = new RunStateMachine();
  #running: Running | undefined;
  /** Of the attempts before the one that runs. */
  #past: Totals = NO_TOTALS;
  #attempts = 0;
  #checkpoint: Checkpoint | undefined;
  #checkpointAt: Date | undefined;
  #error: TaskErrorStatus | undefined;
  #retries = 0;
  readonly #errors: Record<string, number> = {};
  /** Since the first of a row of faults with nothing done between. */
  #troubledSinceMs: number | undefined;
  readonly #watch = new HeadWatch();
  readonly #head = new HeadDistance();
  readonly #ddlSkipped: Record<string, number> = {};
  readonly #transactions = new RateMeter();
  readonly #rows = new RateMeter();
  readonly #tables = new TableCounter();
  readonly #history = new HistoryRing();
  /** A transaction that is held back on purpose. */
  #held = { untilMs: 0, committedAtMs: 0 };
  #stoppedPart: { readonly error: TaskErrorStatus; readonly sinceMs: number } | undefined;
  #letters: () => DeadLetterStatus = () => NO_LETTERS;
  /** Set by who copies and who compares. */
  snapshot: SnapshotStatus | null = null;
  poll: PollStatus | null = null;
  inspection: InspectionStatus | null = null;

  constructor(name: string) {
    this.name = name;
  }

  get state(): RunStateKind {
    return this.#state.current.kind;
  }

  /** The host that is being read, or was last. */
  get sourceHost(): string | undefined {
    return this.#running?.source.progress.host;
  }

  get history(): TaskHistory {
    return { name: this.name, ...this.#history.read() };
  }

  stream(running: Running): void {
    this.#past = withoutGauges(addTotals(this.#past, this.#running));
    this.#running = running;
    this.#stoppedPart = undefined;
    this.#attempts += 1;
    this.#watch.reset();
    if (running.from.seq > 0) this.#checkpoint = running.from;
    this.#state.to('streaming');
  }

  checkpoint(checkpoint: Checkpoint): void {
    this.#checkpoint = checkpoint;
    this.#checkpointAt = new Date();
    this.#recover();
  }

  /** They were handed to the sinks. */
  count(transactions: readonly Transaction[]): void {
    this.#tables.count(transactions);
  }

  /** What the source says about itself. */
  observeHead(head: SourceHead): void {
    const doneAtMs = this.#doneAtMs(Date.now());
    this.#head.observe(head, { done: this.#lowWater, read: this.#read, doneAtMs });
  }

  /** The next transaction waits until then, because the task is set to be late. */
  holdUntil(timeMs: number, committedAtMs: number): void {
    this.#held = { untilMs: timeMs, committedAtMs };
  }

  followLetters(read: () => DeadLetterStatus): void {
    this.#letters = read;
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
    this.#fault(error);
    this.#state.to('retrying', error);
  }

  fail(error: TailraceError): void {
    if (this.state !== 'failed') this.#fault(error);
    this.#state.to('failed', error);
  }

  /** A part of what the task reads is read no further, while the rest goes on. */
  stopPart(error: TailraceError): void {
    this.#fault(error);
    this.#stoppedPart ??= { error: errorStatus(error), sinceMs: Date.now() };
  }

  /** A round of polling has got through. */
  notePolled(): void {
    this.#recover();
  }

  /** Without a stream: it polls, or compares only. */
  work(kind: 'polling' | 'inspecting'): void {
    this.#recover();
    this.#state.to(kind);
  }

  pause(): void {
    this.#recover();
    this.#state.to('paused');
  }

  /** Again, after a pause or after the cause of a failure was mended. */
  begin(): void {
    this.#recover();
    this.#state.to('starting');
  }

  /** Another process runs the task; this one takes over when it ends. */
  standBy(): void {
    this.#state.to('standby');
  }

  end(): void {
    this.#state.to('stopped');
  }

  status(nowMs: number = Date.now()): TaskStatus {
    if (this.isCalm) this.#recover();
    const totals = addTotals(this.#past, this.#running);
    this.#transactions.sample(nowMs, totals.transactions);
    this.#rows.sample(nowMs, sumOf(totals.sinks, 'rows') + (this.poll?.rows ?? 0));
    const rates = {
      transactionsPerSecond: this.#transactions.perSecond,
      rowsPerSecond: this.#rows.perSecond,
    };
    const lag = this.#lag(nowMs);
    this.#history.add(nowMs, { lagSeconds: lag.seconds, ...rates });
    return {
      name: this.name,
      state: this.state,
      since: new Date(this.#state.current.sinceMs).toISOString(),
      ...this.#checkpointStatus(),
      source: this.#sourceStatus(totals),
      lag,
      retention: this.#head.retention(nowMs),
      rates,
      tables: this.#tables.sample(nowMs),
      sinks: totals.sinks,
      timings: totals.timings,
      retries: this.#retries,
      errors: { ...this.#errors },
      deadLetters: this.#letters(),
      snapshot: this.snapshot,
      poll: this.poll,
      inspection: this.inspection,
      stalledSeconds: this.#stalledMs(nowMs, sumOf(totals.sinks, 'rows')) / 1000,
      error: this.#error ?? this.#stoppedPart?.error ?? null,
    };
  }

  get #lowWater(): Checkpoint | undefined {
    return this.#running?.acker.lowWater ?? this.#checkpoint;
  }

  get #read(): BinlogCoordinates | undefined {
    return this.#running?.source.progress.coordinates;
  }

  #checkpointStatus(): Pick<TaskStatus, 'position' | 'coordinates' | 'seq' | 'checkpointAt'> {
    const checkpoint = this.#lowWater;
    const checkpointAt = this.#checkpointAt?.toISOString() ?? null;
    if (checkpoint === undefined) {
      return { position: null, coordinates: null, seq: null, checkpointAt };
    }
    const { position, seq } = checkpoint;
    // A position by GTID alone knows none yet.
    const isPlaced = position.coordinates.file !== '';
    const coordinates = isPlaced ? formatCoordinates(position.coordinates) : null;
    return { position: formatPosition(position), coordinates, seq, checkpointAt };
  }

  #sourceStatus({ transactions, bytes, dropped }: Totals): TaskStatus['source'] {
    const coordinates = this.#read;
    return {
      host: this.sourceHost ?? null,
      coordinates: coordinates === undefined ? null : formatCoordinates(coordinates),
      transactions,
      bytes,
      reconnects: Math.max(0, this.#attempts - 1),
      dropped: { ...dropped, ...this.#ddlSkipped },
      head: this.#head.status,
    };
  }

  #lag(nowMs: number): TaskStatus['lag'] {
    const oldest = this.state === 'streaming' ? this.#running?.acker.oldest : undefined;
    const distance = this.#head.distance(this.#lowWater);
    return {
      seconds: this.#lagSeconds(nowMs),
      transactions: distance.transactions ?? null,
      bytes: distance.bytes ?? null,
      oldest: oldest === undefined ? null : nameOf(oldest.transaction),
      oldestSeconds:
        oldest === undefined
          ? null
          : Math.max(0, (systemClock.monotonicMs() - oldest.sinceMs) / 1000),
      bytesInFlight: this.#running?.acker.bytesInFlight ?? 0,
    };
  }

  #fault(error: TailraceError): void {
    this.#errors[error.code] = (this.#errors[error.code] ?? 0) + 1;
    this.#error = errorStatus(error);
  }

  #recover(): void {
    this.#error = undefined;
    this.#troubledSinceMs = undefined;
  }

  #stalledMs(nowMs: number, rowsDone: number): number {
    const running = this.state === 'streaming' ? this.#running : undefined;
    const isHeld = this.#held.untilMs > nowMs;
    const isBehind = this.#head.isBehind(this.#read);
    const stuckMs =
      running === undefined || isHeld
        ? 0
        : this.#watch.look(running, { rowsDone, isBehind, nowMs });
    const isTrying = this.state === 'retrying' || isWorking(this.state);
    const troubledMs =
      this.#troubledSinceMs === undefined || !isTrying ? 0 : nowMs - this.#troubledSinceMs;
    const stoppedMs = this.#stoppedPart === undefined ? 0 : nowMs - this.#stoppedPart.sinceMs;
    return Math.max(0, stuckMs, troubledMs, stoppedMs);
  }

  #lagSeconds(nowMs: number): number | null {
    if (this.#running === undefined || this.state !== 'streaming') return null;
    return Math.max(0, (nowMs - this.#doneAtMs(nowMs)) / 1000);
  }

  /** Commit time up to which everything is done. */
  #doneAtMs(nowMs: number): number {
    const running = this.#running;
    if (running === undefined) return nowMs;
    const open = running.acker.oldest?.transaction.committedAtMs;
    const held = this.#held.untilMs > nowMs ? this.#held.committedAtMs : undefined;
    return open ?? held ?? unreadSince(running.source.progress) ?? nowMs;
  }
}

/** Nothing in flight: either all is done, or the source has more that has not come yet. */
function unreadSince(progress: StreamProgress): number | undefined {
  const { idleSinceMs, lastCommitAtMs, lastReadAtMs } = progress;
  if (idleSinceMs !== undefined || lastCommitAtMs === undefined) return undefined;
  // What came last was fresh when it came: the stream keeps up, until the source says otherwise.
  return (lastReadAtMs ?? 0) - lastCommitAtMs < KEEPS_UP_MS ? undefined : lastCommitAtMs;
}

function nameOf({ gtid, coordinates }: TransactionName): string {
  return gtid === undefined ? formatCoordinates(coordinates) : formatGtid(gtid);
}

function sumOf(sinks: Totals['sinks'], name: string): number {
  return Object.values(sinks).reduce((sum, counters) => sum + (counters[name] ?? 0), 0);
}

function errorStatus(error: TailraceError): TaskErrorStatus {
  const { code } = error;
  // It goes to places that the logger does not see: /status, /healthz, the state file.
  const message = redactSecrets(error.message);
  const next = redactSecrets(error.next);
  const place = toLoggable(error.place) as TaskErrorStatus['place'];
  return { code, message, place, next, at: new Date().toISOString() };
}
