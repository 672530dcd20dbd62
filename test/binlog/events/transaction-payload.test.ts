import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { EventFixture, expectKind, makeEvent, makeFrame } from '../../support/binlog-frames.ts';
import { writeZstd } from '../../support/zstd-writer.ts';

const ZSTD = 0;
const NONE = 255;

function lengthEncoded(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = 0xfe;
  bytes.writeUInt32LE(value, 1);
  return Buffer.concat([bytes, Buffer.alloc(4)]);
}

function field(type: number, value: number): Buffer {
  const bytes = lengthEncoded(value);
  return Buffer.concat([Buffer.from([type, bytes.length]), bytes]);
}

function decodePayload(compression: number, payload: Buffer, uncompressedBytes: number) {
  const body = Buffer.concat([
    field(2, compression),
    field(3, uncompressedBytes),
    field(1, payload.length),
    Buffer.from([0]),
    payload,
  ]);
  return expectKind(new EventDecoder().decode(makeFrame(40, body)), 'transaction-payload');
}

function digest(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Digests of the events in a payload, without keeping them. */
function digestsOf(payload: ReturnType<typeof decodePayload>): string[] {
  const digests: string[] = [];
  for (const frame of payload.frames()) {
    expect(frame.checksumLength).toBe(0);
    digests.push(digest(frame.bytes.subarray(frame.start, frame.end)));
  }
  return digests;
}

describe('decodeTransactionPayload', () => {
  it('gives the events of a 9.7 transaction', () => {
    const fixture = new EventFixture('mysql97');
    const decoder = fixture.decoder();
    const payload = expectKind(decoder.decode(fixture.frame('payload')), 'transaction-payload');
    const kinds = [...payload.frames()].map((frame) => decoder.decode(frame).kind);
    expect(kinds).toEqual([
      ...['query', 'rows-query', 'table-map', 'rows', 'rows-query', 'table-map', 'rows', 'xid'],
    ]);
    // A second reading gives them again.
    expect([...payload.frames()]).toHaveLength(kinds.length);
  });

  it('gives the events of a payload that is not compressed', () => {
    const events = [makeEvent(2, Buffer.alloc(30, 1)), makeEvent(16, Buffer.alloc(8, 2))];
    const bytes = Buffer.concat(events);
    expect(digestsOf(decodePayload(NONE, bytes, bytes.length))).toEqual(events.map(digest));
  });

  it('streams a large one: the same events, and never the whole in memory', () => {
    const patterned = Buffer.alloc(300_000, 'tailrace');
    const events = [
      makeEvent(2, Buffer.from('BEGIN')),
      ...Array.from({ length: 40 }, () => makeEvent(30, patterned)),
      // Larger than a piece by far.
      makeEvent(30, Buffer.alloc(20_000_000, 7)),
      makeEvent(16, Buffer.alloc(8)),
    ];
    const bytes = Buffer.concat(events);
    const payload = decodePayload(ZSTD, writeZstd(bytes), bytes.length);
    expect(digestsOf(payload)).toEqual(events.map(digest));
    const [first] = payload.frames();
    expect(first?.bytes.length).toBeLessThan(2_000_000);
  });

  it.each([
    ['cut', (data: Buffer) => data.subarray(0, data.length - 100), 0],
    ['longer than it says', (data: Buffer) => data, -1],
    ['shorter than it says', (data: Buffer) => data, 1],
  ])('refuses data that is %s, small or large', (_, damage, difference) => {
    for (const size of [1_000, 17_000_000]) {
      const bytes = makeEvent(30, Buffer.alloc(size, 'abc'));
      const payload = decodePayload(ZSTD, damage(writeZstd(bytes)), bytes.length + difference);
      expect(() => [...payload.frames()]).toThrow(
        expect.objectContaining({ code: 'SOURCE_EVENT_UNDECODABLE' }),
      );
    }
  });

  it('refuses a compression that is not known', () => {
    expect(() => decodePayload(3, Buffer.alloc(10), 10)).toThrow(/compression 3/);
  });
});
