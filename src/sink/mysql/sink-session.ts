import type { Checkpoint, CheckpointStep, StoredState } from '../../core/checkpoint.ts';
import type { SchemaChange } from '../../core/change.ts';
import type { DeadLetter } from '../../core/dead-letter.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Delivery } from '../../core/sink.ts';
import { formatTableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { Histogram } from '../../lib/histogram.ts';
import { connectServer, type ServerConnection } from '../../server/connect.ts';
import { TargetCatalog } from './catalog.ts';
import { CopyMarks } from './copy/copy-marks.ts';
import type { DdlExecutor } from './ddl/executor.ts';
import { DdlExecutors, ddlSeq } from './ddl-executors.ts';
import type { DdlSkipReason } from './ddl/policy.ts';
import { dialectOf } from './dialect.ts';
import type { Unit } from './group-builder.ts';
import { ImagesChoice } from './images/choose-images.ts';
import type { ImageSettings } from './images/images-writer.ts';
import { createLanes } from './lanes/create-lanes.ts';
import type { Lanes } from './lanes/lanes.ts';
import type { MysqlSinkOptions } from './mysql-sink-options.ts';
import { loadState, openOwnedTarget, type OwnedTarget } from './owned-target.ts';
import type { PartitionWaits } from './partition-waits.ts';
import { DEFAULT_PLAN_LIMITS } from './plan.ts';
import { RowsPlanner } from './planner.ts';
import type { SinkCounters } from './sink-counters.ts';
import { TableBinder } from './table-binder.ts';
import type { Passable } from './target-mark.ts';
import { TUNING } from './tuning.ts';
import { stepOf } from './step-of.ts';
import { UnitApplier } from './unit-applier.ts';

export interface SinkSessionEvents {
  readonly counters: SinkCounters;
  /** Told how long the making of each group's statements took. */
  readonly planning: Histogram;
  /** Aborted when the sink closes. */
  readonly signal: AbortSignal;
  readonly onCommitted: (step: CheckpointStep) => void;
  /** The target has been given work, and nothing is left to do here until it answers. */
  readonly onSent: () => void;
  readonly onDeadLetters: (letters: readonly DeadLetter[]) => void;
  readonly onPassed: (letters: readonly DeadLetter[]) => void;
  /** Of a consumer. */
  readonly waits: PartitionWaits | undefined;
}

/** Everything that lives and dies with one connection. */
interface Live {
  readonly target: OwnedTarget;
  readonly applier: UnitApplier;
  readonly lanes: Lanes | undefined;
  readonly ddl: DdlExecutors;
}

/**
 * The owned connection to the target and what is built on it. When the connection is gone, the next
 * `apply` makes another one; the checkpoint row then says whether a COMMIT whose reply was lost took
 * effect.
 */
export class SinkSession {
  readonly #options: MysqlSinkOptions;
  readonly #events: SinkSessionEvents;
  readonly #binder: TableBinder;
  readonly #images: ImagesChoice;
  #live: Live | undefined;
  #checkpoint: Checkpoint | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #isBusy = false;

  constructor(options: MysqlSinkOptions, events: SinkSessionEvents) {
    this.#options = options;
    this.#events = events;
    this.#images = new ImagesChoice(options.apply, options.logger);
    const catalog = new TargetCatalog(() => this.target.session.connection);
    this.#binder = new TableBinder(catalog, {
      allowNontransactional: options.allowNontransactional,
    });
  }

  get target(): OwnedTarget {
    if (this.#live !== undefined) return this.#live.target;
    throw new TailraceError('TARGET_CONNECTION_LOST', 'there is no connection to the target');
  }

  /** The row holds a position: from here on filtered transactions need no commit of their own. */
  get hasPosition(): boolean {
    return this.#checkpoint !== undefined;
  }

  async open(signal: AbortSignal): Promise<StoredState | undefined> {
    const target = await openOwnedTarget(this.#options, signal);
    if (this.#options.isCopying !== true) await this.#refuseUnfinishedCopy(target);
    const live = this.#adopt(target, await this.#images.open(target.session.connection));
    const state = await loadState(target);
    if (live.applier.isReplaying) {
      this.#options.logger.info(
        'The position was set back: what the target has is replayed by key',
      );
    }
    this.#checkpoint = state?.checkpoint;
    await live.ddl.resumePending(this.#checkpoint, signal);
    this.#keepAlive = setInterval(() => {
      this.#sayHello();
    }, TUNING.keepAliveMs);
    this.#keepAlive.unref();
    return state;
  }

  /** Some tables may be empty, others half: nothing may be streamed into them. */
  async #refuseUnfinishedCopy(target: OwnedTarget): Promise<void> {
    const { row, session } = target;
    const marks = new CopyMarks(row.task, row.tables);
    if (!(await marks.exist(session.connection))) return;
    await session.close();
    throw new TailraceError(
      'SNAPSHOT_UNFINISHED',
      `The first copy of task "${row.task}" has not come to its end: tables may be missing or half.`,
      { place: { task: row.task } },
    );
  }

  /** Applies the unit, or what of it is not durable yet. Gives back what waits for another partition. */
  async apply(unit: Unit): Promise<readonly Delivery[]> {
    const { waits } = this.#events;
    return this.#exclusively(async (live) => {
      const { row } = live.target;
      if (unit.kind === 'group') {
        const rest = unit.deliveries.filter(({ transaction }) => !row.hasPassed(transaction));
        return rest.length > 0 ? live.applier.applyGroup(rest) : [];
      }
      const { transaction } = unit.delivery;
      if (row.hasPassed(transaction)) return [];
      if (waits?.seqBefore(transaction) !== undefined) return [unit.delivery];
      if (unit.kind === 'part') await this.#applyPart(live, transaction);
      else await this.#applyWithDdl(live, transaction);
      return [];
    });
  }

  /** Its effect is in the target. */
  hasPassed(transaction: Passable): boolean {
    return this.#live?.target.row.hasPassed(transaction) ?? false;
  }

  /** What was known of the target's tables may be out of date. */
  forgetTables(): void {
    this.#binder.forget();
  }

  /** Plans a group that comes next; the session may be in use. False: it is planned at its turn. */
  planAhead(deliveries: readonly Delivery[]): boolean {
    if (this.#live?.target.session.isAlive !== true) return false;
    return this.#live.applier.planAhead(deliveries.map(({ transaction }) => transaction));
  }

  /** Moves the checkpoint alone; not within a large transaction, whose own commit will pass it. */
  async commitStep(step: CheckpointStep): Promise<void> {
    await this.#exclusively(async ({ applier, target }) => {
      if (applier.isOpen) return;
      const isAhead = !target.row.hasPassed({ seq: step.seq, resumeAt: step.position });
      if (isAhead || this.#checkpoint === undefined) {
        await applier.commitStatements([], step);
      }
    });
  }

  /** The connection is not to be trusted any more. */
  drop(): void {
    this.#live?.target.session.destroy();
  }

  async close(isQuiet: boolean): Promise<void> {
    clearInterval(this.#keepAlive);
    const live = this.#live;
    if (live === undefined) return;
    const { session } = live.target;
    void live.lanes?.close();
    if (!isQuiet || !session.isAlive) {
      const isStuck = session.isAlive;
      session.destroy();
      if (isStuck)
        await this.#killOnServer(session.connection.threadId, session.info.host).catch(
          () => undefined,
        );
      return;
    }
    await live.applier.rollback().catch(() => undefined);
    await session.close();
  }

  /** The server would finish what runs before it notices that we are gone, and keep our lock so long. */
  async #killOnServer(threadId: number, host: string): Promise<void> {
    const signal = AbortSignal.timeout(TUNING.killTimeoutMs);
    const connection = await this.#connectTo(host, signal);
    try {
      await connection.run(`KILL ${threadId}`);
    } finally {
      connection.destroy();
    }
  }

  /** The same host of the cluster as the session. */
  #connectTo(host: string, signal: AbortSignal): Promise<ServerConnection> {
    return connectServer({ ...this.#options.server, hosts: [host] }, 'target', { signal });
  }

  async #exclusively<T>(work: (live: Live) => Promise<T>): Promise<T> {
    this.#isBusy = true;
    try {
      return await work(await this.#alive());
    } finally {
      this.#isBusy = false;
    }
  }

  async #alive(): Promise<Live> {
    const before = this.#live;
    if (before?.target.session.isAlive === true) return before;
    const { signal, counters } = this.#events;
    const target = await openOwnedTarget(this.#options, signal, before?.target.row);
    let images: ImageSettings | undefined;
    try {
      if (before !== undefined) this.#decide(before, target);
      images = await this.#images.open(target.session.connection);
    } catch (thrown) {
      target.session.destroy();
      throw thrown;
    }
    counters.reconnects += 1;
    void before?.lanes?.close();
    const live = this.#adopt(target, images);
    await live.ddl.resumePending(this.#checkpoint, signal);
    return live;
  }

  /** Did the last COMMIT of the lost connection take effect? */
  #decide(before: Live, now: OwnedTarget): void {
    const { inDoubt } = before.applier;
    if (before.target.row.decide(inDoubt, now.row) && inDoubt !== undefined) {
      this.#committed(inDoubt);
    }
  }

  #adopt(target: OwnedTarget, images: ImageSettings | undefined): Live {
    const { options, events } = { options: this.#options, events: this.#events };
    const maxBytes = target.session.maxTextBytes;
    const fromRows = options.apply === 'rows' ? 0 : TUNING.imagesFromRows;
    const planner = new RowsPlanner(
      dialectOf(target.session.info),
      {
        maxStatementBytes: Math.min(DEFAULT_PLAN_LIMITS.maxStatementBytes, maxBytes),
        maxPacketBytes: Math.min(TUNING.packetBytes, maxBytes),
      },
      images && { settings: images, fromRows },
    );
    this.#binder.forget();
    const lanes = createLanes(options, target, {
      takesImages: images !== undefined,
      signal: events.signal,
    });
    const applier = new UnitApplier({
      task: options.task,
      target,
      planner,
      binder: this.#binder,
      policy: options.onConflict,
      waits: events.waits,
      isInOrder: options.apply === 'in_order',
      lanes,
      counters: events.counters,
      planning: events.planning,
      onCommitted: (step) => {
        this.#committed(step);
      },
      onSent: events.onSent,
      onDeadLetters: events.onDeadLetters,
      onPassed: events.onPassed,
      onImagesRefused: (bindings, error) => {
        const tables = bindings.map((binding) => formatTableName(binding.target.name));
        options.logger.warn({ tables, error }, 'Row images refused: these rows go as SQL');
      },
      onReplayed: () => {
        options.logger.info('The replay is over: the target is where it was before');
      },
    });
    this.#live = {
      target,
      applier,
      lanes,
      ddl: this.#createDdlExecutors(applier),
    };
    return this.#live;
  }

  #createDdlExecutors(applier: UnitApplier): DdlExecutors {
    const { task, stateDatabase, router, ddl, sqlLogBin, source, logger } = this.#options;
    return new DdlExecutors({
      task,
      stateDatabase,
      router,
      mode: ddl,
      sqlLogBin,
      ...(source === undefined ? {} : { source }),
      isRepeated: () => applier.isReplaying,
      connect: (signal) => this.#connectTo(this.target.session.info.host, signal),
      commit: (statements, step) => applier.commitStatements(statements, step),
      onNote: (note) => {
        logger.info(note);
      },
    });
  }

  #committed(step: CheckpointStep): void {
    this.#checkpoint = { seq: step.seq, position: step.position };
    this.#events.onCommitted(step);
  }

  async #applyPart(live: Live, transaction: Transaction): Promise<void> {
    const { applier } = live;
    const ddl = await live.ddl.of(transaction, this.#events.signal);
    const rows = await this.#runLeadingDdl(live, transaction, undefined);
    if (rows === 'done') return;
    await applier.applyPart(rows, transaction.part.last ? ddl.leftover : []);
    if (transaction.part.last) ddl.clearedLeftover();
  }

  async #applyWithDdl(live: Live, transaction: Transaction): Promise<void> {
    const { applier } = live;
    const ddl = await live.ddl.of(transaction, this.#events.signal);
    const rest = await this.#runLeadingDdl(live, transaction, stepOf([transaction]));
    if (rest === 'done') return;
    await applier.applyBehindDdl(rest, ddl.leftover);
    ddl.clearedLeftover();
  }

  /**
   * Executes the DDL that a transaction begins with and gives back the rest of it. `step`: where the
   * checkpoint goes when the DDL is the transaction's last change. 'done': it is there.
   */
  async #runLeadingDdl(
    live: Live,
    transaction: Transaction,
    step: CheckpointStep | undefined,
  ): Promise<Transaction | 'done'> {
    const { changes } = transaction;
    let index = 0;
    for (; index < changes.length; index++) {
      const change = changes[index];
      if (change?.kind !== 'ddl') break;
      if (live.applier.isOpen) throw misplacedDdl(change);
      const next = index === changes.length - 1 ? step : undefined;
      if (await this.#runDdl(live, change, { transaction, index, next })) return 'done';
    }
    const misplaced = changes.slice(index).find((change) => change.kind === 'ddl');
    if (misplaced !== undefined) throw misplacedDdl(misplaced);
    return index === 0 ? transaction : { ...transaction, changes: changes.slice(index) };
  }

  /** True: the checkpoint moved with it. */
  async #runDdl(
    live: Live,
    change: SchemaChange,
    at: { transaction: Transaction; index: number; next: CheckpointStep | undefined },
  ): Promise<boolean> {
    const { transaction, index, next } = at;
    const { signal, counters } = this.#events;
    const previous = this.#checkpoint ?? { seq: 0, position: stepPosition(transaction) };
    const step = { previous, seq: ddlSeq(transaction), changeIndex: index, next };
    const ddl: DdlExecutor = await live.ddl.of(transaction, signal);
    const outcome = await ddl.execute(change, step, signal);
    switch (outcome.kind) {
      case 'applied':
        counters.ddls += 1;
        this.#binder.forget();
        this.#options.onDdlApplied?.();
        return outcome.isCheckpointMoved;
      case 'skipped':
        this.#noteSkipped(change, outcome);
        return false;
      case 'left':
        signal.throwIfAborted();
        throw new TailraceError('INTERNAL_FAULT', 'a DDL was left though nobody asked for it');
    }
  }

  #noteSkipped(
    change: SchemaChange,
    {
      reason,
      error,
    }: {
      reason: DdlSkipReason;
      error?: TailraceError;
    },
  ): void {
    const { logger, onDdlSkipped } = this.#options;
    onDdlSkipped?.(reason);
    const coordinates = `${change.coordinates.file}:${change.coordinates.offset}`;
    logger.info({ reason, coordinates, error }, 'DDL not executed on the target');
  }

  /** The server ends a session that says nothing for long. */
  #sayHello(): void {
    const session = this.#live?.target.session;
    this.#live?.lanes?.sayHello();
    if (this.#isBusy || session?.isAlive !== true) return;
    session.run('DO 0').catch(() => undefined);
  }
}

function stepPosition({ resumeAt, coordinates }: Transaction): Checkpoint['position'] {
  return resumeAt ?? { kind: 'coordinates', coordinates };
}

function misplacedDdl(change: SchemaChange): TailraceError {
  const { file, offset } = change.coordinates;
  return new TailraceError(
    'TARGET_STATEMENT_REFUSED',
    'a DDL stands behind row changes of the same transaction: both cannot take effect as one',
    { place: { coordinates: `${file}:${offset}` } },
  );
}
