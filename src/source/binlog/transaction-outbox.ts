import type { Gtid } from '../../core/gtid-set.ts';
import type { BinlogCoordinates, Position } from '../../core/position.ts';
import { mergeDeltas, type SchemaDelta } from '../../core/schema-state.ts';
import type { Transaction } from '../../core/transaction.ts';
import { LateTransaction, type RowsInLog } from './late-transaction.ts';
import { OpenGroup } from './open-group.ts';

const WHOLE = { index: 0, last: true } as const;

/**
 * Finished transactions and parts that wait to be taken, and the position behind the last that
 * finished. The position and the number move here and nowhere else, at the end of a group (I2).
 */
export class TransactionOutbox {
  #seq: number;
  #position: Position;
  #out: Transaction[] = [];
  #bytes = 0;
  /** When the last group was committed; an event that the server makes up has no time. */
  #committedAtMs = Date.now();
  /** Definitions learned when no transaction was there to carry them: the next one does. */
  #waitingDelta: SchemaDelta | undefined;

  constructor(from: { readonly seq: number; readonly position: Position }) {
    this.#seq = from.seq;
    this.#position = from.position;
  }

  /** Where to resume after the last group that ended. */
  get position(): Position {
    return this.#position;
  }

  /** The number that the open group, or the next one, gets. */
  get nextSeq(): number {
    return this.#seq + 1;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#out.length === 0;
  }

  take(): Transaction[] {
    const out = this.#out;
    this.#out = [];
    this.#bytes = 0;
    return out;
  }

  /** All but the parts of a transaction that did not end. */
  takeFinished(): Transaction[] {
    const out = this.take();
    return out.slice(0, out.findLastIndex(({ part }) => part.last) + 1);
  }

  /** Hands on what the group has so far; more of it follows. */
  closePart(group: OpenGroup): void {
    this.#push(this.#transaction(group, { seq: this.#seq + 1, last: false }));
    group.startNextPart();
  }

  finish(
    group: OpenGroup,
    end: {
      readonly xid: bigint | undefined;
      readonly isTransactional: boolean;
      readonly coordinates: BinlogCoordinates;
    },
  ): void {
    this.#seq += 1;
    this.#committedAtMs = group.committedAtMs;
    this.#position = this.#after(group.gtid, end.coordinates);
    // One literal with every field in place: this runs for every transaction.
    this.#push({
      seq: this.#seq,
      origin: 'binlog',
      gtid: group.gtid,
      coordinates: group.coordinates,
      committedAtMs: group.committedAtMs,
      serverId: group.serverId,
      threadId: group.threadId,
      xid: end.xid,
      part: group.partIndex === 0 ? WHOLE : { index: group.partIndex, last: true },
      changes: group.dropReason === undefined ? group.changes : [],
      bytes: group.bytes,
      isTransactional: end.isTransactional,
      resumeAt: this.#position,
      schemaDelta: mergeDeltas(this.#waitingDelta, group.schemaDelta),
    });
    this.#waitingDelta = undefined;
  }

  /** As `finish`, of a whole transaction. */
  finishLate(
    group: OpenGroup,
    rows: RowsInLog,
    { xid, coordinates }: { readonly xid: bigint; readonly coordinates: BinlogCoordinates },
  ): void {
    this.#seq += 1;
    this.#committedAtMs = group.committedAtMs;
    this.#position = this.#after(group.gtid, coordinates);
    const schemaDelta = this.#waitingDelta;
    const end = { seq: this.#seq, xid, resumeAt: this.#position, schemaDelta };
    this.#push(new LateTransaction(group, rows, end));
    this.#waitingDelta = undefined;
  }

  /** An empty transaction that takes the position into the next file. */
  passFile(coordinates: BinlogCoordinates, atMs: number): void {
    this.#position = { kind: 'coordinates', coordinates };
    this.#pushEmpty(atMs === 0 ? this.#committedAtMs : atMs, undefined);
  }

  /** An empty transaction that makes the start position and its definitions durable before any change. */
  markStart(delta: SchemaDelta): void {
    this.#pushEmpty(Date.now(), delta);
  }

  /** Goes with the last transaction that finished, if it is still here. */
  addSchemaDelta(delta: SchemaDelta): void {
    const last = this.#out.at(-1);
    if (last?.part.last === true) {
      this.#out[this.#out.length - 1] = {
        ...last,
        changes: last.changes,
        schemaDelta: mergeDeltas(last.schemaDelta, delta),
      };
    } else this.#waitingDelta = mergeDeltas(this.#waitingDelta, delta);
  }

  #after(gtid: Gtid | undefined, coordinates: BinlogCoordinates): Position {
    const position = this.#position;
    // An anonymous transaction is in no GTID set: from here on only coordinates say what is done.
    if (position.kind !== 'gtid' || gtid === undefined) {
      return { kind: 'coordinates', coordinates };
    }
    return { kind: 'gtid', gtidSet: position.gtidSet.with(gtid), coordinates };
  }

  #pushEmpty(committedAtMs: number, delta: SchemaDelta | undefined): void {
    const { coordinates } = this.#position;
    const group = new OpenGroup({ gtid: undefined, coordinates, committedAtMs, serverId: 0 });
    this.#seq += 1;
    this.#push({
      ...this.#transaction(group, { seq: this.#seq, last: true }),
      resumeAt: this.#position,
      schemaDelta: delta,
    });
  }

  #transaction(
    group: OpenGroup,
    at: { readonly seq: number; readonly last: boolean },
  ): Transaction {
    return {
      seq: at.seq,
      origin: 'binlog',
      gtid: group.gtid,
      coordinates: group.coordinates,
      committedAtMs: group.committedAtMs,
      serverId: group.serverId,
      threadId: group.threadId,
      xid: undefined,
      part: { index: group.partIndex, last: at.last },
      changes: group.dropReason === undefined ? group.changes : [],
      bytes: group.bytes,
      isTransactional: true,
      resumeAt: undefined,
      schemaDelta: undefined,
    };
  }

  #push(transaction: Transaction): void {
    this.#out.push(transaction);
    this.#bytes += transaction.bytes;
  }
}
