import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventSplitter } from '../../src/replica/event-splitter.ts';

const MAX_PACKET = 0xff_ff_ff;

/** An event of this many bytes: a header that says its length, and bytes that differ from place to place. */
function eventOf(length: number, seed: number): Buffer {
  const event = Buffer.alloc(length);
  for (let at = 0; at < length; at++) event[at] = (at * 31 + seed) & 0xff;
  event.writeUInt32LE(length, 9);
  return event;
}

function packetsOf(payload: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; ; at += MAX_PACKET) {
    const part = payload.subarray(at, at + MAX_PACKET);
    const header = Buffer.alloc(4);
    header.writeUIntLE(part.length, 0, 3);
    packets.push(header, part);
    if (part.length < MAX_PACKET) return packets;
  }
}

const streamOf = (payloads: readonly Buffer[]) => Buffer.concat(payloads.flatMap(packetsOf));
const asPayload = (event: Buffer) => Buffer.concat([Buffer.of(0), event]);

/** What comes out when the stream comes in chunks that end at these places. */
function split(stream: Buffer, ends: readonly number[]) {
  const events: Buffer[] = [];
  const others: Buffer[] = [];
  const splitter = new EventSplitter({
    takeRun: (_, from) => from,
    onEvent: (bytes, start, end) => events.push(Buffer.from(bytes.subarray(start, end))),
    onOther: (packet) => others.push(Buffer.from(packet)),
  });
  const cuts = [...ends.map((end) => end % (stream.length + 1)), stream.length];
  let from = 0;
  for (const end of cuts.sort((a, b) => a - b)) {
    // Copied: a chunk of the socket's is a buffer of its own.
    splitter.push(Buffer.from(stream.subarray(from, end)));
    from = end;
  }
  return { events, others };
}

describe('EventSplitter', () => {
  it('finds every event, wherever the chunks end', () => {
    const lengths = fc.array(fc.integer({ min: 19, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(), { maxLength: 40 }), (sizes, ends) => {
        const wanted = sizes.map(eventOf);
        expect(split(streamOf(wanted.map(asPayload)), ends)).toEqual({
          events: wanted,
          others: [],
        });
      }),
    );
  });

  it('finds them when each chunk is one byte', () => {
    const wanted = [eventOf(19, 1), eventOf(40, 2)];
    const stream = streamOf(wanted.map(asPayload));
    const ends = Array.from({ length: stream.length }, (_, at) => at);
    expect(split(stream, ends).events).toEqual(wanted);
  });

  it.each([
    ['just short of a packet', MAX_PACKET - 2],
    ['exactly a packet with its status', MAX_PACKET - 1],
    ['of two packets', MAX_PACKET + 5],
    ['of two whole packets and an empty one', 2 * MAX_PACKET - 1],
  ])('puts an event together that is %s', (_, length) => {
    const wanted = [eventOf(30, 1), eventOf(length, 2), eventOf(30, 3)];
    const stream = streamOf(wanted.map(asPayload));
    // Between the packets, within the second one's header, and behind it.
    const second = 4 + 31 + 4 + MAX_PACKET;
    const { events } = split(stream, [40, 5_000_000, second + 2, second + 4, stream.length - 36]);
    expect(events.map((event) => event.length)).toEqual(wanted.map((event) => event.length));
    expect(events.every((event, at) => event.equals(wanted[at] as Buffer))).toBe(true);
  });

  it('hands on what is no event as a whole packet', () => {
    const end = Buffer.of(0xfe, 0, 0, 2, 0);
    const stream = streamOf([asPayload(eventOf(25, 1)), end]);
    for (const cut of [0, stream.length - 7, stream.length - 2]) {
      const { events, others } = split(stream, [cut]);
      expect(events).toEqual([eventOf(25, 1)]);
      expect(others).toEqual([Buffer.concat([Buffer.of(5, 0, 0, 0), end])]);
    }
  });

  it('survives an event that says a wrong length', () => {
    const event = eventOf(MAX_PACKET + 100, 1);
    event.writeUInt32LE(50, 9);
    const { events } = split(streamOf([asPayload(event)]), [100]);
    expect(events.map((one) => one.equals(event))).toEqual([true]);
  });
});
