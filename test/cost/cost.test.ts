import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../src/binlog/event-decoder.ts';
import { EventView } from '../../src/binlog/event-view.ts';
import type { RowsChange } from '../../src/core/change.ts';
import type { GtidFlavor } from '../../src/core/gtid-set.ts';
import type { Transaction } from '../../src/core/transaction.ts';
import { createRouter } from '../../src/pipeline/router.ts';
import { EventSplitter } from '../../src/replica/event-splitter.ts';
import { FrameBatch } from '../../src/replica/frame-batch.ts';
import { FrameChecker } from '../../src/replica/frame-checker.ts';
import { bindTable } from '../../src/sink/mysql/bind-table.ts';
import { RowsPlanner } from '../../src/sink/mysql/planner.ts';
import type { TargetTable } from '../../src/sink/mysql/target-table.ts';
import { BinlogCursor } from '../../src/source/binlog/binlog-cursor.ts';
import { PlainTransactions } from '../../src/source/binlog/plain-transactions.ts';
import { assemblerOf } from '../support/assembler.ts';
import { countAllocations } from '../support/count-allocations.ts';
import { SMALL_TABLE, smallTransactions } from './small-transactions.ts';

/*
 * What one row costs in allocations, in a transaction of its own but for "of many": most of what a small transaction
 * costs and, unlike time, the same on every machine. A figure that is passed means that the hot path got slower: look at what was
 * added. One that is far from reached means that it got better: lower the figure.
 */
const BYTES_A_ROW = {
  'decode mariadb': 1_600,
  'decode mysql': 1_600,
  images: 700,
  sql: 360,
  values: 340,
  'values of many': 340,
  'decode late': 1_150,
  'images of outlines': 720,
};
const TOLERANCE = 1.15;
const ROWS = 10_000;
const GROUP = 2_000;
const ROWS_OF_MANY = 40;

const router = createRouter({ exclude: [] }, [], 'tailrace');
const coordinates = { file: 'binlog.000001', offset: 4 };

/** From the socket's chunks to transactions, as BinlogSource does it. */
function decode(stream: Buffer, flavor: GtidFlavor, isLate = false): Transaction[] {
  const cursor = new BinlogCursor(coordinates);
  const assembler = assemblerOf(() => SMALL_TABLE, { flavor, cursor });
  const checker = new FrameChecker();
  const decoder = new EventDecoder();
  const view = new EventView();
  const plain = new PlainTransactions({
    assembler,
    decoder,
    cursor,
    view,
    partBytes: 1 << 20,
    isLate,
  });
  const frames = new FrameBatch();
  const splitter = new EventSplitter({
    takeRun: (bytes, from) => {
      const to = checker.checkRun(bytes, from);
      frames.addRun(bytes, from, to);
      return to;
    },
    onEvent: (bytes, start, end) => {
      const checksumLength = checker.check(bytes, start, end);
      frames.add(bytes, start, end - checksumLength, checksumLength);
    },
    onOther: () => {
      throw new Error('not an event');
    },
  });
  splitter.push(stream);
  for (let at = 0; at < frames.length;) {
    const taken = plain.take(frames, at);
    at += taken;
    if (taken > 0) continue;
    frames.load(at, view);
    const event = decoder.decodeView(view);
    cursor.advance(view, view, assembler.isInGroup);
    assembler.handle(event, view);
    at += 1;
  }
  return assembler.outbox.take();
}

const target: TargetTable = {
  name: { database: 'bench', table: 'small' },
  engine: 'InnoDB',
  isTransactional: true,
  takesImages: true,
  columns: SMALL_TABLE.columns.map((column) => ({
    name: column.name,
    dataType: column.type,
    columnType: column.columnType,
    charset: column.charset,
    collation: column.collation,
    isNullable: false,
    canBeOmitted: false,
    isGenerated: false,
    labels: undefined,
  })),
  columnByName: new Map(),
  uniqueKeys: [
    {
      name: 'PRIMARY',
      isPrimary: true,
      parts: [{ column: 'id', isPrefix: false }],
      isRowIdentity: true,
    },
  ],
  indexedColumns: new Set(['id']),
  triggers: [],
  hasForeignKeys: false,
  hasReferentialActions: false,
};
const whole = { ...target, columnByName: new Map(target.columns.map((one) => [one.name, one])) };
const binding = bindTable(SMALL_TABLE, router.route(SMALL_TABLE), whole, {
  allowNontransactional: false,
});

function plan(planner: RowsPlanner, transactions: readonly Transaction[]): number {
  let packets = 0;
  for (let from = 0; from < transactions.length; from += GROUP) {
    const changes = transactions
      .slice(from, from + GROUP)
      .flatMap((one) => one.changes as RowsChange[]);
    packets += planner.planGroup(changes, { of: () => binding }).packets.length;
  }
  return packets;
}

/** As a sink that goes by values asks for them. */
function readValues(transactions: readonly Transaction[]): number {
  let values = 0;
  for (const { changes } of transactions) {
    for (const { after } of changes as RowsChange[]) {
      const rows = after?.length ?? 0;
      for (let row = 0; row < rows; row++) values += after?.at(row).length ?? 0;
    }
  }
  return values;
}

function planOutlines(planner: RowsPlanner, transactions: readonly Transaction[]): number {
  let packets = 0;
  for (let from = 0; from < transactions.length; from += GROUP) {
    const group = transactions.slice(from, from + GROUP);
    packets += planner.planOutlines(group, { of: () => binding })?.packets.length ?? NaN;
  }
  return packets;
}

describe('allocations for a row', () => {
  const streams = {
    mariadb: smallTransactions(ROWS, 'mariadb'),
    mysql: smallTransactions(ROWS, 'mysql'),
  };
  const transactions = decode(streams.mariadb, 'mariadb');
  const large = decode(smallTransactions(ROWS / ROWS_OF_MANY, 'mariadb', ROWS_OF_MANY), 'mariadb');
  const images = {
    flavor: 'mariadb',
    serverId: 1,
    maxEventBytes: 1 << 20,
    repeatsText: false,
  } as const;
  const dialect = { hasRowAlias: false };

  const late = decode(streams.mariadb, 'mariadb', true);
  const imagesPlanner = (): RowsPlanner =>
    new RowsPlanner(dialect, {}, { settings: images, fromRows: 0 });

  it('the input is what it should be', () => {
    expect(planOutlines(imagesPlanner(), late)).toBe(plan(imagesPlanner(), transactions));
    for (const read of [transactions, decode(streams.mysql, 'mysql')]) {
      expect(read).toHaveLength(ROWS);
      expect(read.every(({ changes, gtid }) => changes.length === 1 && gtid !== undefined)).toBe(
        true,
      );
    }
  });

  it.each<[keyof typeof BYTES_A_ROW, () => unknown]>([
    ['decode mariadb', () => decode(streams.mariadb, 'mariadb')],
    ['decode mysql', () => decode(streams.mysql, 'mysql')],
    ['decode late', () => decode(streams.mariadb, 'mariadb', true)],
    ['images', () => plan(imagesPlanner(), transactions)],
    ['images of outlines', () => planOutlines(imagesPlanner(), late)],
    ['sql', () => plan(new RowsPlanner(dialect), transactions)],
    ['values', () => readValues(transactions)],
    ['values of many', () => readValues(large)],
  ])('%s', async (name, work) => {
    // Optimised code first: what it keeps in registers is no allocation. On a busy machine the optimiser comes late.
    const limit = BYTES_A_ROW[name] * TOLERANCE;
    let bytes = Infinity;
    for (let attempt = 0; attempt < 4 && bytes >= limit; attempt++) {
      for (let round = 0; round < 5; round++) work();
      bytes = (await countAllocations(work)) / ROWS;
    }
    expect(bytes).toBeLessThan(limit);
    expect(bytes).toBeGreaterThan(BYTES_A_ROW[name] / 2);
  });
});
