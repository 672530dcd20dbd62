import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RowsChange } from '../../../../src/core/change.ts';
import type { RowImages, RowKey, WireImages } from '../../../../src/core/row.ts';
import type { Table } from '../../../../src/core/table.ts';
import { rowsTransaction, type Transaction } from '../../../../src/core/transaction.ts';
import { bindTable } from '../../../../src/sink/mysql/bind-table.ts';
import { CompactNet } from '../../../../src/sink/mysql/images/compact-net.ts';
import { RowsPlanner } from '../../../../src/sink/mysql/planner.ts';
import type { BoundTable, Packet } from '../../../../src/sink/mysql/plan.ts';
import type { TableBinding } from '../../../../src/sink/mysql/table-binding.ts';
import {
  fakeChange,
  fakeColumn,
  fakeTable,
  identityRoute,
  type FakeRow,
} from '../../../support/fake-images.ts';
import { asWireChange } from '../../../support/wire-images.ts';

const COLUMNS = [fakeColumn('id', 'int', { isNullable: false }), fakeColumn('v', 'int')];
const TABLES = ['a', 'b'].map((name) => fakeTable('outlines', name, COLUMNS, [0]));
const ROUTES = TABLES.map(identityRoute);
const BINDINGS = new Map(TABLES.map((table, at) => [table, bindingOf(table, at, ['id'])]));
const coordinates = { file: 'binlog.000001', offset: 4 };
const resumeAt = { kind: 'coordinates', coordinates } as const;

function bindingOf(table: Table, at: number, ...unique: string[][]): TableBinding {
  const columns = table.columns.map(({ name, type, columnType, isNullable }) => ({
    name,
    dataType: type,
    columnType,
    charset: undefined,
    collation: undefined,
    isNullable,
    canBeOmitted: false,
    isGenerated: false,
    labels: undefined,
  }));
  const target = {
    name: { database: 'outlines', table: table.name },
    engine: 'InnoDB',
    isTransactional: true,
    takesImages: true,
    columns,
    columnByName: new Map(columns.map((one) => [one.name, one])),
    uniqueKeys: unique.map((names, key) => ({
      name: `k${key}`,
      isPrimary: key === 0,
      parts: names.map((column) => ({ column, isPrefix: false })),
      isRowIdentity: key === 0,
    })),
    indexedColumns: new Set(unique.flat()),
    triggers: [],
    hasForeignKeys: false,
    hasReferentialActions: false,
  };
  return bindTable(table, ROUTES[at] as (typeof ROUTES)[0], target, {
    allowNontransactional: false,
  });
}

const bindings = { of: ({ table }: BoundTable) => BINDINGS.get(table) as TableBinding };

function newPlanner(): RowsPlanner {
  const settings = {
    flavor: 'mariadb',
    serverId: 1,
    maxEventBytes: 1 << 20,
    repeatsText: true,
  } as const;
  return new RowsPlanner({ hasRowAlias: false }, {}, { settings, fromRows: 0 });
}

/** As a source hands it on whose changes are made late. */
function outlined(seq: number, changes: readonly RowsChange[]): Transaction {
  const at = (index: number): RowsChange => changes[index] as RowsChange;
  const rowsAt = (index: number): number => (at(index).after ?? at(index).before)?.length ?? 0;
  const rows = {
    changeCount: changes.length,
    rowCount: changes.reduce((sum, _, index) => sum + rowsAt(index), 0),
    actionAt: (index: number) => at(index).action,
    tableAt: (index: number) => at(index).table,
    routeAt: (index: number) => at(index).route,
    rowsAt,
    glanceAt: (index: number) => {
      const { timestamp, before, after } = at(index);
      return { timestamp, before, after };
    },
  };
  return { ...rowsTransaction(seq, changes, { coordinates, resumeAt }), rows };
}

interface Step {
  readonly table: number;
  readonly action: RowsChange['action'];
  /** Ids before, ids after: an update may change them. */
  readonly ids: readonly (readonly [before: number, after: number])[];
  readonly value: number;
}

/** Whether the rows are there or not: nothing is impossible for it. */
const STEP: fc.Arbitrary<Step> = fc.record({
  table: fc.nat(1),
  action: fc.constantFrom('insert', 'update', 'update', 'delete'),
  ids: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: -6, max: 60 }).map((id) => [id, id] as const) },
      { weight: 1, arbitrary: fc.tuple(fc.nat(30), fc.integer({ min: 30, max: 60 })) },
    ),
    { minLength: 1, maxLength: 3 },
  ),
  value: fc.nat(1000),
});

function changeOf({ table, action, ids, value }: Step, timestamp: number): RowsChange {
  const row = (id: number): FakeRow => [id, value];
  const before = ids.map(([id]) => row(id));
  const after = ids.map(([, id]) => row(id));
  const change = fakeChange({
    table: TABLES[table] as Table,
    route: ROUTES[table] as (typeof ROUTES)[0],
    ...(action === 'insert' ? {} : { before }),
    ...(action === 'delete' ? {} : { after }),
  });
  return { ...asWireChange(change), timestamp };
}

/** Leaves out what cannot happen on a source, but for so many of them. */
function possible(steps: readonly Step[], faults: number): Step[] {
  const rows = new Map<string, boolean>();
  let left = faults;
  return steps.filter((step) => {
    const trial = new Map(rows);
    const isPossible = step.ids.every((ids) => happens(trial, step, ids));
    if (!isPossible && left-- <= 0) return false;
    for (const [row, isThere] of trial) rows.set(row, isThere);
    return true;
  });
}

/** False: it can't. What is not known of a row is what the change needs. */
function happens(
  rows: Map<string, boolean>,
  { table, action }: Step,
  [from, to]: readonly [number, number],
): boolean {
  const expect = (id: number, isThere: boolean, becomes: boolean): boolean => {
    const isMet = (rows.get(`${table} ${id}`) ?? isThere) === isThere;
    rows.set(`${table} ${id}`, becomes);
    return isMet;
  };
  if (action === 'insert') return expect(to, false, true);
  if (action === 'delete') return expect(from, true, false);
  if (from === to) return expect(from, true, true);
  const isGone = expect(from, true, false);
  return expect(to, false, true) && isGone;
}

/** All that reaches the target, and which rows an error would name. */
function essenceOf(packet: Packet): unknown {
  if (packet.kind === 'images') return packet;
  return packet.statements.map(({ sql, rows, ...rest }) => ({
    ...rest,
    sql: sql.toString('latin1'),
    rows: rows.map(({ change, row }) => [change, row]),
  }));
}

describe('groups that are planned from their outlines', () => {
  it('are the very packets that their changes make, or left to these', () => {
    let planned = 0;
    let left = 0;
    fc.assert(
      fc.property(
        fc.array(STEP, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0, 0, 0, 1),
        (steps, faults) => {
          const changes = possible(steps, faults).map((step, at) => changeOf(step, at));
          const transactions = changes.map((change, at) =>
            at % 5 === 4
              ? rowsTransaction(at + 1, [change], { coordinates, resumeAt })
              : outlined(at + 1, [change]),
          );
          const whole = newPlanner().planGroup(changes, bindings);
          const outline = newPlanner().planOutlines(transactions, bindings);
          if (outline === undefined) {
            // Only what would go in order.
            expect(whole.inOrder.size).toBeGreaterThan(0);
            left += 1;
          } else {
            expect(outline.packets.map(essenceOf)).toEqual(whole.packets.map(essenceOf));
            expect(outline.rowCount).toBe(whole.rowCount);
            planned += changes.length;
          }
        },
      ),
      { numRuns: 500 },
    );
    expect(planned).toBeGreaterThan(2000);
    expect(left).toBeGreaterThan(5);
  });

  it('leave to the changes what has another unique key, or is applied by key', () => {
    const table = TABLES[0] as Table;
    const changes = [changeOf({ table: 0, action: 'insert', ids: [[1, 1]], value: 1 }, 1)];
    const of = () => bindingOf(table, 0, ['id'], ['v']);
    expect(newPlanner().planOutlines([outlined(1, changes)], { of })).toBeUndefined();
    const byKey = changes.map((change) => ({ ...change, byKey: true }));
    const made = rowsTransaction(2, byKey, { coordinates, resumeAt });
    expect(newPlanner().planOutlines([outlined(1, changes), made], bindings)).toBeUndefined();
    expect(newPlanner().planOutlines([outlined(1, changes)], bindings)?.packets).toHaveLength(1);
  });

  it('find rows by keys of up to 53 bits, and sort by them', () => {
    const keys = Array.from({ length: 5000 }, (_, n) => ((n * 7919) % 5000) * 2 ** 33 - n);
    const net = new CompactNet();
    net.begin();
    for (const [at, key] of keys.entries()) {
      const after = imagesWithKey(key);
      expect(net.add({ timestamp: 1, before: undefined, after }, [0], at)).toBe(true);
      expect(net.add({ timestamp: 1, before: undefined, after }, [0], at)).toBe(false);
    }
    const { inserts, upserts, deletes, vanished } = net.effects();
    expect([upserts, deletes, vanished].flat()).toEqual([]);
    expect(inserts.map((slot) => net.keyOf(slot))).toEqual(keys.toSorted((a, b) => a - b));
    expect(inserts.map((slot) => keys[net.changeOf(slot)])).toEqual(keys.toSorted((a, b) => a - b));
    const text = imagesWithKey('n');
    expect(net.add({ timestamp: 1, before: undefined, after: text }, [0], 0)).toBe(false);
  });
});

const ANY = asWireChange(
  fakeChange({
    table: TABLES[0] as Table,
    route: ROUTES[0] as never,
    after: [[1, 1]],
  }),
).after as RowImages;

function imagesWithKey(key: RowKey): RowImages {
  return {
    length: 1,
    keyOf: () => () => key,
    wire: ANY.wire as WireImages,
  } as unknown as RowImages;
}
