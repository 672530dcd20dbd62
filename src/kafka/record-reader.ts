import { TailraceError } from '../core/errors.ts';
import { COMPRESSIONS, decompress } from './codecs.ts';
import { crc32c } from './crc32c.ts';

/*
 * Record batches, format 2 (KIP-98), as a fetch gives them; the last one may be cut off:
 *
 *    0  8  base offset              27  8  first timestamp
 *    8  4  length behind here       35  8  max timestamp
 *   12  4  leader epoch             43  8  producer id
 *   16  1  magic, 2                 51  2  producer epoch
 *   17  4  CRC-32C from 21 on       53  4  base sequence
 *   21  2  attributes               57  4  number of records
 *   23  4  last offset delta        61  …  records, packed as attributes bits 0-2 say
 *
 * attributes: bit 4 in a transaction, bit 5 control. A record, numbers as zigzag varints:
 *
 *   length · attributes (1 byte) · timestamp delta · offset delta · key length, key · value length, value ·
 *   number of headers · of each: key length, key, value length, value
 *
 * A control record's key: 2 bytes version, 2 bytes type (0 abort, 1 commit). Source: the Kafka protocol guide.
 */

const HEADER_LENGTH = 61;
const LENGTH_AT = 12;
const IN_TRANSACTION = 0x10;
const CONTROL = 0x20;

/** One record; its bytes are those of the fetch (or of what was unpacked from it). Key and headers are read when asked for. */
export class KafkaRecord {
  readonly offset: number;
  readonly value: Buffer | null;
  /** What its places are in. */
  readonly bytes: Buffer;
  /** Where the number of its headers stands, with the headers behind it. */
  readonly headersAt: number;
  readonly #keyAt: number;

  constructor(
    offset: number,
    value: Buffer | null,
    places: { readonly bytes: Buffer; readonly keyAt: number; readonly headersAt: number },
  ) {
    this.offset = offset;
    this.value = value;
    this.bytes = places.bytes;
    this.headersAt = places.headersAt;
    this.#keyAt = places.keyAt;
  }

  get key(): Buffer | null {
    return new VarintReader(this.bytes, this.#keyAt).blob();
  }

  headers(): Record<string, string> {
    const reader = new VarintReader(this.bytes, this.headersAt);
    const all: [string, string][] = [];
    for (let count = reader.varint(); count > 0; count--) {
      const name = reader.text();
      all.push([name, reader.text()]);
    }
    return Object.fromEntries(all);
  }
}

export interface RecordBatch {
  readonly firstOffset: number;
  /** Offset behind the batch, whatever of it compaction left. */
  readonly nextOffset: number;
  readonly producerId: bigint;
  readonly isInTransaction: boolean;
  /** A control batch: the transaction was aborted. */
  readonly isAbort: boolean;
  readonly isControl: boolean;
  readonly records: readonly KafkaRecord[];
}

/** The whole batches in these bytes, from `fetchOffset` on. */
export function* readBatches(bytes: Buffer, fetchOffset: number): Generator<RecordBatch> {
  for (let at = 0; at + HEADER_LENGTH <= bytes.length;) {
    const end = at + LENGTH_AT + bytes.readInt32BE(at + 8);
    if (end > bytes.length) return;
    const batch = readBatch(bytes.subarray(at, end), fetchOffset);
    if (batch !== undefined) yield batch;
    at = end;
  }
}

/** undefined: it ends before the offset that is wanted. */
function readBatch(bytes: Buffer, fetchOffset: number): RecordBatch | undefined {
  if (bytes[16] !== 2) throw damaged('a message format from before Kafka 0.11');
  if (crc32c(bytes.subarray(21)) !== bytes.readUInt32BE(17)) throw damaged('a wrong checksum');
  const firstOffset = Number(bytes.readBigInt64BE(0));
  const nextOffset = firstOffset + bytes.readInt32BE(23) + 1;
  if (nextOffset <= fetchOffset) return undefined;
  const attributes = bytes.readInt16BE(21);
  const isControl = (attributes & CONTROL) !== 0;
  const records = readRecords(bytes, attributes & 7, firstOffset);
  return {
    firstOffset,
    nextOffset,
    producerId: bytes.readBigInt64BE(43),
    isInTransaction: (attributes & IN_TRANSACTION) !== 0,
    isControl,
    isAbort: isControl && records[0]?.key?.readInt16BE(2) === 0,
    records:
      firstOffset >= fetchOffset ? records : records.filter(({ offset }) => offset >= fetchOffset),
  };
}

function readRecords(bytes: Buffer, compressionId: number, firstOffset: number): KafkaRecord[] {
  const compression = COMPRESSIONS[compressionId];
  if (compression === undefined) throw damaged(`compression ${compressionId}, which is not known`);
  const packed = bytes.subarray(HEADER_LENGTH);
  const body = compression === 'none' ? packed : decompress(compression, packed);
  const count = bytes.readInt32BE(57);
  const reader = new VarintReader(body);
  const records: KafkaRecord[] = [];
  for (let i = 0; i < count; i++) records.push(reader.record(firstOffset));
  return records;
}

/** Reads what varints say the lengths of. */
export class VarintReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Behind what was read last. */
  get at(): number {
    return this.#at;
  }

  record(firstOffset: number): KafkaRecord {
    const bytes = this.#bytes;
    const end = this.varint() + this.#at;
    this.#at++;
    this.varint();
    const offset = firstOffset + this.varint();
    const keyAt = this.#at;
    this.skipBlob();
    const value = this.blob();
    const headersAt = this.#at;
    if (headersAt > end || end > bytes.length) throw outside();
    this.#at = end;
    return new KafkaRecord(offset, value, { bytes, keyAt, headersAt });
  }

  blob(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.#skip(length);
    return this.#bytes.subarray(start, this.#at);
  }

  /** Passes bytes or a text; gives its length, which ends at `at`. */
  skipBlob(): number {
    const length = Math.max(0, this.varint());
    this.#skip(length);
    return length;
  }

  text(): string {
    const length = this.skipBlob();
    return this.#bytes.utf8Slice(this.#at - length, this.#at);
  }

  #skip(length: number): number {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw outside();
    return start;
  }

  /** Beyond 31 bits (far timestamps) by multiplication. */
  varint(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at++;
      return (first >>> 1) ^ -(first & 1);
    }
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw outside();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

function outside(): TailraceError {
  return damaged('a record that ends behind its batch');
}

function damaged(what: string): TailraceError {
  return new TailraceError('KAFKA_REFUSED', `a record batch has ${what}`);
}
