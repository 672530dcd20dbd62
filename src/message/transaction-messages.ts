import { formatGtid } from '../core/gtid-set-parse.ts';
import { formatCoordinates } from '../core/position.ts';
import type { Change, RowsChange } from '../core/change.ts';
import type { RowImage } from '../core/row.ts';
import type { Transaction } from '../core/transaction.ts';
import type { ByteWriter } from '../lib/byte-writer.ts';
import type { EncodableChange, Message, MessageEncoder, RowsWriter } from './encoder.ts';
import { rowCount } from './row-plan.ts';

export interface TransactionMessagesOptions {
  readonly encoder: MessageEncoder;
  /** Messages for DDL as well. */
  readonly ddl: boolean;
  /** Debezium's messages of op t, which go where the table's rows go, with DDL or without. */
  readonly truncates?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** See `EncodeContext.partitionOf`. */
  readonly partitionOf?:
    ((tx: Transaction, change: RowsChange, row: RowImage) => number) | undefined;
}

/** A message and its place in its transaction. */
export interface PlacedMessage {
  readonly tx: Transaction;
  readonly message: Message;
  /** From 1 on; 0: it is not one of them. */
  readonly number: number;
  readonly isLast: boolean;
}

/** All messages of a rows change at once, one a row: they are written by `MessageEncoder.rowsWriter`. */
export interface PlacedRows {
  readonly tx: Transaction;
  readonly rows: RowsWriter;
  readonly change: RowsChange;
  readonly count: number;
  /** The number of the first. */
  readonly number: number;
  /** The last of them is the transaction's last. */
  readonly isLast: boolean;
}

/** Takes the messages of a transaction in order. */
export interface MessageTaker {
  message(placed: PlacedMessage): void;
  rows(placed: PlacedRows): void;
}

/** A change that waits until it is known whether another one follows. */
interface Held {
  readonly tx: Transaction;
  readonly change: EncodableChange;
  isLast: boolean;
}

/**
 * The messages of transactions, in order, with the headers that every message carries:
 *
 *   tailrace-task · tailrace-seq · tailrace-gtid (or tailrace-position) ·
 *   tailrace-part: number of the message in its transaction from 1 on; `n/n` on the last one
 *
 * What is last is known only when nothing follows, and the parts of a large transaction come one by
 * one. So one change and one message are held back; they go out with the next part, or at the end.
 */
export class TransactionMessages {
  readonly #options: TransactionMessagesOptions;
  #held: Held | undefined;
  #rowOffset = 0;
  #count = 0;

  constructor(options: TransactionMessagesOptions) {
    this.#options = options;
  }

  *of(tx: Transaction): Generator<PlacedMessage, void, undefined> {
    for (const held of this.#ready(tx)) yield* this.#encode(held);
  }

  /** The same, with whole changes as bytes where the format can: `out` is what they are written into. */
  write(tx: Transaction, out: ByteWriter, taker: MessageTaker): void {
    for (const held of this.#ready(tx)) {
      const rows = this.#rowsOf(held, out);
      if (rows === undefined) {
        for (const placed of this.#encode(held)) taker.message(placed);
      } else taker.rows(rows);
    }
  }

  /** Changes of which it is known whether another one follows. */
  #ready(tx: Transaction): Held[] {
    if (tx.part.index === 0) this.#begin();
    const ready: Held[] = [];
    for (const change of tx.changes) {
      if (!this.#isEncodable(change)) continue;
      if (this.#held !== undefined) ready.push(this.#held);
      this.#held = { tx, change, isLast: false };
    }
    if (tx.part.last && this.#held !== undefined) {
      this.#held.isLast = true;
      ready.push(this.#held);
      this.#held = undefined;
    }
    return ready;
  }

  #rowsOf({ tx, change, isLast }: Held, out: ByteWriter): PlacedRows | undefined {
    const { encoder } = this.#options;
    if (change.kind !== 'rows' || encoder.rowsWriter === undefined) return undefined;
    const context = { rowOffset: this.#rowOffset, isLast, nowMs: this.#options.now() };
    const rows = encoder.rowsWriter(tx, change, context, out);
    if (rows === undefined) return undefined;
    const count = rowCount(change);
    const number = this.#count + 1;
    this.#rowOffset += count;
    this.#count += count;
    return { tx, rows, change, count, number, isLast };
  }

  #begin(): void {
    this.#held = undefined;
    this.#rowOffset = 0;
    this.#count = 0;
  }

  #isEncodable(change: Change): change is EncodableChange {
    if (change.kind === 'rows') return rowCount(change) > 0;
    if (change.kind !== 'ddl') return false;
    if (this.#options.ddl) return true;
    return this.#options.truncates === true && change.effects[0]?.kind === 'truncate';
  }

  *#encode({ tx, change, isLast }: Held): Generator<PlacedMessage, void, undefined> {
    const { partitionOf, now, encoder } = this.#options;
    const context = {
      rowOffset: this.#rowOffset,
      isLast,
      nowMs: now(),
      partitionOf: partitionOf && ((rows: RowsChange, row: RowImage) => partitionOf(tx, rows, row)),
    };
    this.#rowOffset += change.kind === 'rows' ? rowCount(change) : 0;
    let waiting: Message | undefined;
    let after: Message | undefined;
    for (const message of encoder.encode(tx, change, context)) {
      // Begin and end of a transaction stand beside it: they are not of its numbered messages.
      if (message.type === 'transaction') {
        if (waiting === undefined) yield { tx, message, number: 0, isLast: false };
        else after = message;
        continue;
      }
      if (waiting !== undefined) yield this.#place(waiting, tx, false);
      waiting = message;
    }
    if (waiting !== undefined) yield this.#place(waiting, tx, isLast);
    if (after !== undefined) yield { tx, message: after, number: 0, isLast: false };
  }

  #place(message: Message, tx: Transaction, isLast: boolean): PlacedMessage {
    this.#count += 1;
    return { tx, message, number: this.#count, isLast };
  }
}

/** The headers of a message as text. */
export function headersOf(task: string, placed: PlacedMessage): Record<string, string> {
  const { tx, message, number, isLast } = placed;
  const place: Record<string, string> =
    tx.gtid === undefined
      ? { 'tailrace-position': formatCoordinates(tx.coordinates) }
      : { 'tailrace-gtid': formatGtid(tx.gtid) };
  return {
    'tailrace-task': task,
    'tailrace-seq': String(tx.seq),
    ...place,
    'tailrace-part': isLast ? `${number}/${number}` : String(number),
    ...message.headers,
  };
}
