import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from '../../src/binlog/frame-splitter.ts';
import { makeEvent } from '../support/binlog-frames.ts';

function splitInto(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return pieces;
}

describe('FrameSplitter', () => {
  it('gives the same events however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 5 }),
        (bodies, sizes) => {
          const events = bodies.map((body, i) => makeEvent(i + 1, Buffer.from(body)));
          const splitter = new FrameSplitter();
          const found = splitInto(Buffer.concat(events), sizes)
            .flatMap((piece) => [...splitter.push(piece)])
            .map((frame) => Buffer.from(frame.bytes.subarray(frame.start, frame.end)));
          expect(found).toEqual(events);
          expect(splitter.heldBytes).toBe(0);
        },
      ),
    );
  });

  it('says how much is left of an event that is not whole', () => {
    const splitter = new FrameSplitter();
    const event = makeEvent(1, Buffer.alloc(10));
    expect([...splitter.push(event.subarray(0, 25))]).toEqual([]);
    expect(splitter.heldBytes).toBe(25);
  });

  it('refuses an event shorter than its header', () => {
    const splitter = new FrameSplitter();
    expect(() => [...splitter.push(Buffer.alloc(40))]).toThrow(/says it has 0 bytes/);
  });
});
