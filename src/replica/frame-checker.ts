import { TailraceError, type ErrorPlace } from '../core/errors.ts';
import type { Frame } from '../core/frame.ts';
import type { BinlogCoordinates } from '../core/position.ts';
import { i32At, u24At, u32At } from '../lib/little-endian.ts';
import {
  afterIntactEvent,
  isRegisterOf,
  LONGEST_IN_RUN,
  RUN_START,
  SHORTEST_RUN_BYTES,
} from './checksum-run.ts';
import { crc32 } from './crc32.ts';

/*
 * Common event header, 19 bytes, little endian (MySQL, libs/mysql/binlog/event/binlog_event.h):
 *
 *   0  u32  timestamp          9  u32  length, header and checksum included
 *   4  u8   type              13  u32  end position in the file (low 32 bits)
 *   5  u32  server id         17  u16  flags
 *
 * Checksum: CRC-32 of all bytes before it, u32 at the end, where the last format description event
 * (type 15) said so in its fifth byte from the end: 0 none, 1 CRC-32. That event itself has four
 * bytes of checksum in either case.
 */
const PACKET_HEADER_BYTES = 5;
const HEADER_BYTES = 19;
const CHECKSUM_BYTES = 4;
const LENGTH_AT = 9;
const END_POSITION_AT = 13;
const FLAGS_AT = 17;

const ROTATE = 4;
const FORMAT_DESCRIPTION = 15;
const HEARTBEAT = 27;
const HEARTBEAT_V2 = 41;

/** Those that `check` looks at one by one, and have a checksum or none by rules of their own. */
const IS_SPECIAL = new Uint8Array(256);
for (const type of [ROTATE, FORMAT_DESCRIPTION, HEARTBEAT, HEARTBEAT_V2]) IS_SPECIAL[type] = 1;

/** A flag of the header. */
const IN_USE = 0x01;

/**
 * Checks each event that comes: the length, then the checksum by the algorithm that holds at this
 * place of the stream. One history may go from none to CRC-32 and back, file by file, whatever the
 * server's setting is today. A damaged event never goes on.
 */
export class FrameChecker {
  #hasChecksum = false;
  /** A rotate was last: what comes is the description of another file. */
  #isBetweenFiles = true;
  #file = '';
  /** End of the last event that had one. */
  #offset = 0;

  /** Where the stream stands, for errors. */
  get coordinates(): BinlogCoordinates {
    return { file: this.#file, offset: this.#offset };
  }

  /** The length of the checksum at its end: 0 or 4. */
  check(bytes: Buffer, start: number, end: number): ChecksumLength {
    const length = end - start;
    if (length < HEADER_BYTES) throw this.#corrupt(`an event of ${length} bytes has no header`);
    const said = u32At(bytes, start + LENGTH_AT);
    if (said !== length) {
      throw this.#corrupt(`an event says it has ${said} bytes and came with ${length}`);
    }
    const type = bytes[start + 4] ?? 0;
    const checksumLength = this.#checkByType(type, bytes, start, end);
    const offset = u32At(bytes, start + END_POSITION_AT);
    if (offset !== 0) this.#offset = offset;
    this.#isBetweenFiles = type === ROTATE;
    if (type === ROTATE) this.#rotate(bytes, start, end - checksumLength);
    return checksumLength;
  }

  /**
   * Of the packets that stand one after the other from `from` on: those up to the place that it returns are whole, hold an
   * event each, and all of these are intact and have four bytes of checksum. What comes there is for `check`.
   */
  checkRun(bytes: Buffer, from: number): number {
    if (!this.#hasChecksum || bytes.length - from < SHORTEST_RUN_BYTES) return from;
    let register = RUN_START;
    let at = from;
    let last = 0;
    for (let end = endOfPlain(bytes, at); end > 0; end = endOfPlain(bytes, at)) {
      register = afterIntactEvent(register, i32At(bytes, at), end - at - PACKET_HEADER_BYTES);
      last = i32At(bytes, at + PACKET_HEADER_BYTES + END_POSITION_AT) || last;
      at = end;
    }
    const isIntactRun = at - from >= SHORTEST_RUN_BYTES && isRegisterOf(register, bytes, from, at);
    if (!isIntactRun) return this.#endOfIntact(bytes, from, at);
    if (last !== 0) this.#offset = last >>> 0;
    return at;
  }

  /** One by one: the run is short, or the first that is damaged has to be found. */
  #endOfIntact(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const start = at + PACKET_HEADER_BYTES;
      const end = start - 1 + u24At(bytes, at);
      if (!isIntact(bytes, start, end)) break;
      const offset = u32At(bytes, start + END_POSITION_AT);
      if (offset !== 0) this.#offset = offset;
      at = end;
    }
    return at;
  }

  #checkByType(type: number, bytes: Buffer, start: number, end: number): ChecksumLength {
    switch (type) {
      case FORMAT_DESCRIPTION:
        this.#checkFormatDescription({ bytes, start, end });
        return CHECKSUM_BYTES;
      case ROTATE:
      case HEARTBEAT:
      case HEARTBEAT_V2:
        // What the server makes up before it has sent a description may have one or not; afterwards it follows that.
        if (!this.#hasChecksum) return isIntact(bytes, start, end) ? CHECKSUM_BYTES : 0;
    }
    if (!this.#hasChecksum) return 0;
    if (!isIntact(bytes, start, end)) throw this.#wrongChecksum(bytes, start, end);
    return CHECKSUM_BYTES;
  }

  /** Without checksums in its file its own is not kept up to date; so a damaged type must not pass for one. */
  #checkFormatDescription(packet: Packet): void {
    const { bytes, start, end } = packet;
    const mayBeOff = !this.#hasChecksum || this.#isBetweenFiles;
    const algorithm = bytes[end - CHECKSUM_BYTES - 1] ?? 0;
    if (algorithm > 1) throw this.#corrupt(`checksum algorithm ${algorithm} is unknown`);
    const hasChecksum = algorithm === 1;
    if ((hasChecksum || !mayBeOff) && !isIntact(bytes, start, end)) {
      const original = withoutInUse(packet);
      if (!isIntact(original, 0, original.length)) throw this.#wrongChecksum(bytes, start, end);
    }
    this.#hasChecksum = hasChecksum;
  }

  /** Rotate: u64 of the position, then the file's name. */
  #rotate(bytes: Buffer, start: number, end: number): void {
    this.#file = bytes.toString('utf8', start + HEADER_BYTES + 8, end);
    this.#offset = Number(bytes.readBigUInt64LE(start + HEADER_BYTES));
  }

  #wrongChecksum(bytes: Buffer, start: number, end: number): TailraceError {
    const type = bytes[start + 4] ?? 0;
    return this.#corrupt(
      `the checksum of an event of type ${type}, ${end - start} bytes, is wrong`,
    );
  }

  #corrupt(message: string): TailraceError {
    const place: ErrorPlace =
      this.#file === '' ? {} : { coordinates: `${this.#file}:${this.#offset}` };
    return new TailraceError('SOURCE_CORRUPT_EVENT', message, { place });
  }
}

type ChecksumLength = Frame['checksumLength'];

interface Packet {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

function isIntact(bytes: Buffer, start: number, end: number): boolean {
  const last = end - CHECKSUM_BYTES;
  return last - start >= HEADER_BYTES && crc32(bytes, start, last) === (u32At(bytes, last) | 0);
}

/** Where the packet ends that stands there, if it is a whole one with a small event without rules of its own; else 0. */
function endOfPlain(bytes: Buffer, at: number): number {
  if (at + PACKET_HEADER_BYTES + HEADER_BYTES + CHECKSUM_BYTES > bytes.length) return 0;
  const length = u24At(bytes, at) - 1;
  const start = at + PACKET_HEADER_BYTES;
  const end = start + length;
  return length <= LONGEST_IN_RUN &&
    length >= HEADER_BYTES + CHECKSUM_BYTES &&
    end <= bytes.length &&
    bytes[start - 1] === 0 &&
    i32At(bytes, start + LENGTH_AT) === length &&
    IS_SPECIAL[bytes[start + 4] as number] === 0
    ? end
    : 0;
}

/** The checksum of a file that is being written was made before its in-use flag was set. */
function withoutInUse({ bytes, start, end }: Packet): Buffer {
  const copy = Buffer.from(bytes.subarray(start, end));
  copy.writeUInt16LE(copy.readUInt16LE(FLAGS_AT) & ~IN_USE, FLAGS_AT);
  return copy;
}
