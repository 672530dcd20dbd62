import type { Checkpoint, CheckpointStep, StoredState } from '../../core/checkpoint.ts';
import type { DeadLetter } from '../../core/dead-letter.ts';
import { toTailraceError, type TailraceError } from '../../core/errors.ts';
import type { Delivery, Sink } from '../../core/sink.ts';
import { hasChanges, type Transaction } from '../../core/transaction.ts';
import { createBackoff, type Backoff } from '../../lib/backoff.ts';
import { ByteGate } from '../../lib/byte-gate.ts';
import { systemClock } from '../../lib/clock.ts';
import { createDeferred } from '../../lib/deferred.ts';
import { Histogram } from '../../lib/histogram.ts';
import { sleep } from '../../lib/sleep.ts';
import { GroupBuilder, roomOf, type Unit } from './group-builder.ts';
import type { MysqlSinkOptions } from './mysql-sink-options.ts';
import { partitionOf, PartitionWaits } from './partition-waits.ts';
import { loadPreparedPayload } from './prepared-xa.ts';
import { transactionPlace } from './problem-error.ts';
import { createSinkCounters, type SinkCounters } from './sink-counters.ts';
import { SinkSession } from './sink-session.ts';
import { TUNING } from './tuning.ts';
import { WaitingRoom } from './waiting-room.ts';
import { stepOf } from './step-of.ts';
import type { TargetMark } from './target-mark.ts';
import { isRowsOnly, UnitsAhead } from './units-ahead.ts';
import { UnsettledDeliveries } from './unsettled.ts';

export function createMysqlSink(options: MysqlSinkOptions): MysqlSink {
  return new MysqlSink(options);
}

/**
 * Applies transactions to a MySQL or MariaDB target, each exactly once.
 *
 * Deliveries wait in a builder; one loop takes them out as units and applies them one after the
 * other, so the target is always a prefix of the source. While a unit is applied the next ones
 * gather; an idle target gets what there is at once. Each unit commits together with the checkpoint.
 *
 * Faults that may pass are tried again here a few times, with a new session where it is needed; what
 * lasts longer is thrown, and the task begins anew from the stored checkpoint. A large transaction
 * whose first parts are gone can't be tried again here at all.
 *
 * Filtered transactions move the checkpoint without a commit of their own: their tickets are settled
 * at once (nothing of them can be lost) and the row follows within a second, with the next group,
 * or when the sink is drained or closed.
 */
export class MysqlSink implements Sink {
  readonly name = 'mysql';
  readonly counters: SinkCounters = createSinkCounters();
  readonly timings = { group: new Histogram(), apply: new Histogram() };
  readonly #options: MysqlSinkOptions;
  readonly #builder = new GroupBuilder();
  readonly #ahead: UnitsAhead;
  readonly #gate: ByteGate;
  readonly #closing = new AbortController();
  readonly #failure = createDeferred<never>();
  readonly #backoff: Backoff = createBackoff({
    minMs: TUNING.retryMinMs,
    maxMs: TUNING.retryMaxMs,
  });
  readonly #session: SinkSession;
  readonly #waits: PartitionWaits | undefined;
  readonly #room = new WaitingRoom(this.#builder);
  #roomTimer: NodeJS.Timeout | undefined;
  readonly #unsettled = new UnsettledDeliveries(this.counters);
  #working: Promise<void> | undefined;
  #running: Unit | undefined;
  /** What runs is rows, and they are on their way. */
  #isTargetBusy = false;
  /** Done, and its bytes are still counted: they are let go once the target works on the next one. */
  #applied: Unit | undefined;
  /** Their bytes are not counted in the gate any more. */
  readonly #passedBytes = new WeakSet<Transaction>();
  #error: TailraceError | undefined;
  /** The checkpoint that filtered transactions reached and the row has not. */
  #idleStep: CheckpointStep | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: MysqlSinkOptions) {
    this.#options = options;
    this.#failure.promise.catch(() => undefined);
    const { consumer, lanes = 1 } = options;
    const { queuedRoom, queuedLaneRoom, queuedMostRoom } = TUNING;
    this.#gate = new ByteGate(Math.min(queuedRoom + (lanes - 1) * queuedLaneRoom, queuedMostRoom));
    this.#ahead = new UnitsAhead(this.#builder, {
      limit: lanes,
      plan: (deliveries) => this.#session.planAhead(deliveries),
    });
    this.#waits =
      consumer && new PartitionWaits({ limitMs: consumer.waitMs, onChange: consumer.onWait });
    this.#session = new SinkSession(options, {
      waits: this.#waits,
      counters: this.counters,
      planning: this.timings.group,
      signal: this.#closing.signal,
      onCommitted: (step) => {
        this.#settle(step);
      },
      onSent: () => {
        setImmediate(() => {
          this.#whileBusy();
        });
      },
      onDeadLetters: (letters) => {
        this.#keepLetters(letters);
      },
      onPassed: (letters) => {
        for (const letter of letters) options.deadLetters?.add(letter);
      },
    });
  }

  open(signal: AbortSignal): Promise<StoredState | undefined> {
    return this.#session.open(AbortSignal.any([signal, this.#closing.signal]));
  }

  /** The mark under which others may write beside it, and on which host; throws while there is no connection. */
  get owned(): { readonly row: TargetMark; readonly host: string } {
    const { row, session } = this.#session.target;
    return { row, host: session.info.host };
  }

  /** Stores where a task begins, before its first transaction. Only valid while nothing was written. */
  storeStart(checkpoint: Checkpoint): Promise<void> {
    return this.#session.commitStep({ ...checkpoint, schemaDelta: undefined });
  }

  async write(batch: readonly Delivery[], signal: AbortSignal): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    for (const delivery of batch) this.#accept(delivery);
    this.#kick();
    this.#planAhead();
    const room = this.#gate.waitOpen(signal);
    if (room !== undefined) await Promise.race([room, this.#failure.promise]);
  }

  async drain(): Promise<void> {
    while (this.#working !== undefined || this.#idleStep !== undefined || !this.#room.isEmpty) {
      if (this.#working === undefined) await this.#waitForRoom();
      await (this.#working ?? this.#begin(true));
      if (this.#error !== undefined) throw this.#error;
    }
    if (this.#error !== undefined) throw this.#error;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the sink is closing'));
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#roomTimer);
    const hasEnded = await this.#endsWithin(TUNING.closeTimeoutMs);
    if (hasEnded && this.#error === undefined) await this.#storeIdle().catch(() => undefined);
    await this.#session.close(hasEnded);
  }

  async loadPrepared(xid: string): Promise<readonly Uint8Array[] | undefined> {
    // One that was written a moment ago may still wait here.
    while (this.#working !== undefined) await this.#working;
    if (this.#error !== undefined) throw this.#error;
    const { session, row } = this.#session.target;
    return loadPreparedPayload(session.connection, { task: row.task, tables: row.tables }, xid);
  }

  #accept(delivery: Delivery): void {
    const { transaction } = delivery;
    this.#unsettled.add(delivery);
    this.#gate.take(roomOf(transaction));
    this.counters.queuedBytes += transaction.bytes;
    if (!this.#room.admit(delivery)) this.#builder.push(delivery);
    else {
      this.#releaseBytes(delivery);
      this.#tellIfFull(delivery);
    }
  }

  #kick(): void {
    if (this.#working === undefined) void this.#begin(false);
  }

  #begin(storesIdle: boolean): Promise<void> {
    this.#working = this.#work(storesIdle)
      .catch((thrown: unknown) => {
        this.#fail(toTailraceError(thrown));
      })
      .finally(() => {
        this.#working = undefined;
        if (this.#canGoOn()) this.#kick();
      });
    return this.#working;
  }

  #canGoOn(): boolean {
    if (this.#error !== undefined || this.#closing.signal.aborted) return false;
    if (this.#room.nextInMs === 0) return true;
    return !this.#ahead.isEmpty;
  }

  async #work(storesIdle: boolean): Promise<void> {
    while (!this.#closing.signal.aborted && this.#error === undefined) {
      const retried = this.#room.take();
      const unit = retried ?? this.#ahead.take();
      if (unit === undefined) break;
      await this.#applyUnit(unit, retried !== undefined);
    }
    this.#releaseApplied();
    if (storesIdle) await this.#storeIdle();
  }

  /** `isRetry`: it had to wait for another partition, and what it holds in memory is released already. */
  async #applyUnit(unit: Unit, isRetry: boolean): Promise<void> {
    if (this.#passes(unit)) return;
    const sinceMs = systemClock.monotonicMs();
    this.#running = unit;
    const waiting = await this.#withRetries(unit).finally(() => {
      this.#running = undefined;
      this.#isTargetBusy = false;
    });
    this.counters.lastCommitMs = systemClock.monotonicMs() - sinceMs;
    this.timings.apply.observeMs(this.counters.lastCommitMs);
    this.#releaseApplied();
    if (!isRetry) this.#keepOrRelease(unit);
    if (waiting.length > 0) this.#park(waiting, isRetry);
    else if (isRetry) this.#endWait(unit);
  }

  /** Of what waits no more than so much is read, so what it holds need not hold up the others. */
  #park(waiting: readonly Delivery[], isRetry: boolean): void {
    this.#session.forgetTables();
    const parked = this.#room.park(waiting);
    for (const delivery of parked) {
      if (!waiting.includes(delivery)) this.#releaseBytes(delivery);
      else {
        this.#passedBytes.add(delivery.transaction);
        if (!isRetry) delivery.ticket.release?.();
      }
    }
    for (const delivery of waiting) this.#tellIfFull(delivery);
    this.#watchRoom();
  }

  #tellIfFull(delivery: Delivery): void {
    if (!this.#room.isFull(delivery)) return;
    this.#options.consumer?.onFull(partitionOf(delivery.transaction).at);
  }

  #endWait(unit: Unit): void {
    const delivery = unit.kind === 'group' ? unit.deliveries[0] : unit.delivery;
    if (delivery === undefined) return;
    this.#waits?.end(delivery.transaction);
    this.#room.release(delivery);
  }

  /** Tries again what waits, whether something else comes or not. */
  #watchRoom(): void {
    clearTimeout(this.#roomTimer);
    const inMs = this.#room.nextInMs;
    if (inMs === undefined || this.#closing.signal.aborted) return;
    this.#roomTimer = setTimeout(() => {
      this.#kick();
      this.#watchRoom();
    }, inMs + 1);
  }

  async #waitForRoom(): Promise<void> {
    const inMs = this.#room.nextInMs;
    if (inMs !== undefined) await sleep(inMs + 1, this.#closing.signal);
  }

  #releaseBytes({ transaction, ticket }: Delivery): void {
    this.#releaseRoom(transaction);
    ticket.release?.();
    this.#passedBytes.add(transaction);
  }

  /**
   * The target works: time to let more be decoded and to make the next group's statements. Right before, that
   * would keep the target waiting: a loop that decodes reads no answers.
   */
  #whileBusy(): void {
    this.#isTargetBusy = this.#running !== undefined && isRowsOnly(this.#running);
    this.#releaseApplied();
    this.#planAhead();
  }

  /** With nothing behind it, nothing would let go of it. What waits for another partition is counted elsewhere. */
  #keepOrRelease(unit: Unit): void {
    if (this.#ahead.isEmpty || this.#waits !== undefined) this.#release(unit);
    else this.#applied = unit;
  }

  #releaseApplied(): void {
    const unit = this.#applied;
    this.#applied = undefined;
    if (unit !== undefined) this.#release(unit);
  }

  #planAhead(): void {
    if (!this.#isTargetBusy || !this.#ahead.planNext()) return;
    // Answers of the target first.
    setImmediate(() => {
      this.#planAhead();
    });
  }

  /** A run of filtered transactions costs no commit. */
  #passes(unit: Unit): boolean {
    if (unit.kind !== 'group' || !this.#session.hasPosition) return false;
    // Of several partitions a later step does not include this one.
    if (this.#waits !== undefined) return false;
    for (const { transaction } of unit.deliveries) {
      if (hasChanges(transaction) || transaction.schemaDelta !== undefined) return false;
    }
    const transactions = unit.deliveries.map(({ transaction }) => transaction);
    this.#release(unit);
    const step = stepOf(transactions);
    this.#settle(step);
    this.#idleStep = step;
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      if (this.#idleStep !== undefined && this.#working === undefined) void this.#begin(true);
    }, TUNING.idleCheckpointMs);
    return true;
  }

  async #storeIdle(): Promise<void> {
    const step = this.#idleStep;
    this.#idleStep = undefined;
    if (step !== undefined) await this.#session.commitStep(step);
  }

  /** Gives back what waits for another partition. */
  async #withRetries(unit: Unit): Promise<readonly Delivery[]> {
    for (;;) {
      try {
        const waiting = await this.#session.apply(unit);
        this.#backoff.reset();
        return waiting;
      } catch (thrown) {
        const error = placedIn(unit, toTailraceError(thrown));
        if (!this.#canTryAgain(error, unit)) throw error;
        this.counters.retries += 1;
        this.#options.logger.warn({ error }, 'The target did not take a group; trying again');
        if (error.code !== 'TARGET_BUSY') this.#session.drop();
        await this.#backoff.wait(this.#closing.signal);
      }
    }
  }

  #canTryAgain(error: TailraceError, unit: Unit): boolean {
    if (!error.isTransient || error.code === 'CHECKPOINT_MOVED') return false;
    if (this.#closing.signal.aborted || this.#backoff.attempts >= TUNING.attempts) return false;
    return unit.kind !== 'part' || unit.delivery.transaction.part.index === 0;
  }

  #release(unit: Unit): void {
    const deliveries = unit.kind === 'group' ? unit.deliveries : [unit.delivery];
    for (const { transaction, ticket } of deliveries) {
      // Only what waits for another partition has passed.
      if (this.#waits !== undefined && this.#passedBytes.delete(transaction)) continue;
      this.#releaseRoom(transaction);
      if (!transaction.part.last) ticket.release?.();
    }
  }

  #releaseRoom(transaction: Transaction): void {
    this.#gate.release(roomOf(transaction));
    this.counters.queuedBytes -= transaction.bytes;
  }

  /** Everything up to the step is durable. */
  #settle(step: CheckpointStep): void {
    this.#idleStep = undefined;
    const { position } = step;
    if (position.kind === 'kafka') this.#options.consumer?.onApplied(position.offsets.values());
    if (this.#waits === undefined) this.#unsettled.settleUpTo(step.seq);
    else this.#unsettled.settleThose((one) => this.#session.hasPassed(one));
  }

  #fail(error: TailraceError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    const unsettled = this.#unsettled.takeAll();
    this.#builder.clear();
    this.#room.clear();
    clearTimeout(this.#roomTimer);
    // Asked to end: what was not finished is no failure of anybody's.
    if (!this.#closing.signal.aborted) for (const { ticket } of unsettled) ticket.fail(error);
    this.#failure.reject(error);
  }

  #keepLetters(letters: readonly DeadLetter[]): void {
    const { deadLetters, logger, onConflict } = this.#options;
    for (const letter of letters) {
      const { table, gtid, coordinates, reason } = letter;
      logger.warn({ table, gtid, coordinates, reason }, `Conflict settled: ${onConflict}`);
      if (onConflict === 'skip') deadLetters?.add(letter);
    }
  }

  /** False: the unit in flight did not end in time. */
  async #endsWithin(timeoutMs: number): Promise<boolean> {
    if (this.#working === undefined) return true;
    const timeout = createDeferred<boolean>();
    const timer = setTimeout(() => {
      timeout.resolve(false);
    }, timeoutMs);
    try {
      return await Promise.race([this.#working.then(() => true), timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Of a group the row replay has named the transaction; whatever stands alone is named here. */
function placedIn(unit: Unit, error: TailraceError): TailraceError {
  return unit.kind === 'group' ? error : error.at(transactionPlace(unit.delivery.transaction));
}
