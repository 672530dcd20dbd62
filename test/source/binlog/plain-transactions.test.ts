import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { EventView } from '../../../src/binlog/event-view.ts';
import type { Change, RowsChange } from '../../../src/core/change.ts';
import { TailraceError } from '../../../src/core/errors.ts';
import type { GtidFlavor } from '../../../src/core/gtid-set.ts';
import { parseTablePattern } from '../../../src/core/table-pattern.ts';
import type { RowsGlance, RowsOutline, Transaction } from '../../../src/core/transaction.ts';
import { createRouter } from '../../../src/pipeline/router.ts';
import { FrameBatch } from '../../../src/replica/frame-batch.ts';
import { BinlogCursor } from '../../../src/source/binlog/binlog-cursor.ts';
import { PlainTransactions } from '../../../src/source/binlog/plain-transactions.ts';
import type { TransactionAssembler } from '../../../src/source/binlog/transaction-assembler.ts';
import {
  begin,
  event,
  mariadbGtid,
  mysqlGtid,
  number,
  rows,
  SMALL_TABLE,
  tableMap,
} from '../../cost/small-transactions.ts';
import { assemblerOf } from '../../support/assembler.ts';

const router = createRouter({ exclude: [parseTablePattern('hidden.*')] }, [], 'tailrace');
const coordinates = { file: 'binlog.000001', offset: 4 };

type Raw = readonly [type: number, body: Buffer, change?: (event: Buffer) => void];

const query = (statement: string): Raw => {
  const body = begin();
  return [2, Buffer.concat([body.subarray(0, body.length - 5), Buffer.from(statement)])];
};
const xid = (n: number): Raw => [16, number(n, 8)];
const map = (id: number, database?: string): Raw => [19, tableMap(id, database)];
const insert = (id: number, n: number): Raw => [23, rows(n, id)];
const remove = (id: number, n: number): Raw => [25, rows(n, id)];
/** Of two rows: table id 6, flags 2, columns 1, bitmaps 1 + 1, images. */
const update = (id: number, n: number): Raw => {
  const [head, bitmap] = [rows(n, id).subarray(0, 9), rows(n, id).subarray(9, 10)];
  const images = [n, n + 1, n, n].map((one) => rows(one, id).subarray(10));
  return [24, Buffer.concat([head, bitmap, bitmap, ...images])];
};

const gtidOf = (flavor: GtidFlavor, n: number): Raw[] =>
  flavor === 'mariadb'
    ? [[162, mariadbGtid(n)]]
    : [
        [33, mysqlGtid(n)],
        [2, begin()],
      ];

/** What a transaction may hold besides a plain one's events; each by its number. */
const SHAPES: readonly ((flavor: GtidFlavor, n: number) => Raw[])[] = [
  (flavor, n) => [...gtidOf(flavor, n), map(26), insert(26, n), xid(n)],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    ...[map(26), insert(26, n), insert(26, n + 1)],
    ...[map(27), insert(27, n + 2), xid(n)],
  ],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    ...[map(26), update(26, n), map(27), remove(27, n)],
    ...[map(26), insert(26, n), xid(n)],
  ],
  // Both maps first.
  (flavor, n) => [...gtidOf(flavor, n), map(26), map(27), insert(27, n), insert(26, n), xid(n)],
  // MySQL without GTIDs.
  (_, n) => [[34, mysqlGtid(n)], [2, begin()], map(26), insert(26, n), xid(n)],
  (flavor, n) => [...gtidOf(flavor, n), map(26), insert(26, n), query('COMMIT')],
  (flavor, n) => [...gtidOf(flavor, n), map(26), insert(26, n), query('ROLLBACK')],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    ...[map(26), insert(26, n), query('SAVEPOINT `a`'), insert(26, n + 1)],
    ...[query('ROLLBACK TO `a`'), xid(n)],
  ],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    [29, Buffer.from('\x06insert')],
    map(26),
    insert(26, n),
    xid(n),
  ],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    map(31, 'hidden'),
    insert(31, n),
    map(26),
    insert(26, n),
    xid(n),
  ],
  // The same id for another table.
  (flavor, n) => [
    ...gtidOf(flavor, n),
    map(26, n % 2 === 0 ? 'bench' : 'bench2'),
    insert(26, n),
    xid(n),
  ],
  (flavor, n) => [...gtidOf(flavor, n), xid(n)],
  // An event that is in no file, and one that nobody has to know.
  (flavor, n) => [
    ...gtidOf(flavor, n),
    map(26),
    [27, Buffer.from('binlog.000001'), (bytes) => bytes.writeUInt16LE(0x20, 17)],
    ...[insert(26, n), xid(n)],
  ],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    ...[map(26), insert(26, n)],
    [99, Buffer.alloc(3), (bytes) => bytes.writeUInt16LE(0x80, 17)],
    xid(n),
  ],
  // MariaDB's events inside a transaction may have no end.
  (flavor, n) => [
    ...gtidOf(flavor, n),
    [19, tableMap(26), (bytes) => bytes.writeUInt32LE(0, 13)],
    [23, rows(n, 26), (bytes) => bytes.writeUInt32LE(0, 13)],
    xid(n),
  ],
  (flavor, n) => [
    ...gtidOf(flavor, n),
    ...Array.from({ length: 80 }, () => [map(26), insert(26, n)]).flat(),
    xid(n),
  ],
];
/** What ends the stream with an error: rows that are cut off, of an unknown table, or a statement without an end. */
const FAULTS: readonly ((flavor: GtidFlavor, n: number) => Raw[])[] = [
  (flavor, n) => [...gtidOf(flavor, n), map(26), [23, rows(n, 26).subarray(0, 100)], xid(n)],
  (flavor, n) => [...gtidOf(flavor, n), map(26), insert(999, n), xid(n)],
  (flavor, n) => [...gtidOf(flavor, n), map(26), insert(26, n), ...gtidOf(flavor, n + 1)],
  (flavor, n) => [...gtidOf(flavor, n), map(26), [23, Buffer.alloc(3)], xid(n)],
  (flavor, n) => [...gtidOf(flavor, n), map(26), insert(26, n), [16, Buffer.alloc(5)]],
];

interface Setting {
  readonly flavor: GtidFlavor;
  readonly shapes: readonly number[];
  readonly fault: number;
  readonly partBytes: number;
  readonly skips: number;
  /** Frames in a batch. */
  readonly batch: number;
}

function framesOf({ flavor, shapes, fault }: Setting): Buffer[] {
  const makers = [...shapes.map((one) => SHAPES[one]), FAULTS[fault]];
  let offset = 4;
  return makers.flatMap((make, at) =>
    (make?.(flavor, at * 10 + 1) ?? []).map(([type, body, change]) => {
      offset += 19 + body.length;
      const bytes = event(type, body, offset);
      change?.(bytes);
      return bytes;
    }),
  );
}

class Reading {
  readonly cursor = new BinlogCursor(coordinates);
  readonly assembler: TransactionAssembler;
  readonly decoder = new EventDecoder();
  readonly view = new EventView();
  readonly plain: PlainTransactions;
  readonly dropped: Record<string, number> = {};
  taken = 0;

  constructor({ flavor, partBytes, skips }: Setting, isLate = false) {
    const { cursor, decoder, view } = this;
    this.assembler = assemblerOf(({ database }) => ({ ...SMALL_TABLE, database }), {
      flavor,
      router,
      cursor,
      partBytes,
      isSkipped: skips === 0 ? undefined : (_, seq) => seq % skips === 0,
      countDropped: (reason, count) => {
        this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
      },
    });
    this.plain = new PlainTransactions({
      assembler: this.assembler,
      decoder,
      cursor,
      view,
      partBytes,
      isLate,
    });
  }

  read(events: readonly Buffer[], hasPlain: boolean, batch: number): unknown {
    const transactions: Transaction[] = [];
    let error: unknown;
    try {
      for (let from = 0; from < events.length; from += batch) {
        this.readBatch(events.slice(from, from + batch), hasPlain);
        transactions.push(...this.assembler.outbox.take());
      }
    } catch (thrown) {
      error = thrown instanceof TailraceError ? thrown : String(thrown);
      transactions.push(...this.assembler.outbox.take());
    }
    const told = error instanceof TailraceError ? [error.code, error.message, error.place] : error;
    const { cursor, dropped } = this;
    const place = [cursor.coordinates, cursor.eventStart];
    return { transactions: transactions.map(plainValues), told, dropped, place };
  }

  readBatch(events: readonly Buffer[], hasPlain: boolean): void {
    const frames = new FrameBatch();
    for (const bytes of events) frames.add(bytes, 0, bytes.length, 0);
    for (let at = 0; at < frames.length;) {
      const taken = hasPlain ? this.plain.take(frames, at) : 0;
      this.taken += taken;
      at += taken === 0 ? 1 : taken;
      if (taken === 0) this.#one(frames, at - 1);
    }
  }

  #one(frames: FrameBatch, at: number): void {
    const frame = frames.at(at);
    const one = this.decoder.decode(frame);
    this.cursor.advance(one.header, frame, this.assembler.isInGroup);
    this.assembler.handle(one, frame);
  }
}

function plainValues(transaction: Transaction): unknown {
  const { rows } = transaction;
  if (rows !== undefined) {
    const { changes } = transaction;
    expect(outlineOf(rows)).toEqual(changes.map(outlineOfChange));
    const glances = changes.map((_, at) => rowsIn(rows.glanceAt(at)));
    expect(glances).toEqual(changes.map((change) => rowsIn(change as RowsChange)));
  }
  return {
    ...transaction,
    changes: transaction.changes.map((change) => {
      const { before, after, ...rest } = change as RowsChange;
      const images = [before, after].map((one) =>
        one === undefined ? undefined : Array.from({ length: one.length }, (_, row) => one.at(row)),
      );
      return { ...rest, images };
    }),
  };
}

/** Values, keys, and the bytes themselves. */
function rowsIn({ timestamp, before, after }: RowsGlance): unknown {
  const images = [before, after].map((one) => {
    const keyOf = one?.keyOf([0]);
    return Array.from({ length: one?.length ?? 0 }, (_, row) => [
      one?.at(row),
      keyOf?.(row),
      one?.wire?.bytes.subarray(one.wire.startOf(row), one.wire.endOf(row)).toString('hex'),
    ]);
  });
  return [timestamp, images];
}

const outlineOf = (rows: RowsOutline): unknown =>
  Array.from({ length: rows.changeCount }, (_, at) => {
    return [rows.actionAt(at), rows.tableAt(at), rows.routeAt(at), rows.rowsAt(at)];
  });

const outlineOfChange = (change: Change): unknown => {
  const { action, table, route, after, before } = change as RowsChange;
  return [action, table, route, (after ?? before).length];
};

const SETTINGS: fc.Arbitrary<Setting> = fc.record({
  flavor: fc.constantFrom<GtidFlavor>('mysql', 'mariadb'),
  shapes: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.nat(4) },
      { weight: 1, arbitrary: fc.nat(SHAPES.length - 1) },
    ),
    { minLength: 1, maxLength: 12 },
  ),
  fault: fc.nat(3 * FAULTS.length),
  partBytes: fc.constantFrom(1 << 20, 1 << 20, 500),
  skips: fc.constantFrom(0, 0, 0, 3),
  batch: fc.integer({ min: 1, max: 60 }),
});

function readLate(shapes: readonly number[]) {
  const setting = { flavor: 'mariadb', shapes, fault: -1, partBytes: 1 << 20, skips: 0 } as const;
  const reading = new Reading({ ...setting, batch: 1000 }, true);
  const readBatch = (): void => {
    reading.readBatch(framesOf({ ...setting, batch: 1000 }), true);
  };
  return { assembler: reading.assembler, readBatch };
}

describe('transactions that are read as a whole', () => {
  it('are the same as those that are put together event by event', () => {
    let taken = 0;
    fc.assert(
      fc.property(SETTINGS, (setting) => {
        const events = framesOf(setting);
        const single = new Reading(setting).read(events, false, setting.batch);
        for (const isLate of [false, true]) {
          const whole = new Reading(setting, isLate);
          expect(whole.read(events, true, setting.batch)).toEqual(single);
          taken += whole.taken;
        }
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(2000);
  });

  it('are made late and yet have them, whatever is copied of the transaction', () => {
    const { assembler, readBatch } = readLate([0, 0, 1]);
    const delta = new Map([['a.b', 'definition']]);
    readBatch();
    assembler.addSchemaDelta(delta);
    const [, second, last] = assembler.outbox.take();
    expect(second?.rows?.rowCount).toBe(1);
    expect(last?.schemaDelta).toEqual(delta);
    expect(last?.rows).toBeUndefined();
    expect(last?.changes).toHaveLength(3);
    expect({ ...(second as Transaction), changes: [] }.rows).toBeUndefined();
  });

  it.each<GtidFlavor>(['mysql', 'mariadb'])(
    'are all but the first of many alike (%s)',
    (flavor) => {
      const shapes = new Array<number>(20).fill(0);
      const setting = { flavor, shapes, fault: -1, partBytes: 1 << 20, skips: 0, batch: 1000 };
      const events = framesOf(setting);
      for (const isLate of [false, true]) {
        const reading = new Reading(setting, isLate);
        reading.read(events, true, setting.batch);
        expect(reading.taken).toBe((events.length / 20) * 19);
      }
    },
  );
});
