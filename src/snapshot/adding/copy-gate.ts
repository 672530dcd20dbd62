import type { Change } from '../../core/change.ts';
import type { StoredState } from '../../core/checkpoint.ts';
import { isReached } from '../../core/position-order.ts';
import type { Position } from '../../core/position.ts';
import { schemaKey } from '../../core/schema-state.ts';
import type { Delivery, Sink } from '../../core/sink.ts';
import type { Transaction } from '../../core/transaction.ts';
import { systemClock } from '../../lib/clock.ts';
import { createDeferred, type Deferred } from '../../lib/deferred.ts';
import { untilAborted } from '../../lib/until-aborted.ts';

/**
 * What the stream does with a table that is being added. absent: the target does not have it yet, so rows and DDL
 * are left out. unloaded: rows are left out. behind: those up to a position are left out, the copy has them. by-key:
 * whatever stands under a row's key is written over, and a row that is not there is no conflict.
 */
export type AddingMode =
  | { readonly kind: 'absent' | 'unloaded' | 'by-key' }
  | { readonly kind: 'behind'; readonly until: Position };

/** While it is held nothing is handed to the sink. */
export interface Hold {
  /** Where the sink was handed everything; undefined: nothing was handed to it yet. */
  readonly position: Position | undefined;
  release(): void;
}

/** What runs beside the stream. */
export interface GateCompanion {
  /** The sink is open, and nothing was handed to it: modes have to be right from here on. */
  begin(gate: CopyGate, signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

/**
 * Stands before the sink of a running task. It can hold the stream at a boundary between transactions, so that
 * rows which were read behind that boundary can be written, and it fits the changes of tables that are being
 * added to how far they are.
 */
export class CopyGate implements Sink {
  readonly name: string;
  readonly #inner: Sink;
  readonly #companion: GateCompanion;
  readonly #modes = new Map<string, AddingMode>();
  readonly #touchedAtMs = new Map<string, number>();
  #position: Position | undefined;
  #isBetween = true;
  #isWriting = false;
  #barrier: Deferred<undefined> | undefined;
  #arrived: Deferred<undefined> | undefined;
  #moved = createDeferred<undefined>();

  constructor(inner: Sink, companion: GateCompanion) {
    this.#inner = inner;
    this.#companion = companion;
    this.name = inner.name;
  }

  /** Everything up to there was handed to the sink. */
  get position(): Position | undefined {
    return this.#position;
  }

  async open(signal: AbortSignal): Promise<StoredState | undefined> {
    const state = await this.#inner.open(signal);
    this.#position = state?.checkpoint.position;
    await this.#companion.begin(this, signal);
    return state;
  }

  async write(batch: readonly Delivery[], signal: AbortSignal): Promise<void> {
    this.#isWriting = true;
    try {
      for (let rest = batch; rest.length > 0;) {
        const count = await this.#admit(rest, signal);
        const part = count === rest.length ? rest : rest.slice(0, count);
        await this.#inner.write(this.#modes.size === 0 ? part : part.map(this.#fit), signal);
        this.#note(part);
        rest = rest.slice(count);
      }
    } finally {
      this.#isWriting = false;
      if (this.#isBetween) this.#arrived?.resolve(undefined);
    }
  }

  drain(): Promise<void> {
    return this.#inner.drain();
  }

  async close(): Promise<void> {
    await this.#companion.end();
    await this.#inner.close();
  }

  async loadPrepared(xid: string): Promise<readonly Uint8Array[] | undefined> {
    return this.#inner.loadPrepared?.(xid);
  }

  setMode(key: string, mode: AddingMode | undefined): void {
    if (mode === undefined) this.#modes.delete(key);
    else this.#modes.set(key, mode);
  }

  hasMode(key: string): boolean {
    return this.#modes.has(key);
  }

  /** Since when the stream has brought nothing of this table. */
  quietMs(key: string): number {
    return systemClock.monotonicMs() - (this.#touchedAtMs.get(key) ?? -Infinity);
  }

  /** One holder at a time. */
  async hold(signal: AbortSignal): Promise<Hold> {
    const barrier = (this.#barrier = createDeferred<undefined>());
    const release = (): void => {
      this.#barrier = undefined;
      barrier.resolve(undefined);
    };
    try {
      if (this.#isWriting || !this.#isBetween) {
        this.#arrived = createDeferred<undefined>();
        await untilAborted(this.#arrived.promise, signal);
      }
    } catch (thrown) {
      release();
      throw thrown;
    } finally {
      this.#arrived = undefined;
    }
    return { position: this.#position, release };
  }

  /** Resolves when the position has moved, at the latest after some time. */
  async moved(ms: number, signal: AbortSignal): Promise<void> {
    const timer = setTimeout(() => {
      this.#stir();
    }, ms);
    try {
      await untilAborted(this.#moved.promise, signal);
    } finally {
      clearTimeout(timer);
    }
  }

  /** How many may be handed on now; waits while the stream is held. */
  async #admit(rest: readonly Delivery[], signal: AbortSignal): Promise<number> {
    while (this.#barrier !== undefined && this.#isBetween) {
      this.#arrived?.resolve(undefined);
      await untilAborted(this.#barrier.promise, signal);
    }
    if (this.#barrier === undefined) return rest.length;
    // In the middle of a large transaction: to its end, not beyond.
    const end = rest.findIndex(({ transaction }) => transaction.part.last);
    return end < 0 ? rest.length : end + 1;
  }

  #note(handed: readonly Delivery[]): void {
    const last = handed.at(-1)?.transaction;
    if (last === undefined) return;
    this.#isBetween = last.part.last;
    const end = handed.findLast(({ transaction }) => transaction.resumeAt !== undefined);
    if (end === undefined) return;
    this.#position = end.transaction.resumeAt;
    this.#stir();
  }

  #stir(): void {
    const moved = this.#moved;
    this.#moved = createDeferred<undefined>();
    moved.resolve(undefined);
  }

  readonly #fit = (delivery: Delivery): Delivery => {
    const { transaction } = delivery;
    if (transaction.changes.length === 0) return delivery;
    const changes = transaction.changes.flatMap((change) => this.#fitChange(change, transaction));
    return { ...delivery, transaction: { ...transaction, changes } };
  };

  #fitChange(change: Change, transaction: Transaction): readonly Change[] {
    if (change.kind === 'ddl') return this.#isOfAbsent(change) ? [] : [change];
    if (change.kind !== 'rows') return [change];
    const key = schemaKey(change.table.database, change.table.name);
    const mode = this.#modes.get(key);
    if (mode === undefined) return [change];
    this.#touchedAtMs.set(key, systemClock.monotonicMs());
    if (mode.kind === 'by-key') return [{ ...change, byKey: true }];
    return mode.kind === 'behind' && !isWithin(transaction, mode.until) ? [change] : [];
  }

  #isOfAbsent({ effects }: Extract<Change, { kind: 'ddl' }>): boolean {
    return (
      effects.length > 0 &&
      effects.every(
        (effect) =>
          'table' in effect &&
          this.#modes.get(schemaKey(effect.table.database, effect.table.table))?.kind === 'absent',
      )
    );
  }
}

/** Is this transaction one of those that make up the position? Known from its first part on. */
function isWithin({ gtid, coordinates }: Transaction, until: Position): boolean {
  if (until.kind === 'gtid' && gtid !== undefined) return until.gtidSet.contains(gtid);
  return !isReached({ kind: 'coordinates', coordinates }, { ...until, kind: 'coordinates' });
}
