import { describe, expect, it } from 'vitest';
import { EventReader } from '../../src/binlog/event-reader.ts';

function readerOf(...bytes: number[]): EventReader {
  return new EventReader(Buffer.from(bytes), { start: 0, end: bytes.length }, 'test');
}

describe('EventReader', () => {
  it('reads length-encoded integers of every size', () => {
    const reader = readerOf(250, 0xfc, 1, 2, 0xfd, 1, 2, 3, 0xfe, 0, 0, 0, 0, 1, 0, 0, 0);
    expect([1, 2, 3, 4].map(() => reader.lengthEncoded())).toEqual([
      250, 0x0201, 0x030201, 0x1_0000_0000,
    ]);
    expect(reader.remaining).toBe(0);
  });

  it('refuses what is no length and what is beyond 2^53', () => {
    expect(() => readerOf(0xfb).lengthEncoded()).toThrow(/not one/);
    expect(() => readerOf(0xff).lengthEncoded()).toThrow(/not one/);
    expect(readerOf(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0).u64()).toBe(2 ** 53 - 1);
    expect(() => readerOf(0, 0, 0, 0, 0, 0, 0x20, 0).u64()).toThrow(/2\^53/);
  });

  it('compares what is next, or all that is left', () => {
    const reader = readerOf(1, 2, 3);
    expect([reader.skipIfEqual(Buffer.of(2)), reader.skipIfEqual(Buffer.of(1))]).toEqual([
      false,
      true,
    ]);
    expect(reader.restEquals(Buffer.of(2))).toBe(false);
    expect(reader.restEquals(Buffer.of(2, 4))).toBe(false);
    expect(reader.restEquals(Buffer.of(2, 3))).toBe(true);
    expect(reader.again(0, 1).u8()).toBe(1);
    expect(reader.remaining).toBe(2);
  });

  it('never reads past its end, though the buffer goes on', () => {
    const reader = new EventReader(Buffer.alloc(100), { start: 0, end: 3 }, 'test');
    expect(() => reader.u32()).toThrow(
      expect.objectContaining({ code: 'SOURCE_EVENT_UNDECODABLE' }),
    );
    expect(reader.u24()).toBe(0);
    expect(() => reader.u8()).toThrow(/A test event: it ends too early/);
    expect(() => readerOf(1, 2).sub(3)).toThrow(/too early/);
    expect(() => {
      readerOf(1, 2).skip(-1);
    }).toThrow(/too early/);
  });
});
