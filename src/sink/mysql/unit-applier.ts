import type { CheckpointStep } from '../../core/checkpoint.ts';
import type { Change } from '../../core/change.ts';
import type { DeadLetter } from '../../core/dead-letter.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Histogram } from '../../lib/histogram.ts';
import type { Delivery } from '../../core/sink.ts';
import type { Transaction } from '../../core/transaction.ts';
import { GroupPlans, othersOf, rowsOf, type Binder, type PlannedGroup } from './group-plans.ts';
import { letterStatement } from './dead-letters.ts';
import type { LaneRun } from './lanes/lane-run.ts';
import type { Lanes } from './lanes/lanes.ts';
import { OneTrip } from './one-trip.ts';
import type { OwnedTarget } from './owned-target.ts';
import { PacketRunner } from './packet-runner.ts';
import type { PartitionWaits } from './partition-waits.ts';
import type { Packet, StatementPlanner } from './plan.ts';
import { preparedStatements } from './prepared-xa.ts';
import { transactionPlace } from './problem-error.ts';
import { RowReplay, type ConflictPolicy } from './row-replay.ts';
import type { SinkCounters } from './sink-counters.ts';
import { stepOf } from './step-of.ts';
import { StatementRunner } from './statement-runner.ts';
import type { TableBinding } from './table-binding.ts';
import { TargetTransaction } from './target-transaction.ts';

export interface UnitApplierOptions {
  readonly task: string;
  readonly target: OwnedTarget;
  readonly binder: Binder;
  readonly planner: StatementPlanner;
  readonly policy: ConflictPolicy;
  /** Of a consumer: what may wait for another partition. */
  readonly waits: PartitionWaits | undefined;
  readonly isInOrder: boolean;
  /** Where groups run ahead of their turn; undefined: everything goes one after the other. */
  readonly lanes: Lanes | undefined;
  readonly counters: SinkCounters;
  /** Told how long the making of each group's statements took. */
  readonly planning: Histogram;
  /** The checkpoint moved to the step: everything up to its seq is durable. */
  readonly onCommitted: (step: CheckpointStep) => void;
  /** The target has been given work, and nothing is left to do here until it answers. */
  readonly onSent: () => void;
  readonly onDeadLetters: (letters: readonly DeadLetter[]) => void;
  /** Messages that nobody could read were passed over and kept. */
  readonly onPassed: (letters: readonly DeadLetter[]) => void;
  readonly onImagesRefused: (bindings: readonly TableBinding[], error: TailraceError) => void;
  /** The checkpoint is where it was before it was set back. */
  readonly onReplayed: () => void;
}

/**
 * Applies units over one session, each once: no retries here. Rows go the merged way first; when an
 * answer is not what was expected, the target transaction is rolled back and its source transactions
 * are applied one by one and row by row. So those before a bad row are committed, and the error
 * names the row.
 *
 * A large transaction's parts share one target transaction, with a savepoint before each part; the
 * checkpoint moves with the last.
 */
export class UnitApplier {
  readonly #options: UnitApplierOptions;
  readonly #runner: StatementRunner;
  readonly #packets: PacketRunner;
  readonly #plans: GroupPlans;
  readonly #oneTrip: OneTrip;
  readonly #replay: RowReplay;
  #open: TargetTransaction | undefined;
  #letters: DeadLetter[] = [];
  #passed: DeadLetter[] = [];
  #inDoubt: CheckpointStep | undefined;

  constructor(options: UnitApplierOptions) {
    this.#options = options;
    const { task, target, planner, policy, lanes } = options;
    this.#runner = new StatementRunner(lanes?.watched);
    this.#packets = new PacketRunner({
      runner: this.#runner,
      maxTextBytes: target.session.maxTextBytes,
      onSent: options.onSent,
      onImagesRefused: ({ bindings }, error) => {
        planner.refuseImages(bindings, error.message);
        options.onImagesRefused(bindings, error);
      },
    });
    this.#plans = new GroupPlans(options);
    this.#oneTrip = new OneTrip(target, this.#runner);
    this.#replay = new RowReplay(
      {
        task,
        tables: target.row.tables,
        planner,
        policy,
        maxTextBytes: target.session.maxTextBytes,
        isPatient: (transaction) => options.waits?.isPatient(transaction) ?? false,
        onConflict: (letters) => {
          this.#letters.push(...letters);
        },
      },
      this.#runner,
    );
  }

  /** What a COMMIT without a reply may have made durable. */
  get inDoubt(): CheckpointStep | undefined {
    return this.#inDoubt;
  }

  /** The target has had what comes next, until the checkpoint is where it once was. */
  get isReplaying(): boolean {
    return this.#options.target.replay.isActive;
  }

  /** A transaction's parts are under way: nothing else may be applied. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** False: it is planned at its turn. */
  planAhead(transactions: readonly Transaction[]): boolean {
    if (this.isReplaying) return false;
    const plan = this.#plans.planAhead(transactions);
    if (plan !== undefined) this.#options.lanes?.offer(plan);
    return plan !== undefined;
  }

  /** Gives back what waits for another partition; mostly nothing. */
  async applyGroup(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { waits } = this.#options;
    const waiting: Delivery[] = [];
    const ready: Delivery[] = [];
    const seqs = new Set(deliveries.map(({ transaction }) => transaction.seq));
    for (const delivery of deliveries) {
      // With what it waits for in the same group it may pass: together they may meet nothing.
      const before = waits?.seqBefore(delivery.transaction);
      (before === undefined || seqs.has(before) ? ready : waiting).push(delivery);
    }
    // Row by row: what the target has already would fail every merged statement.
    while (this.isReplaying) {
      const next = ready.shift();
      if (next === undefined) break;
      await this.#applyAlone(next.transaction);
    }
    const transactions = ready.map(({ transaction }) => transaction);
    if (transactions.length === 0 || (await this.#applyMerged(transactions))) return waiting;
    this.#options.counters.replays += 1;
    for (const delivery of ready) {
      if (!(await this.#applyPatiently(delivery.transaction))) waiting.push(delivery);
    }
    return waiting;
  }

  /** False: it waits, or one of its partition before it does. */
  async #applyPatiently(transaction: Transaction): Promise<boolean> {
    const { waits } = this.#options;
    if (waits?.seqBefore(transaction) !== undefined) return false;
    try {
      await this.#applyAlone(transaction);
      waits?.end(transaction);
      return true;
    } catch (thrown) {
      if (thrown instanceof TailraceError && waits?.begin(transaction, thrown) === true)
        return false;
      throw thrown;
    }
  }

  /** `leftover`: statements of ours that belong into the commit of the last part. */
  async applyPart(transaction: Transaction, leftover: readonly string[]): Promise<void> {
    if (this.#open === undefined && transaction.part.index > 0) throw partsLost(transaction);
    const target = (this.#open ??= this.#begin(undefined));
    try {
      await target.savepoint(SAVEPOINT);
      await this.#applyPartRows(target, transaction);
      if (!transaction.part.last) return;
      const step = stepOf([transaction]);
      await target.runAll(leftover);
      await target.move(step);
      await this.#commit(target, step);
      this.#open = undefined;
    } catch (thrown) {
      this.#open = undefined;
      await this.#giveUp(target);
      throw thrown;
    }
  }

  /** The rows behind a DDL in one source transaction, with statements of ours that end the DDL. */
  async applyBehindDdl(transaction: Transaction, leftover: readonly string[]): Promise<void> {
    const rest = await this.#applyLoose(transaction);
    await this.#inTransaction(stepOf([transaction]), async (target) => {
      await this.#replayChanges(target, transaction, rest);
      await target.runAll(leftover);
    });
  }

  /** Statements of ours in one transaction, fenced; moves the checkpoint when `step` is given. */
  async commitStatements(
    statements: readonly string[],
    step: CheckpointStep | undefined,
  ): Promise<void> {
    await this.#inTransaction(step, (target) => target.runAll(statements));
  }

  /** Undoes an open large transaction. */
  async rollback(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await this.#giveUp(open);
  }

  /** False: it can't be done the merged way; nothing of it is in the target. */
  async #applyMerged(transactions: readonly Transaction[]): Promise<boolean> {
    const plan = await this.#plans.plan(transactions);
    const { lanes } = this.#options;
    if (lanes === undefined) return plan !== undefined && this.#applyNow(plan);
    let isDone = false;
    try {
      const run = plan && lanes.turnTo(plan);
      if (run !== undefined) isDone = await this.#commitRun(run, stepOf(transactions));
      if (!isDone) isDone = plan !== undefined && (await this.#applyNow(plan));
      return isDone;
    } finally {
      await lanes.endTurn(isDone);
    }
  }

  /** What ran ahead of its turn, and now has it. False: nothing of it is in the target. */
  async #commitRun(run: LaneRun, step: CheckpointStep): Promise<boolean> {
    this.#options.onSent();
    if (!(await run.isReady)) return false;
    this.#inDoubt = step;
    try {
      if (await run.commit(step)) {
        this.#options.counters.ahead += 1;
        this.#committed(step);
        return true;
      }
      this.#inDoubt = undefined;
      return false;
    } catch (thrown) {
      // The checkpoint says whether it is committed, once it was taken over and nobody else can move it.
      this.#options.target.session.destroy();
      throw thrown;
    }
  }

  async #applyNow({ of: transactions, packets }: PlannedGroup): Promise<boolean> {
    const step = stepOf(transactions);
    if (await this.#applyInOneTrip(packets, step, transactions)) return true;
    const target = this.#begin(step);
    try {
      const problem = await this.#packets.run(target, packets);
      if (problem !== undefined) {
        await target.rollback();
        return false;
      }
      await this.#runStateStatements(target, othersOf(transactions));
      await this.#commit(target, step);
      return true;
    } catch (thrown) {
      await this.#giveUp(target);
      throw thrown;
    }
  }

  /** False: it can't be done so; nothing of it is in the target. */
  async #applyInOneTrip(
    packets: Iterable<Packet>,
    step: CheckpointStep,
    transactions: readonly Transaction[],
  ): Promise<boolean> {
    const pieces = this.#oneTrip.textOf(packets, step, transactions);
    if (pieces === undefined) return false;
    const target = this.#begin(step);
    this.#inDoubt = step;
    const answer = target.executeWhole(pieces);
    this.#options.onSent();
    const failure = await answer;
    if (failure === undefined) {
      this.#committed(step);
      return true;
    }
    await this.#giveUp(target);
    if (failure.isTransient) throw failure;
    this.#inDoubt = undefined;
    return false;
  }

  async #applyAlone(transaction: Transaction): Promise<void> {
    const step = stepOf([transaction]);
    const rest = await this.#applyLoose(transaction);
    await this.#inTransaction(step, async (target) => {
      await this.#replayChanges(target, transaction, rest);
    });
  }

  /**
   * Rows of tables whose engine knows no transactions, each committed by itself before the checkpoint moves: they
   * could not be taken back, and a server that enforces GTID consistency refuses them inside a transaction.
   * Returns the other changes.
   */
  async #applyLoose(transaction: Transaction): Promise<readonly Change[]> {
    const { binder, target } = this.#options;
    const { changes } = transaction;
    await named(transaction, binder.prepare(rowsOf(changes)));
    const isLoose = (change: Change): boolean =>
      change.kind === 'rows' && !binder.areTransactional([change]);
    const loose = changes.filter(isLoose);
    if (loose.length === 0) return changes;
    await this.#replayChanges(TargetTransaction.none(target), transaction, loose);
    return changes.filter((change) => !isLoose(change));
  }

  async #applyPartRows(target: TargetTransaction, transaction: Transaction): Promise<void> {
    const plan = this.isReplaying ? undefined : await this.#plans.plan([transaction]);
    const problem =
      plan === undefined ? 'unplanned' : await this.#packets.run(target, plan.packets);
    if (problem === undefined) {
      await this.#runStateStatements(target, othersOf([transaction]));
      return;
    }
    this.#options.counters.replays += 1;
    await target.runAll([`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`]);
    await this.#replayChanges(target, transaction, transaction.changes);
  }

  async #replayChanges(
    target: TargetTransaction,
    transaction: Transaction,
    changes: readonly Change[],
  ): Promise<void> {
    const { binder } = this.#options;
    for (const change of changes) {
      if (change.kind === 'rows') {
        await named(transaction, binder.prepare([change]));
        const binding = binder.of(change);
        const context = { transaction, binding, isReplayed: this.isReplaying };
        await named(transaction, this.#replay.apply(target, change, context));
      } else await this.#runStateStatements(target, [change]);
    }
  }

  async #runStateStatements(target: TargetTransaction, changes: readonly Change[]): Promise<void> {
    const { task, target: owned } = this.#options;
    for (const change of changes) {
      if (change.kind === 'passed') {
        await target.runAll([letterStatement(task, owned.row.tables, change.letter)]);
        this.#passed.push(change.letter);
        continue;
      }
      if (change.kind !== 'xa-prepare' && change.kind !== 'xa-end') continue;
      for (const statement of preparedStatements(task, owned.row.tables, change)) {
        await target.runAll([statement]);
      }
    }
  }

  async #inTransaction(
    step: CheckpointStep | undefined,
    work: (target: TargetTransaction) => Promise<void>,
  ): Promise<void> {
    const target = this.#begin(step);
    try {
      await work(target);
      await this.#commit(target, step);
    } catch (thrown) {
      await this.#giveUp(target);
      throw thrown;
    }
  }

  #begin(step: CheckpointStep | undefined): TargetTransaction {
    this.#letters = [];
    this.#passed = [];
    this.#inDoubt = undefined;
    return new TargetTransaction(this.#options.target, step);
  }

  async #commit(target: TargetTransaction, step: CheckpointStep | undefined): Promise<void> {
    this.#inDoubt = step;
    await target.commit(step);
    this.#committed(step);
  }

  #committed(step: CheckpointStep | undefined): void {
    this.#inDoubt = undefined;
    const { counters, onCommitted, onDeadLetters, onPassed } = this.#options;
    counters.commits += 1;
    if (this.#letters.length > 0) {
      counters.conflicts += this.#letters.length;
      onDeadLetters(this.#letters);
      this.#letters = [];
    }
    if (this.#passed.length > 0) {
      onPassed(this.#passed);
      this.#passed = [];
    }
    if (step === undefined) return;
    onCommitted(step);
    if (this.#options.target.replay.pass(step.position)) this.#options.onReplayed();
  }

  /** Rolls back; when even that fails the session is useless and the server undoes it all. */
  async #giveUp(target: TargetTransaction): Promise<void> {
    try {
      await target.rollback();
    } catch {
      this.#options.target.session.destroy();
    }
  }
}

/** The connection that held the parts before this one is gone, and they with it. */
function partsLost(transaction: Transaction): TailraceError {
  return new TailraceError(
    'TARGET_CONNECTION_LOST',
    'the connection was lost in the middle of a large transaction, which begins anew',
    { place: transactionPlace(transaction) },
  );
}

const SAVEPOINT = 'tailrace_part';

/** Adds the transaction's place to what goes wrong with its rows. */
async function named(transaction: Transaction, work: Promise<void> | undefined): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    throw thrown instanceof TailraceError ? thrown.at(transactionPlace(transaction)) : thrown;
  }
}
