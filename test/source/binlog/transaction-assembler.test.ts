import { describe, expect, it } from 'vitest';
import type { BinlogEvent, EventHeader } from '../../../src/binlog/event.ts';
import { decodeTableMap } from '../../../src/binlog/events/table-map.ts';
import { decodeHeader } from '../../../src/binlog/events/header.ts';
import { emptyGtidSet } from '../../../src/core/gtid-set-parse.ts';
import type { Position } from '../../../src/core/position.ts';
import type { Transaction } from '../../../src/core/transaction.ts';
import { createRouter } from '../../../src/pipeline/router.ts';
import { BinlogCursor } from '../../../src/source/binlog/binlog-cursor.ts';
import { TableCache } from '../../../src/source/binlog/table-cache.ts';
import type { TransactionAssembler } from '../../../src/source/binlog/transaction-assembler.ts';
import { assemblerOf } from '../../support/assembler.ts';
import { makeFrame } from '../../support/binlog-frames.ts';
import { fakeTable } from '../../support/fake-change.ts';

const router = createRouter({ exclude: [] }, [], 'tailrace');
const frame = makeFrame(4, Buffer.alloc(0));
const header: EventHeader = decodeHeader(frame);
const coordinates = { file: 'binlog.000001', offset: 900 };
const table = fakeTable({ name: 't', columns: [['id', 'int']] });

/** `db`.`t`, one INT. */
function tableMap(tableId: number) {
  const post = Buffer.alloc(8);
  post.writeUIntLE(tableId, 0, 6);
  const body = Buffer.from([2, 100, 98, 0, 1, 116, 0, 1, 3, 0, 0]);
  const map = makeFrame(19, Buffer.concat([post, body]));
  return decodeTableMap(map, decodeHeader(map), 'mysql');
}

const insertOf = (tableId: number): BinlogEvent => ({
  kind: 'rows',
  header,
  action: 'insert',
  isPartial: false,
  tableId,
  flags: 1,
  columnCount: 1,
  presentFirst: Buffer.of(1),
  presentSecond: undefined,
  bytes: Buffer.from([0, 7, 0, 0, 0]),
  start: 0,
  end: 5,
});

const anonymous: BinlogEvent = {
  kind: 'gtid',
  header,
  gtid: undefined,
  originalCommitMicros: undefined,
  immediateCommitMicros: undefined,
  lastCommitted: undefined,
  sequenceNumber: undefined,
  mariadb: undefined,
};

class Reading {
  readonly cursor = new BinlogCursor(coordinates);
  readonly assembler: TransactionAssembler;

  constructor(position: Position) {
    this.assembler = assemblerOf(() => table, {
      cursor: this.cursor,
      versionNumber: 80_400,
      from: { seq: 7, position },
    });
  }

  handle(...events: BinlogEvent[]): Transaction[] {
    for (const event of events) {
      if (event.kind === 'rotate') this.cursor.rotate(event);
      this.assembler.handle(event, frame);
    }
    return this.assembler.outbox.take();
  }

  rotate(file: string, offset: number, timestamp: number): Transaction[] {
    const isArtificial = timestamp === 0;
    const rotated = { ...header, timestamp };
    return this.handle({ kind: 'rotate', header: rotated, file, offset, isArtificial });
  }
}

describe('without GTIDs, the position goes along with the files', () => {
  const position: Position = { kind: 'coordinates', coordinates };

  it('once for each, whoever names it first, and not at a start', () => {
    const reading = new Reading(position);
    expect(reading.rotate('binlog.000001', 900, 0)).toEqual([]);
    const [passed] = reading.rotate('binlog.000002', 4, 1_700_000_000);
    expect(passed).toMatchObject({
      seq: 8,
      changes: [],
      committedAtMs: 1_700_000_000_000,
      resumeAt: { kind: 'coordinates', coordinates: { file: 'binlog.000002', offset: 4 } },
    });
    expect(reading.rotate('binlog.000002', 4, 0)).toEqual([]);
    // A server that crashed left no event at the file's end.
    const [crashed] = reading.rotate('binlog.000003', 4, 0);
    expect(crashed?.resumeAt?.coordinates.file).toBe('binlog.000003');
    expect(crashed?.committedAtMs).toBeGreaterThan(0);
  });

  it('never in the middle of a transaction, nor where GTIDs tell', () => {
    const reading = new Reading(position);
    expect(reading.handle(anonymous)).toEqual([]);
    expect(reading.rotate('binlog.000002', 4, 0)).toEqual([]);
    const withGtids = new Reading({ kind: 'gtid', gtidSet: emptyGtidSet('mysql'), coordinates });
    expect(withGtids.rotate('binlog.000002', 4, 0)).toEqual([]);
  });
});

it('a transaction whose end never came is not left out without a word', () => {
  const reading = new Reading({ kind: 'coordinates', coordinates });
  reading.handle(anonymous, tableMap(5), insertOf(5));
  expect(() => reading.handle(anonymous)).toThrow('before the end of the one before it');
});

it('table ids of a server that gives new ones all the time are forgotten between transactions', () => {
  const cache = new TableCache({
    flavor: 'mysql',
    router,
    tableFor: () => table,
    isSequence: () => false,
  });
  for (let id = 1; id <= 10_000; id++) {
    cache.trim();
    cache.set(tableMap(id));
    cache.set(tableMap(id + 100_000));
    expect(cache.get(id).tableMap.table).toBe('t');
  }
  expect(cache.size).toBeLessThan(5000);
});

describe('a heartbeat of the old kind in a file beyond 4 GiB', () => {
  const beyond = 5 * 2 ** 30;

  it('does not take the position back', () => {
    const cursor = new BinlogCursor({ file: 'binlog.000001', offset: beyond });
    cursor.jump({ file: 'binlog.000001', offset: (beyond + 100) % 2 ** 32 });
    expect(cursor.offset).toBe(beyond + 100);
  });

  it('is taken as it is in the next file', () => {
    const cursor = new BinlogCursor({ file: 'binlog.000001', offset: beyond });
    cursor.jump({ file: 'binlog.000002', offset: 200 });
    expect(cursor.coordinates).toEqual({ file: 'binlog.000002', offset: 200 });
  });
});
