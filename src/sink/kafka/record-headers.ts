import type { BinlogCoordinates } from '../../core/position.ts';
import type { Gtid } from '../../core/gtid-set.ts';
import type { Transaction } from '../../core/transaction.ts';
import { sizeOfVarint, writeVarint } from '../../kafka/record-batch.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';

const NO_MORE: readonly [string, string][] = [];
const OWN_HEADERS = 5;
/** Of a value below so many bytes the length is one byte: twice itself. */
const LONG_VALUE = 64;
const SLASH = 0x2f;

/** What stands before the number in a GTID or in coordinates: the same for one transaction after the other. */
interface Prefix {
  readonly text: string;
  readonly bytes: Buffer;
}

/**
 * The headers of a record as bytes: how many, then each. Those that are the same for all messages of a
 * transaction are made once for it.
 */
export class RecordHeaders {
  /** Those that never change: the task and the history of its numbers. */
  readonly #task: Buffer;
  readonly #out = new ByteWriter(1024);
  #prefix: Prefix = { text: '', bytes: Buffer.from(':') };
  #fixedEnd = 0;
  #seq = -1;
  #count = 0;

  constructor(task: string, history: string) {
    this.#task = Buffer.concat([
      headerBytes('tailrace-task', task),
      headerBytes('tailrace-history', history),
    ]);
  }

  get bytes(): Buffer {
    return this.#out.bytes;
  }

  get end(): number {
    return this.#out.length;
  }

  /** For one message: its number in the transaction, whether it is the last, and headers of its format. */
  write(
    tx: Transaction,
    number: number,
    isLast: boolean,
    more?: Readonly<Record<string, string>>,
  ): void {
    const extra = more === undefined ? NO_MORE : Object.entries(more);
    const count = OWN_HEADERS + extra.length;
    if (tx.seq !== this.#seq || count !== this.#count) this.#begin(tx, count);
    const out = this.#out;
    out.truncate(this.#fixedEnd);
    if (isLast && number === 1) out.copy(ONLY_PART, 0, ONLY_PART.length);
    else {
      const start = this.#beginValue(PART_NAME);
      out.integer(number);
      if (isLast) {
        out.byte(SLASH);
        out.integer(number);
      }
      this.#endValue(start);
    }
    for (const [name, value] of extra) out.raw(headerBytes(name, value));
  }

  #begin(tx: Transaction, count: number): void {
    this.#seq = tx.seq;
    this.#count = count;
    const out = this.#out;
    out.clear();
    out.raw(varint(count));
    out.raw(this.#task);
    const seqStart = this.#beginValue(SEQ_NAME);
    out.integer(tx.seq);
    this.#endValue(seqStart);
    if (tx.gtid === undefined) this.#position(tx.coordinates);
    else this.#gtid(tx.gtid);
    this.#fixedEnd = out.length;
  }

  #position({ file, offset }: BinlogCoordinates): void {
    const start = this.#beginValue(POSITION_NAME);
    this.#numbered(file, offset);
    this.#endValue(start);
  }

  #gtid(gtid: Gtid): void {
    const start = this.#beginValue(GTID_NAME);
    if (gtid.flavor === 'mysql') this.#numbered(gtid.source, gtid.number);
    else {
      this.#out.integer(gtid.domain);
      this.#out.byte(DASH);
      this.#out.integer(gtid.server);
      this.#out.byte(DASH);
      this.#out.integer(gtid.sequence);
    }
    this.#endValue(start);
  }

  #numbered(text: string, number: number): void {
    if (text !== this.#prefix.text) this.#prefix = { text, bytes: Buffer.from(`${text}:`) };
    const { bytes } = this.#prefix;
    this.#out.copy(bytes, 0, bytes.length);
    this.#out.integer(number);
  }

  /** The name, and room for the length of a short value; gives where the value begins. */
  #beginValue(name: Buffer): number {
    this.#out.copy(name, 0, name.length);
    this.#out.byte(0);
    return this.#out.length;
  }

  #endValue(start: number): void {
    const out = this.#out;
    const length = out.length - start;
    if (length < LONG_VALUE) {
      out.bytes[start - 1] = length * 2;
      return;
    }
    const value = Buffer.from(out.bytes.subarray(start, out.length));
    out.truncate(start - 1);
    out.raw(varint(length));
    out.raw(value);
  }
}

const DASH = 0x2d;
const SEQ_NAME = nameBytes('tailrace-seq');
const GTID_NAME = nameBytes('tailrace-gtid');
const POSITION_NAME = nameBytes('tailrace-position');
const PART_NAME = nameBytes('tailrace-part');
/** What the only message of a transaction says. */
const ONLY_PART = headerBytes('tailrace-part', '1/1');

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
