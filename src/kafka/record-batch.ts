import { ByteWriter } from '../lib/byte-writer.ts';
import { compress, compressionId, type Compression } from './codecs.ts';
import { crc32c } from './crc32c.ts';

/*
 * A record batch, magic 2; big endian:
 *
 *    0  8  base offset, 0 from a producer
 *    8  4  length of what follows
 *   12  4  partition leader epoch
 *   16  1  magic, 2
 *   17  4  CRC-32C of everything from the attributes on
 *   21  2  attributes: bits 0-2 compression, bit 4 transactional
 *   23  4  last offset delta: records - 1
 *   27  8  base timestamp
 *   35  8  max timestamp
 *   43  8  producer id, 10 epoch (2), base sequence (4)
 *   57  4  number of records
 *   61  …  records, packed as the attributes say
 *
 * A record; lengths and deltas are zig-zag variable-length integers:
 *
 *   length · attributes (1), 0 · timestamp delta · offset delta · key length (-1: null), key ·
 *   value length (-1: null), value · number of headers · headers: name length, name, value length, value
 *
 * Source: the Kafka protocol documentation, "Record Batch" and "Record".
 */

export const BATCH_OVERHEAD = 61;
const ATTRIBUTES_AT = 21;
const TRANSACTIONAL = 1 << 4;
const VARINT_BYTES = 5;
/** Length, attributes, both deltas, the lengths of key and value: never more. */
const RECORD_OVERHEAD = 5 + 1 + 1 + 5 + 5 + 5;

/** Key, value and headers as places in buffers. */
export interface RecordBytes {
  readonly bytes: Buffer;
  readonly keyStart: number;
  /** Below `keyStart`: no key. */
  readonly keyEnd: number;
  readonly valueStart: number;
  /** Below `valueStart`: null, a tombstone. */
  readonly valueEnd: number;
  /** The number of headers, then the headers, as they stand in a record. */
  readonly headers: Buffer;
  readonly headersEnd: number;
}

export interface BatchIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly isTransactional: boolean;
  readonly compression: Compression;
}

/** An upper bound of what the record adds to a batch. */
export function recordSize(record: RecordBytes): number {
  const key = Math.max(0, record.keyEnd - record.keyStart);
  const value = Math.max(0, record.valueEnd - record.valueStart);
  return RECORD_OVERHEAD + key + value + record.headersEnd;
}

/** Records of one partition on their way into one batch. */
export class RecordBatchWriter {
  readonly #out: ByteWriter;
  #count = 0;
  #timestampMs = 0;

  constructor(initialBytes = 16 * 1024) {
    this.#out = new ByteWriter(initialBytes);
    this.reset();
  }

  get count(): number {
    return this.#count;
  }

  get capacity(): number {
    return this.#out.bytes.length;
  }

  get byteLength(): number {
    return this.#out.length;
  }

  /** All records of a batch have the time at which it was begun. */
  append(record: RecordBytes, nowMs: number): void {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd, headers, headersEnd } = record;
    if (this.#count === 0) this.#timestampMs = nowMs;
    const keySize = keyEnd - keyStart;
    const valueSize = valueEnd - valueStart;
    const offsetDelta = this.#count++;
    this.#varint(
      2 + sizeOfVarint(offsetDelta) + sizeOfBytes(keySize) + sizeOfBytes(valueSize) + headersEnd,
    );
    const out = this.#out;
    out.byte(0);
    out.byte(0);
    this.#varint(offsetDelta);
    this.#bytes(bytes, keyStart, keySize);
    this.#bytes(bytes, valueStart, valueSize);
    out.copy(headers, 0, headersEnd);
  }

  /** The finished batch. Valid until the next `append` or `reset`. */
  seal(identity: BatchIdentity): Buffer {
    const { compression } = identity;
    const { bytes, length } = this.#out;
    const batch =
      compression === 'none'
        ? bytes.subarray(0, length)
        : Buffer.concat([
            bytes.subarray(0, BATCH_OVERHEAD),
            compress(compression, bytes.subarray(BATCH_OVERHEAD, length)),
          ]);
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt32BE(-1, 12);
    batch[16] = 2;
    const transactional = identity.isTransactional ? TRANSACTIONAL : 0;
    batch.writeInt16BE(compressionId(compression) | transactional, ATTRIBUTES_AT);
    batch.writeInt32BE(this.#count - 1, 23);
    const timestamp = BigInt(this.#timestampMs);
    batch.writeBigInt64BE(timestamp, 27);
    batch.writeBigInt64BE(timestamp, 35);
    batch.writeBigInt64BE(identity.producerId, 43);
    batch.writeInt16BE(identity.producerEpoch, 51);
    batch.writeInt32BE(identity.baseSequence, 53);
    batch.writeInt32BE(this.#count, 57);
    batch.writeUInt32BE(crc32c(batch.subarray(ATTRIBUTES_AT)), 17);
    return batch;
  }

  reset(): void {
    this.#out.clear();
    this.#out.reserve(BATCH_OVERHEAD);
    this.#out.advance(BATCH_OVERHEAD);
    this.#count = 0;
  }

  #bytes(bytes: Buffer, start: number, size: number): void {
    if (size < 0) {
      this.#varint(-1);
      return;
    }
    this.#varint(size);
    this.#out.copy(bytes, start, start + size);
  }

  #varint(value: number): void {
    const out = this.#out;
    out.advance(writeVarint(out.reserve(VARINT_BYTES), out.length, value));
  }
}

/** Zig-zag: small numbers of either sign are short. Returns the offset behind it. */
export function writeVarint(target: Buffer, offset: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = offset;
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

export function sizeOfVarint(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  while (rest > 0x7f) {
    size++;
    rest >>>= 7;
  }
  return size;
}

/** Of a length and as many bytes; a negative size stands for null. */
function sizeOfBytes(size: number): number {
  return size < 0 ? 1 : sizeOfVarint(size) + size;
}
