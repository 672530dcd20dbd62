import { describe, expect, it } from 'vitest';
import { EventFixture, expectKind } from '../support/binlog-frames.ts';

const fixture = new EventFixture('mysql97');

describe('TableMapCache', () => {
  it('equal bytes are decoded once, with the header of the event at hand', () => {
    const decoder = fixture.decoder();
    const frame = fixture.frame('table-map');
    const first = expectKind(decoder.decode(frame), 'table-map');
    const again = Buffer.from(frame.bytes);
    again.writeUInt32LE(1_234, 0);
    const second = expectKind(decoder.decode({ ...frame, bytes: again }), 'table-map');
    expect(second.header.timestamp).toBe(1_234);
    expect(second.metadata).toBe(first.metadata);
    expect(second.body).toBe(first.body);
  });

  it('other bytes under the same id are another table', () => {
    const decoder = fixture.decoder();
    const first = expectKind(decoder.decode(fixture.frame('table-map')), 'table-map');
    const frame = fixture.frame('table-map-vector');
    const bytes = Buffer.from(frame.bytes);
    bytes.writeUIntLE(first.tableId, 19, 6);
    expect(decoder.decode({ ...frame, bytes })).toMatchObject({
      tableId: first.tableId,
      table: 'j',
    });
  });

  it('a format description ends what was known', () => {
    const decoder = fixture.decoder();
    const first = expectKind(decoder.decode(fixture.frame('table-map')), 'table-map');
    decoder.decode(fixture.frame('format'));
    const second = expectKind(decoder.decode(fixture.frame('table-map')), 'table-map');
    expect(second.metadata).not.toBe(first.metadata);
    expect(second).toEqual(first);
  });
});
