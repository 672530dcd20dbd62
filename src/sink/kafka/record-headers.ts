import { formatGtid } from '../../core/gtid-set-parse.ts';
import { formatCoordinates } from '../../core/position.ts';
import type { Transaction } from '../../core/transaction.ts';
import { sizeOfVarint, writeVarint } from '../../kafka/record-batch.ts';

const NUMBER_ROOM = 64;
const NO_MORE: readonly [string, string][] = [];
/** What the only message of a transaction says. */
const ONLY = '1/1';

/**
 * The headers of a record as bytes: how many, then each. Those that are the same for all messages of a
 * transaction are made once for it.
 */
export class RecordHeaders {
  /** Those that never change: the task and the history of its numbers. */
  readonly #task: Buffer;
  #bytes = Buffer.allocUnsafeSlow(1024);
  #fixedEnd = 0;
  #end = 0;
  #seq = -1;
  #count = 0;

  constructor(task: string, history: string) {
    this.#task = Buffer.concat([
      headerBytes('tailrace-task', task),
      headerBytes('tailrace-history', history),
    ]);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  get end(): number {
    return this.#end;
  }

  /** For one message: its number in the transaction, whether it is the last, and headers of its format. */
  write(
    tx: Transaction,
    number: number,
    isLast: boolean,
    more?: Readonly<Record<string, string>>,
  ): void {
    const extra = more === undefined ? NO_MORE : Object.entries(more);
    const count = 5 + extra.length;
    if (tx.seq !== this.#seq || count !== this.#count) this.#begin(tx, count);
    const text = isLast ? (number === 1 ? ONLY : `${number}/${number}`) : String(number);
    let end = PART_NAME.copy(this.#bytes, this.#fixedEnd) + this.#fixedEnd;
    end = writeVarint(this.#bytes, end, text.length);
    end += this.#bytes.latin1Write(text, end);
    this.#end = end;
    for (const [name, value] of extra) this.#append(headerBytes(name, value));
  }

  #begin(tx: Transaction, count: number): void {
    this.#seq = tx.seq;
    this.#count = count;
    this.#end = writeVarint(this.#bytes, 0, count);
    this.#append(this.#task);
    this.#appendAscii(SEQ_NAME, String(tx.seq));
    if (tx.gtid === undefined)
      this.#append(headerBytes('tailrace-position', formatCoordinates(tx.coordinates)));
    else this.#appendAscii(GTID_NAME, formatGtid(tx.gtid));
    this.#fixedEnd = this.#end;
  }

  #appendAscii(name: Buffer, value: string): void {
    this.#append(name);
    this.#reserve(value.length);
    this.#end = writeVarint(this.#bytes, this.#end, value.length);
    this.#end += this.#bytes.latin1Write(value, this.#end);
  }

  #append(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#end += bytes.copy(this.#bytes, this.#end);
  }

  #reserve(length: number): void {
    const wanted = this.#end + length + NUMBER_ROOM;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(wanted * 2);
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}

const SEQ_NAME = nameBytes('tailrace-seq');
const GTID_NAME = nameBytes('tailrace-gtid');
const PART_NAME = nameBytes('tailrace-part');

function nameBytes(name: string): Buffer {
  return Buffer.concat([varint(Buffer.byteLength(name)), Buffer.from(name)]);
}

function headerBytes(name: string, value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([nameBytes(name), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes = Buffer.alloc(sizeOfVarint(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

/** Headers that nothing is known of before: how many, then each. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(headers);
  return Buffer.concat([
    varint(pairs.length),
    ...pairs.map(([name, value]) => headerBytes(name, value)),
  ]);
}
