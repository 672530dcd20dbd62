import { TailraceError, type ErrorPlace } from '../core/errors.ts';
import type { Frame } from '../core/frame.ts';
import type { BinlogCoordinates } from '../core/position.ts';
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
const HEADER_BYTES = 19;
const CHECKSUM_BYTES = 4;
const LENGTH_AT = 9;
const END_POSITION_AT = 13;
const FLAGS_AT = 17;

const ROTATE = 4;
const FORMAT_DESCRIPTION = 15;
const HEARTBEAT = 27;
const HEARTBEAT_V2 = 41;

/** Header flags. */
const IN_USE = 0x01;
const ARTIFICIAL = 0x20;

/**
 * Turns packets into frames: checks the length, then the checksum by the algorithm that holds at this
 * place of the stream. One history may go from none to CRC-32 and back, file by file, whatever the
 * server's setting is today. A damaged event never goes on.
 */
export class FrameChecker {
  #hasChecksum = false;
  #file = '';
  /** End of the last event that had one. */
  #offset = 0;

  /** Where the stream stands, for errors. */
  get coordinates(): BinlogCoordinates {
    return { file: this.#file, offset: this.#offset };
  }

  check(bytes: Buffer, start: number, end: number): Frame {
    const length = end - start;
    if (length < HEADER_BYTES) throw this.#corrupt(`an event of ${length} bytes has no header`);
    const said = bytes.readUInt32LE(start + LENGTH_AT);
    if (said !== length) {
      throw this.#corrupt(`an event says it has ${said} bytes and came with ${length}`);
    }
    const type = bytes[start + 4] ?? 0;
    const frame = this.#checkByType(type, { bytes, start, end });
    this.#remember(type, frame);
    return frame;
  }

  #checkByType(type: number, packet: Packet): Frame {
    switch (type) {
      case FORMAT_DESCRIPTION:
        return this.#checkFormatDescription(packet);
      case HEARTBEAT:
      case HEARTBEAT_V2:
        return cut(packet, isIntact(packet));
      case ROTATE:
        // The server makes one up at the start and between files, with or without a checksum.
        return isArtificial(packet) ? cut(packet, isIntact(packet)) : this.#checkPlain(packet);
      default:
        return this.#checkPlain(packet);
    }
  }

  #checkPlain(packet: Packet): Frame {
    if (this.#hasChecksum && !isIntact(packet)) throw this.#wrongChecksum(packet);
    return cut(packet, this.#hasChecksum);
  }

  #checkFormatDescription(packet: Packet): Frame {
    const { bytes, end } = packet;
    const algorithm = bytes[end - CHECKSUM_BYTES - 1] ?? 0;
    if (algorithm > 1) throw this.#corrupt(`checksum algorithm ${algorithm} is unknown`);
    this.#hasChecksum = algorithm === 1;
    if (this.#hasChecksum && !isIntact(packet) && !isIntact(withoutInUse(packet))) {
      throw this.#wrongChecksum(packet);
    }
    return cut(packet, true);
  }

  #remember(type: number, { bytes, start, end }: Frame): void {
    const offset = bytes.readUInt32LE(start + END_POSITION_AT);
    if (offset !== 0) this.#offset = offset;
    // Rotate: u64 of the position, then the file's name.
    if (type === ROTATE) {
      this.#file = bytes.toString('utf8', start + HEADER_BYTES + 8, end);
      this.#offset = Number(bytes.readBigUInt64LE(start + HEADER_BYTES));
    }
  }

  #wrongChecksum({ bytes, start, end }: Packet): TailraceError {
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

interface Packet {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

function cut({ bytes, start, end }: Packet, hasChecksum: boolean): Frame {
  return hasChecksum
    ? { bytes, start, end: end - CHECKSUM_BYTES, checksumLength: CHECKSUM_BYTES }
    : { bytes, start, end, checksumLength: 0 };
}

function isIntact({ bytes, start, end }: Packet): boolean {
  const last = end - CHECKSUM_BYTES;
  return last - start >= HEADER_BYTES && crc32(bytes, start, last) === bytes.readUInt32LE(last);
}

function isArtificial({ bytes, start }: Packet): boolean {
  return (bytes.readUInt16LE(start + FLAGS_AT) & ARTIFICIAL) !== 0;
}

/** The checksum of a file that is being written was made before its in-use flag was set. */
function withoutInUse({ bytes, start, end }: Packet): Packet {
  const copy = Buffer.from(bytes.subarray(start, end));
  copy.writeUInt16LE(copy.readUInt16LE(FLAGS_AT) & ~IN_USE, FLAGS_AT);
  return { bytes: copy, start: 0, end: copy.length };
}
