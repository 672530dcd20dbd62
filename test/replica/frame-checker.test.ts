import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../src/core/frame.ts';
import { EventSplitter } from '../../src/replica/event-splitter.ts';
import { FrameBatch } from '../../src/replica/frame-batch.ts';
import { FrameChecker } from '../../src/replica/frame-checker.ts';

const ROTATE = 4;
const FORMAT_DESCRIPTION = 15;
const XID = 16;
const HEARTBEAT = 27;
const HEARTBEAT_V2 = 41;
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
      check(rotate('binlog.000007', { checksum: algorithm === 0 }));
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

  it('takes made-up rotates and heartbeats in either form where there is no checksum yet', () => {
    for (const checksum of [false, true]) {
      const made = rotate('binlog.000009', { flags: ARTIFICIAL, end: 0, checksum });
      expect(check(made)).toBe(checksum ? 4 : 0);
      expect(checker.coordinates).toEqual({ file: 'binlog.000009', offset: 4 });
      expect(check(event({ type: HEARTBEAT, checksum }))).toBe(checksum ? 4 : 0);
    }
    check(formatDescription(0));
    expect(check(event({ type: HEARTBEAT }))).toBe(0);
  });

  it.each([ROTATE, FORMAT_DESCRIPTION, HEARTBEAT, HEARTBEAT_V2])(
    'does not take a damaged event for one of type %i, which has rules of its own',
    (type) => {
      check(formatDescription(1));
      // Its fifth byte from the end would say that there are no checksums from here on.
      const damaged = event({ type: XID, checksum: true, flags: ARTIFICIAL });
      damaged.writeUInt8(type, 4);
      expect(errorOf(damaged)).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT' });
      expect(check(event({ type: XID, checksum: true }))).toBe(4);
    },
  );

  it('takes a file without checksums behind one with them', () => {
    check(formatDescription(1));
    check(rotate('binlog.000008', { checksum: true }));
    check(rotate('binlog.000008', { flags: ARTIFICIAL, end: 0, checksum: true }));
    expect(check(formatDescription(0))).toBe(4);
    expect(check(event({ type: XID }))).toBe(0);
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

/** Many events of one chunk are proven by one checksum: it must be as if each had been looked at by itself. */
describe('runs of events', () => {
  const packetOf = (bytes: Buffer): Buffer => {
    const header = Buffer.alloc(5);
    header.writeUIntLE(bytes.length + 1, 0, 3);
    header.writeUInt8(bytes.length & 0xff, 3);
    return Buffer.concat([header, bytes]);
  };
  const bodyOf = (length: number, seed: number): Buffer =>
    Buffer.from(Array.from({ length }, (_, at) => (at * 31 + seed * 7) & 0xff));
  const START = [
    rotate('binlog.000007', { flags: ARTIFICIAL, end: 0 }),
    formatDescription(1),
    event({ type: XID, checksum: true, end: 700 }),
  ];
  /** Event n ends at 1000 + n. */
  const eventsOf = (lengths: readonly number[]): Buffer[] =>
    lengths.map((length, at) =>
      event({ type: 2 + (at % 2) * 14, body: bodyOf(length, at), end: 1000 + at, checksum: true }),
    );

  interface Outcome {
    readonly frames: readonly (Frame & { readonly text: string })[];
    readonly error: unknown;
    readonly taken: number;
  }

  /** In chunks that end at these places, as the replica session does it. */
  function read(events: readonly Buffer[], ends: readonly number[]): Outcome {
    const checker = new FrameChecker();
    const batch = new FrameBatch();
    let taken = 0;
    const splitter = new EventSplitter({
      takeRun: (bytes, from) => {
        const to = checker.checkRun(bytes, from);
        batch.addRun(bytes, from, to);
        taken += to - from;
        return to;
      },
      onEvent: (bytes, start, end) => {
        const checksumLength = checker.check(bytes, start, end);
        batch.add(bytes, start, end - checksumLength, checksumLength);
      },
      onOther: () => {
        throw new Error('not an event');
      },
    });
    const stream = Buffer.concat(events.map(packetOf));
    let error: unknown;
    try {
      let from = 0;
      for (const end of [...ends, stream.length].sort((a, b) => a - b)) {
        splitter.push(Buffer.from(stream.subarray(from, end)));
        from = Math.max(from, end);
      }
    } catch (thrown) {
      error = thrown;
    }
    const frames = [...batch].map((frame) => ({
      ...frame,
      text: frame.bytes.toString('hex', frame.start, frame.end),
    }));
    return { frames, error, taken };
  }

  const LENGTHS = fc.array(
    fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 300 }) },
      fc.integer({ min: 900, max: 1100 }),
    ),
    { minLength: 30, maxLength: 80 },
  );
  const hex = (bytes: Buffer): string => bytes.toString('hex', 0, bytes.length - 4);

  it('are the same frames as one by one, wherever the chunks end', () => {
    let taken = 0;
    fc.assert(
      fc.property(LENGTHS, fc.array(fc.nat(8000), { maxLength: 4 }), (lengths, ends) => {
        const events = eventsOf(lengths);
        const outcome = read([...START, ...events], ends);
        expect(outcome.error).toBeUndefined();
        expect(outcome.frames.slice(START.length).map(({ text }) => text)).toEqual(events.map(hex));
        expect(outcome.frames.slice(2).every((one) => one.checksumLength === 4)).toBe(true);
        taken += outcome.taken;
      }),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(60 * 2000);
  });

  it('end before a damaged event, and its place is told', () => {
    const flip = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(LENGTHS, fc.array(flip, { minLength: 1, maxLength: 3 }), (lengths, flips) => {
        const events = eventsOf(lengths);
        for (const [which, at, mask] of flips) {
          const one = events[which % events.length] as Buffer;
          const place = at % one.length;
          one.writeUInt8(one.readUInt8(place) ^ mask, place);
        }
        const intact = eventsOf(lengths);
        const first = events.findIndex((one, at) => !one.equals(intact[at] as Buffer));
        const outcome = read([...START, ...events], []);
        // Two flips of the same byte may undo each other.
        if (first < 0) return;
        expect(outcome.error).toMatchObject({
          code: 'SOURCE_CORRUPT_EVENT',
          place: { coordinates: `binlog.000007:${first === 0 ? 700 : 999 + first}` },
        });
        expect(outcome.frames.slice(START.length).map(({ text }) => text)).toEqual(
          intact.slice(0, first).map(hex),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('give way to what has rules of its own, and to a history without checksums', () => {
    const many = eventsOf(new Array<number>(40).fill(60));
    const plain = many.map(() => event({ type: XID, body: Buffer.alloc(60) }));
    const outcome = read(
      [
        ...START,
        ...many,
        rotate('binlog.000008', { checksum: true }),
        formatDescription(0),
        ...plain,
        formatDescription(1),
        ...many,
      ],
      [],
    );
    expect(outcome.error).toBeUndefined();
    expect(outcome.frames.map((one) => one.checksumLength)).toEqual([
      ...[0, 4, 4],
      ...many.map(() => 4),
      ...[4, 4],
      ...plain.map(() => 0),
      4,
      ...many.map(() => 4),
    ]);
    const ofStart = packetOf(START[2] as Buffer).length;
    expect(outcome.taken).toBe(ofStart + 2 * many.length * (60 + 19 + 4 + 5));
  });
});
