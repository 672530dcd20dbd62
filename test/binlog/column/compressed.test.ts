import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflateColumn } from '../../../src/binlog/column/compressed.ts';

const VALUE = Buffer.from('compressed '.repeat(100));

function column(head: number, length: number, data: Buffer): Buffer {
  const lengthBytes = Buffer.alloc(2);
  lengthBytes.writeUInt16BE(length);
  return Buffer.concat([Buffer.of(head), lengthBytes, data]);
}

const inflate = (bytes: Buffer): Buffer =>
  inflateColumn(Buffer.concat([Buffer.of(9), bytes, Buffer.of(9)]), 1, 1 + bytes.length);

describe('inflateColumn', () => {
  it('reads raw and wrapped data, stored data and nothing', () => {
    expect(inflate(column(0x8a, VALUE.length, deflateRawSync(VALUE)))).toEqual(VALUE);
    expect(inflate(column(0x82, VALUE.length, deflateSync(VALUE)))).toEqual(VALUE);
    expect(inflate(Buffer.of(0, 1, 2))).toEqual(Buffer.of(1, 2));
    expect(inflate(Buffer.alloc(0))).toHaveLength(0);
  });

  it.each([
    ['a longer value than it says', column(0x8a, 10, deflateRawSync(VALUE))],
    ['a shorter value than it says', column(0x8a, 2000, deflateRawSync(VALUE))],
    ['data that is none', column(0x8a, 10, Buffer.from('nothing'))],
    ['another algorithm', column(0x9a, 10, deflateRawSync(VALUE))],
    ['a cut header', Buffer.of(0x8a, 0)],
  ])('refuses %s', (_, bytes) => {
    expect(() => inflate(bytes)).toThrow(
      expect.objectContaining({ code: 'SOURCE_EVENT_UNDECODABLE' }),
    );
  });
});
