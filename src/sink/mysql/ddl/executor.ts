import type { SchemaChange } from '../../../core/change.ts';
import type { Checkpoint, CheckpointStep } from '../../../core/checkpoint.ts';
import { TailraceError, toTailraceError } from '../../../core/errors.ts';
import { StateTables } from '../state-database.ts';
import { DdlSession } from './ddl-session.ts';
import { decidePending } from './decide.ts';
import { excerpt } from './excerpt.ts';
import { assertNotStateDatabase, assertOwnTables } from './guards.ts';
import type { DdlHost } from './host.ts';
import { describeStates, readObjectStates, type ObjectStates } from './object-state.ts';
import { PendingStore, identifyDdl, isSameDdl, newLockName, type PendingDdl } from './pending.ts';
import { hasIfExists, planDdl, rebuildStatement, type DdlPlan } from './plan.ts';
import { handlingOf, type DdlSkipReason } from './policy.ts';
import { placeOf, refusedDdl, saysThatItIsThere } from './refusals.ts';
import { waitForRunningCopy } from './running-copy.ts';
import { viewSkipReason } from './view-rules.ts';

/** Where a DDL stands in the task's history. */
export interface DdlStep {
  /** What the checkpoint row holds now. */
  readonly previous: Checkpoint;
  /** The source transaction that the DDL belongs to: what the row holds once it is done. */
  readonly seq: number;
  /** Index of the change in its transaction, over all its parts. */
  readonly changeIndex: number;
  /**
   * Given when nothing of the transaction comes behind the DDL: the checkpoint moves with it. Without,
   * the record of the DDL stays until the transaction's own commit takes it away.
   */
  readonly next: CheckpointStep | undefined;
}

export type DdlOutcome =
  | {
      readonly kind: 'applied';
      /** False: the caller's next commit moves the checkpoint. */
      readonly isCheckpointMoved: boolean;
    }
  /** Not executed; the caller counts it and moves the checkpoint. */
  | { readonly kind: 'skipped'; readonly reason: DdlSkipReason; readonly error?: TailraceError }
  /** The signal was aborted while it ran: its pending record tells the next start. */
  | { readonly kind: 'left' };

/** How long a running statement may hold up an end: the whole command has ten seconds. */
const LEAVE_AFTER_MS = 5_000;

/**
 * Executes the source's DDL on the target, each exactly once whatever is killed when.
 *
 * A DDL commits by itself, so it can't share a transaction with the checkpoint. Before it, a pending
 * record is committed with the statement and the state of everything it names (existence, definition,
 * InnoDB's table ids); after it, one transaction deletes the record and moves the checkpoint. The source
 * delivers a DDL again when the checkpoint was not moved, and then the record decides: the
 * session that ran it last is waited for, the present state is compared with the recorded one, and
 * the statement counts as done, runs again, runs for what is left of it, or stops the task by name.
 *
 * What the caller keeps: everything before the DDL is committed and no transaction of its session is
 * open, since the DDL would wait for its locks; `execute` is never called twice at a time; where
 * rows follow in the same source transaction (CREATE TABLE … SELECT), `leftover` goes into the
 * transaction that commits them; definitions of target tables are read anew after each 'applied'.
 *
 * Each statement has a session of its own: its settings never meet those that rows are written with.
 */
export class DdlExecutor {
  readonly #host: DdlHost;
  readonly #store: PendingStore;
  readonly #notes = new Set<string>();
  #hasLeftover = false;

  constructor(host: DdlHost) {
    this.#host = host;
    this.#store = new PendingStore(new StateTables(host.stateDatabase), host.task);
  }

  /** Statements for the transaction that ends a source transaction whose DDL was not its last change. */
  get leftover(): readonly string[] {
    return this.#hasLeftover ? [this.#store.deleteStatement()] : [];
  }

  /** The transaction with `leftover` in it is committed. */
  clearedLeftover(): void {
    this.#hasLeftover = false;
  }

  /**
   * At the start, before anything is applied: waits for a statement of an earlier run that is still
   * executed, and forgets a record that the checkpoint has passed (`position skip`, `position set`).
   */
  async resumePending(checkpoint: Checkpoint | undefined, signal: AbortSignal): Promise<void> {
    const session = await DdlSession.open(this.#host, signal);
    try {
      const pending = await this.#store.load(session.connection);
      if (pending === undefined) return;
      await this.#waitFor(session, pending, signal);
      if (checkpoint !== undefined && pending.seq <= checkpoint.seq) {
        await this.#host.commit([this.#store.deleteStatement()], undefined);
      } else this.#hasLeftover = pending.phase === 'done';
    } finally {
      await session.close();
    }
  }

  async execute(change: SchemaChange, step: DdlStep, signal: AbortSignal): Promise<DdlOutcome> {
    const handling = handlingOf(change, this.#host.mode);
    if (handling.kind === 'skip') return { kind: 'skipped', reason: handling.reason };
    const isAttempt = handling.kind === 'attempt';
    const plan = this.#plan(change, isAttempt);
    if (plan === undefined) {
      return { kind: 'skipped', reason: isAttempt ? 'view_renamed' : 'not_included' };
    }
    const session = await DdlSession.open(this.#host, signal);
    const task: DdlTask = { session, change, step, plan, signal };
    let isClosed = false;
    try {
      const outcome = await (isAttempt ? this.#attempt(task) : this.#execute(task));
      isClosed = outcome.kind === 'left';
      return outcome;
    } finally {
      if (isClosed) session.destroy();
      else await session.close();
    }
  }

  /** A view whose names can't be mapped is skipped, where a table stops the task. */
  #plan(change: SchemaChange, isAttempt: boolean): DdlPlan | undefined {
    try {
      const plan = planDdl(change, this.#host.router);
      if (plan !== undefined) assertNotStateDatabase(plan, change, this.#host.stateDatabase);
      return plan;
    } catch (thrown) {
      if (isAttempt && toTailraceError(thrown).code === 'TARGET_DDL_UNREWRITABLE') return undefined;
      throw thrown;
    }
  }

  async #attempt(task: DdlTask): Promise<DdlOutcome> {
    const { session, change, plan } = task;
    const { router } = this.#host;
    const reason = await viewSkipReason(session.connection, change, { plan, router });
    if (reason !== undefined) return { kind: 'skipped', reason };
    try {
      const hasEnded = await this.#runOrLeave(task, plan.statement);
      return hasEnded ? { kind: 'applied', isCheckpointMoved: false } : { kind: 'left' };
    } catch (thrown) {
      const error = toTailraceError(thrown);
      if (error.isTransient) throw error;
      return { kind: 'skipped', reason: 'view_refused', error: refusedDdl(error, change) };
    }
  }

  async #execute(task: DdlTask): Promise<DdlOutcome> {
    const { session, change, step, signal } = task;
    const identity = identifyDdl(change, step.seq, step.changeIndex);
    const pending = await this.#store.load(session.connection);
    if (pending !== undefined) {
      await this.#waitFor(session, pending, signal);
      if (pending.seq === identity.seq && pending.changeIndex > identity.changeIndex) {
        return { kind: 'applied', isCheckpointMoved: false };
      }
      if (isSameDdl(pending, identity)) return this.#resume(task, pending);
    }
    await assertOwnTables(session.connection, change, this.#host.router);
    const before = await readObjectStates(session.connection, task.plan.effects);
    if (Object.values(before.tables).some((state) => state.ids === undefined)) {
      this.#note(
        'Without the PROCESS privilege on the target a restart in the middle of a DDL may not be decidable.',
      );
    }
    const record: PendingDdl = {
      ...identity,
      phase: 'running',
      lock: newLockName(),
      plan: task.plan,
      before,
    };
    return this.#run(task, record, task.plan.statement);
  }

  async #resume(task: DdlTask, pending: PendingDdl): Promise<DdlOutcome> {
    const { effects, statement } = pending.plan;
    if (pending.phase === 'done') return this.#finish(task.step, pending);
    const now = await readObjectStates(task.session.connection, effects);
    const verdict = decidePending(effects, pending.before, now);
    switch (verdict.kind) {
      case 'done':
        return this.#finish(task.step, pending);
      case 'redo':
        return this.#run(task, { ...pending, lock: newLockName() }, statement);
      case 'partial': {
        const rest = rebuildStatement(verdict.missing, hasIfExists(task.change));
        if (rest === undefined) throw undecided(task.change, pending.before, now);
        return this.#run(task, { ...pending, lock: newLockName() }, rest);
      }
      case 'undecided':
        throw undecided(task.change, pending.before, now);
    }
  }

  async #run(task: DdlTask, pending: PendingDdl, statement: string): Promise<DdlOutcome> {
    const { session, change, step } = task;
    await session.lock(pending.lock);
    await this.#host.commit([this.#store.saveStatement(pending)], undefined);
    try {
      const hasEnded = await this.#runOrLeave(task, statement);
      if (!hasEnded) return { kind: 'left' };
    } catch (thrown) {
      const error = refusedDdl(toTailraceError(thrown), change);
      if (this.#isRepeated(change) && saysThatItIsThere(error)) {
        await this.#host.commit([this.#store.deleteStatement()], undefined);
        return { kind: 'skipped', reason: 'already_there', error };
      }
      if (!error.isTransient) await this.#forgetIfUnchanged(pending, task.signal);
      throw error;
    }
    return this.#finish(step, pending);
  }

  async #finish(step: DdlStep, pending: PendingDdl): Promise<DdlOutcome> {
    if (step.next !== undefined) {
      await this.#host.commit([this.#store.deleteStatement()], step.next);
      this.#hasLeftover = false;
      return { kind: 'applied', isCheckpointMoved: true };
    }
    const done: PendingDdl = { ...pending, phase: 'done' };
    await this.#host.commit([this.#store.saveStatement(done)], undefined);
    this.#hasLeftover = true;
    return { kind: 'applied', isCheckpointMoved: false };
  }

  /** A refused statement mostly did nothing; what an old server did half stays on record. */
  async #forgetIfUnchanged(pending: PendingDdl, signal: AbortSignal): Promise<void> {
    const session = await DdlSession.open(this.#host, signal);
    try {
      const now = await readObjectStates(session.connection, pending.plan.effects);
      const { effects } = pending.plan;
      const verdict = decidePending(effects, pending.before, now);
      if (verdict.kind !== 'redo' && effects.length > 0) return;
      await this.#host.commit([this.#store.deleteStatement()], undefined);
    } finally {
      await session.close();
    }
  }

  async #waitFor(session: DdlSession, pending: PendingDdl, signal: AbortSignal): Promise<void> {
    if (pending.phase === 'done') return;
    const onWait = () => {
      this.#note(
        `A DDL of an earlier run is still executed by the target: ${excerpt(pending.plan.statement)}`,
      );
    };
    await waitForRunningCopy(session.connection, pending.lock, { signal, onWait });
  }

  /** Runs the statement; false: the signal was aborted and it still ran a few seconds later. */
  async #runOrLeave(task: DdlTask, statement: string): Promise<boolean> {
    const { session, change, plan, signal } = task;
    signal.throwIfAborted();
    const running = session.run({ change, statement, database: plan.database }).then(() => true);
    const leaving = new Leaving(signal, this.#host.leaveAfterMs ?? LEAVE_AFTER_MS);
    try {
      return await Promise.race([running, leaving.left]);
    } finally {
      leaving.dispose();
      running.catch(() => undefined);
    }
  }

  /** Replayed, or of a table into which several tables of the source go, each with its own copy of the DDL. */
  #isRepeated({ effects }: SchemaChange): boolean {
    const { isRepeated, router } = this.#host;
    if (isRepeated?.() === true) return true;
    return (
      effects.length > 0 &&
      effects.every((effect) => 'table' in effect && router.isMerged(effect.table))
    );
  }

  #note(note: string): void {
    if (this.#notes.has(note)) return;
    this.#notes.add(note);
    this.#host.onNote?.(note);
  }
}

interface DdlTask {
  readonly session: DdlSession;
  readonly change: SchemaChange;
  readonly step: DdlStep;
  readonly plan: DdlPlan;
  readonly signal: AbortSignal;
}

/** Resolves with false some seconds after the signal was aborted. */
class Leaving {
  readonly left: Promise<boolean>;
  readonly #signal: AbortSignal;
  #onAbort: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal, afterMs: number) {
    this.#signal = signal;
    this.left = new Promise((resolve) => {
      this.#onAbort = () => {
        this.#timer = setTimeout(resolve, afterMs, false);
      };
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  dispose(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#timer);
  }
}

function undecided(change: SchemaChange, before: ObjectStates, now: ObjectStates): TailraceError {
  return new TailraceError(
    'TARGET_DDL_UNDECIDED',
    `A DDL was under way when tailrace stopped, and it can't be told whether it took effect: ` +
      `${excerpt(change.statement)}. Before: ${describeStates(before)}. Now: ${describeStates(now)}.`,
    { place: placeOf(change) },
  );
}
