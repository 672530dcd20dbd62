import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { FrameChecker } from '../../src/replica/frame-checker.ts';

const ROTATE = 4;
const FORMAT_DESCRIPTION = 15;
const XID = 16;
const HEARTBEAT = 27;
const ARTIFICIAL = 0x20;
const IN_USE = 0x01;

interface EventOptions {
  readonly type: number;
  readonly body?: Buffer;
  readonly flags?: number;
  readonly end?: number;
  readonly checksum?: boolean;
}

function event({ type, body = Buffer.alloc(8), flags = 0, end = 500, checksum }: EventOptions) {
  const length = 19 + body.length + (checksum === true ? 4 : 0);
  const header = Buffer.alloc(19);
  header.writeUInt8(type, 4);
  header.writeUInt32LE(length, 9);
  header.writeUInt32LE(end, 13);
  header.writeUInt16LE(flags, 17);
  const bytes = Buffer.concat([header, body]);
  if (checksum !== true) return bytes;
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return Buffer.concat([bytes, sum]);
}

/** Its last five bytes: algorithm and checksum, which is there with either. */
function formatDescription(algorithm: number, flags = 0) {
  const body = Buffer.alloc(98);
  body.writeUInt8(algorithm, 97);
  const whole = event({ type: FORMAT_DESCRIPTION, body, checksum: true });
  whole.writeUInt16LE(flags, 17);
  if (algorithm === 0) whole.fill(0, whole.length - 4);
  return whole;
}

function rotate(file: string, more: Partial<EventOptions> = {}) {
  const body = Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(file)]);
  return event({ type: ROTATE, body, ...more });
}

describe('FrameChecker', () => {
  let checker: FrameChecker;
  /** Behind other bytes, as in a chunk. */
  const check = (bytes: Buffer) => {
    const chunk = Buffer.concat([Buffer.alloc(7, 0xee), bytes]);
    return checker.check(chunk, 7, chunk.length);
  };
  const errorOf = (bytes: Buffer) => {
    try {
      check(bytes);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  beforeEach(() => {
    checker = new FrameChecker();
  });

  it('cuts the checksum off where the format description says that there is one', () => {
    expect(check(formatDescription(1))).toBe(4);
    const xid = event({ type: XID, checksum: true });
    expect(check(xid)).toBe(4);
  });

  it('follows one history from none to CRC-32 and back', () => {
    for (const algorithm of [0, 1, 0]) {
      expect(check(formatDescription(algorithm))).toBe(4);
      const xid = event({ type: XID, checksum: algorithm === 1 });
      expect(check(xid)).toBe(algorithm === 1 ? 4 : 0);
    }
  });

  it.each([0, 5, 20, 24, 27, 30])('finds byte %i flipped', (at) => {
    check(rotate('binlog.000007', { flags: ARTIFICIAL, end: 0 }));
    check(formatDescription(1));
    check(event({ type: XID, checksum: true, end: 700 }));
    const damaged = event({ type: XID, checksum: true });
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    expect(errorOf(damaged)).toMatchObject({
      code: 'SOURCE_CORRUPT_EVENT',
      isTransient: true,
      place: { coordinates: 'binlog.000007:700' },
    });
  });

  it('finds a wrong length, with checksums and without', () => {
    for (const algorithm of [0, 1]) {
      check(formatDescription(algorithm));
      const xid = event({ type: XID, checksum: algorithm === 1 });
      expect(errorOf(xid.subarray(0, -1))).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT' });
      expect(errorOf(Buffer.concat([xid, Buffer.alloc(1)]))).toMatchObject({
        code: 'SOURCE_CORRUPT_EVENT',
      });
    }
    expect(errorOf(Buffer.alloc(18))).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT' });
  });

  it.each([0, 1])('takes made-up rotates and heartbeats in either form (%i)', (algorithm) => {
    check(formatDescription(algorithm));
    for (const checksum of [false, true]) {
      const made = rotate('binlog.000009', { flags: ARTIFICIAL, end: 0, checksum });
      expect(check(made)).toBe(checksum ? 4 : 0);
      expect(checker.coordinates).toEqual({ file: 'binlog.000009', offset: 4 });
      const heartbeat = event({ type: HEARTBEAT, checksum });
      expect(check(heartbeat)).toBe(checksum ? 4 : 0);
    }
  });

  it('asks a checksum of a rotate that is in the file', () => {
    check(formatDescription(1));
    expect(errorOf(rotate('binlog.000009'))).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT' });
    expect(check(rotate('binlog.000009', { checksum: true }))).toBe(4);
  });

  it('takes the description of a file that is being written', () => {
    expect(check(formatDescription(1, IN_USE))).toBe(4);
    const damaged = formatDescription(1, IN_USE);
    damaged.writeUInt8(1, 30);
    expect(errorOf(damaged)).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT' });
  });

  it('does not guess at an unknown algorithm', () => {
    expect(errorOf(formatDescription(7))).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT' });
  });
});
