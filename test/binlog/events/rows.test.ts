import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { EventFixture, expectKind, makeFrame } from '../../support/binlog-frames.ts';

function imagesOf(fixture: EventFixture, name: string): Buffer {
  const { bytes, start, end } = fixture.decode(name, 'rows');
  return bytes.subarray(start, end);
}

describe('decodeRows', () => {
  it.each([
    ['insert', 'insert'],
    ['update', 'update'],
    ['delete', 'delete'],
  ] as const)('5.6: %s', (name, action) => {
    const event = new EventFixture('mysql56').decode(name, 'rows');
    expect(event).toMatchObject({ action, columnCount: 14, isPartial: false, flags: 1 });
    expect(event.presentFirst.toString('hex')).toBe('ffff');
    expect(event.presentSecond?.toString('hex')).toBe(action === 'update' ? 'ffff' : undefined);
    expect(event.tableId).toBe(
      new EventFixture('mysql56').decode('table-map', 'table-map').tableId,
    );
  });

  it('5.7: a minimal image has two bitmaps', () => {
    const event = new EventFixture('mysql57').decode('update-minimal', 'rows');
    expect(event.presentFirst.toString('hex')).toBe('0100');
    expect(event.presentSecond?.toString('hex')).toBe('0200');
    // null bits · id 1 · null bits · 'min'
    expect(imagesOf(new EventFixture('mysql57'), 'update-minimal').toString('hex')).toBe(
      'fe01000000fe036d696e',
    );
  });

  it('9.7: a partial update', () => {
    const event = new EventFixture('mysql97').decode('update-partial', 'rows');
    expect(event).toMatchObject({ action: 'update', isPartial: true, flags: 17 });
    expect(event.presentSecond?.toString('hex')).toBe('02');
  });

  it.each(['mariadb10', 'mariadb11'])('%s: compressed rows are inflated', (name) => {
    const event = new EventFixture(name).decode('insert-compressed', 'rows');
    expect(event).toMatchObject({ action: 'insert', columnCount: 14, start: 0, end: 40 });
    // The same two rows as 5.6 writes them, but for the unused bits of its bitmaps.
    const plain = Buffer.from(imagesOf(new EventFixture('mysql56'), 'insert'));
    const inflated = imagesOf(new EventFixture(name), 'insert-compressed');
    expect(inflated.subarray(2, 16)).toEqual(plain.subarray(2, 16));
    expect(inflated.length).toBe(plain.length);
  });

  it('MariaDB: compressed updates and deletes', () => {
    const fixture = new EventFixture('mariadb10');
    expect(fixture.decode('update-compressed', 'rows').action).toBe('update');
    expect(fixture.decode('delete-compressed', 'rows').action).toBe('delete');
  });

  it('v2 passes over extra data', () => {
    const body = Buffer.from([9, 0, 0, 0, 0, 0, 1, 0, 5, 0, 1, 2, 3, 1, 1, 0, 7]);
    const event = expectKind(new EventDecoder().decode(makeFrame(30, body)), 'rows');
    expect([event.tableId, event.columnCount]).toEqual([9, 1]);
    expect(event.bytes.subarray(event.start, event.end)).toEqual(Buffer.from([0, 7]));
  });

  it('refuses data that inflates to another length', () => {
    const fixture = new EventFixture('mariadb10');
    const frame = fixture.frame('insert-compressed');
    const bytes = Buffer.from(frame.bytes);
    const head = bytes.indexOf(0x81, 27);
    bytes[head + 1] = (bytes[head + 1] ?? 0) - 1;
    expect(() => fixture.decoder().decode({ ...frame, bytes })).toThrow(/inflate/);
  });
});
