import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowsChange } from '../../../src/core/change.ts';
import type { Table } from '../../../src/core/table.ts';
import { dialectOf } from '../../../src/sink/mysql/dialect.ts';
import type { ImageSettings } from '../../../src/sink/mysql/images/images-writer.ts';
import { isRefusal, openImages } from '../../../src/sink/mysql/images/open-images.ts';
import { RowsPlanner } from '../../../src/sink/mysql/planner.ts';
import { fakeChange, fakeColumn, identityRoute, type FakeRow } from '../../support/fake-images.ts';
import { asWireChange } from '../../support/wire-images.ts';
import {
  HISTORY_TABLES,
  historyBase,
  historyOf,
  type Base,
  type HistoryTable,
} from './histories.ts';
import { openPlanningTarget, rowsOf, runPackets, TARGETS, type PlanningTarget } from './targets.ts';

const DATABASE = 'sink_images';

const KEYLESS: HistoryTable = {
  name: 'keyless',
  columns: HISTORY_TABLES[0]?.columns ?? [],
  sql: 'id INT, v INT',
  keys: [],
  pools: [
    [1, 2, null],
    [0, 1],
  ],
};

/** Its key is all there is in front of it, one column of it of any length. */
const KEY_FIRST: HistoryTable = {
  name: 'key_first',
  columns: [
    fakeColumn('a', 'int'),
    fakeColumn('b', 'varchar'),
    fakeColumn('v', 'int'),
    fakeColumn('w', 'varchar'),
  ],
  sql: 'a INT, b VARCHAR(5) CHARSET utf8mb4 COLLATE utf8mb4_bin, v INT, w VARCHAR(5) CHARSET utf8mb4, PRIMARY KEY (b, a)',
  keys: [[0, 1]],
  pools: [
    [1, 2],
    ['a', 'é', ''],
    [0, 1, null],
    ['x', 'yy', null],
  ],
};

const ONE: readonly FakeRow[] = [[1, 0]];

function rowByRow(change: RowsChange): RowsChange[] {
  const { table, route, before, after } = change;
  if (before === undefined || after === undefined) return [change];
  return Array.from({ length: before.length }, (_, row) =>
    fakeChange({
      table,
      route,
      before: [before.at(row) as FakeRow],
      after: [after.at(row) as FakeRow],
    }),
  );
}

describe.each(TARGETS)('row images on %s', (name) => {
  let target: PlanningTarget;
  let settings: ImageSettings;
  let planner: RowsPlanner;

  beforeAll(async () => {
    target = await openPlanningTarget(name);
    await target.session.run(
      `DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE}; USE ${DATABASE}`,
    );
    const opened = await openImages(target.session.connection);
    if (isRefusal(opened)) throw new Error(opened.reason);
    settings = opened;
    planner = planning(settings);
  });
  afterAll(async () => {
    await target.session.run(`DROP DATABASE ${DATABASE}`);
    await target.close();
  });

  const planning = (images: ImageSettings) =>
    new RowsPlanner(dialectOf(target.session.info), {}, { settings: images, fromRows: 0 });

  /** The history's table with the definition that the target gives it, as a source would have it. */
  async function create(of: HistoryTable): Promise<Base> {
    await target.session.run(
      `DROP TABLE IF EXISTS ${of.name}; CREATE TABLE ${of.name} (${of.sql}) ENGINE=InnoDB`,
    );
    const { table } = historyBase(DATABASE, of);
    const there = { database: DATABASE, table: of.name };
    target.catalog.forgetAll();
    await target.catalog.load([there]);
    const columns = table.columns.map((column) => {
      const same = target.catalog.get(there)?.columnByName.get(column.name);
      if (same === undefined) throw new Error(`no column ${column.name}`);
      const { columnType, isNullable, charset } = same;
      return { ...column, columnType, isNullable, charset };
    });
    const whole: Table = { ...table, columns };
    return { table: whole, route: identityRoute(whole) };
  }

  const literal = (value: FakeRow[number]) =>
    typeof value === 'string' ? `'${value}'` : String(value);

  async function fill(of: HistoryTable, rows: readonly FakeRow[]): Promise<void> {
    await target.session.run(`DELETE FROM ${of.name}`);
    if (rows.length === 0) return;
    const values = rows.map((row) => `(${row.map(literal).join(',')})`);
    await target.session.run(`INSERT INTO ${of.name} VALUES ${values.join(',')}`);
  }

  async function content(of: HistoryTable): Promise<string[]> {
    const rows = await rowsOf(target, `SELECT * FROM ${of.name}`);
    return rows.map((row) => row.map((value) => String(value)).join(',')).sort();
  }

  async function plan(changes: readonly RowsChange[], by = planner) {
    const wired = changes.map(asWireChange);
    await target.binder.prepare(wired);
    return by.planGroup(wired, target.binder);
  }

  const apply = async (changes: readonly RowsChange[], by = planner) =>
    runPackets(target, (await plan(changes, by)).packets);

  it.each([...HISTORY_TABLES, KEY_FIRST, KEYLESS].map((of) => [of.name, of] as const))(
    'leave what the source has: %s',
    async (_, of) => {
      const base = await create(of);
      await fc.assert(
        fc.asyncProperty(historyOf(of, base), fc.boolean(), async (history, isSmall) => {
          await fill(of, history.start);
          // Statements of a few rows each, or of all.
          const by = isSmall ? planning({ ...settings, maxEventBytes: 220 }) : planner;
          // A statement changes each row once, so without a key no event of a source changes what it made.
          const isKeyed = of.keys.length > 0;
          const changes = isKeyed ? history.changes : history.changes.flatMap(rowByRow);
          const { packets } = await plan(changes, by);
          if (history.changes.length > 3) {
            expect(packets.some(({ kind }) => kind === 'images')).toBe(true);
          }
          expect(await runPackets(target, packets)).toEqual([]);
          expect(await content(of)).toEqual(history.end);
        }),
        { numRuns: 25 },
      );
    },
  );

  describe('a target that has drifted', () => {
    const of: HistoryTable = {
      ...(HISTORY_TABLES[3] as HistoryTable),
      name: 'drifted',
    };
    const one: FakeRow = [1, 'a', 1, 0];
    const two: FakeRow = [2, 'b', 2, 0];
    let base: Base;

    beforeAll(async () => {
      base = await create(of);
    });

    it.each<[string, readonly FakeRow[], (of: Base) => RowsChange[]]>([
      ['an update', [one], (b) => [fakeChange({ ...b, before: [two], after: [[2, 'b', 3, 0]] })]],
      ['a delete', [one], (b) => [fakeChange({ ...b, before: [one, two] })]],
      ['an insert', [one], (b) => [fakeChange({ ...b, after: [one] })]],
      [
        'an update that meets another row by a unique value',
        [one, [9, 'c', 9, 0]],
        (b) => [fakeChange({ ...b, before: [one], after: [[1, 'c', 1, 0]] })],
      ],
      [
        'a row that came and went but is there',
        [one],
        (b) => [fakeChange({ ...b, after: [one] }), fakeChange({ ...b, before: [one] })],
      ],
    ])('is noticed: %s', async (_, rows, changes) => {
      await fill(of, rows);
      await target.session.run('BEGIN');
      expect(await apply(changes(base))).not.toEqual([]);
      await target.session.run('ROLLBACK');
      expect(await content(of)).toEqual(rows.map((row) => row.map(String).join(',')).sort());
    });
  });

  describe('a table without a key that has drifted', () => {
    const of: HistoryTable = { ...KEYLESS, name: 'drifted_keyless' };
    let base: Base;

    beforeAll(async () => {
      base = await create(of);
    });

    it.each<[string, (of: Base) => RowsChange[]]>([
      ['a row that was deleted', (b) => [fakeChange({ ...b, before: [[2, 0]] })]],
      ['one of two equal rows', (b) => [fakeChange({ ...b, before: [...ONE, ...ONE] })]],
      ['a row that changed', (b) => [fakeChange({ ...b, before: [[2, 0]], after: [[2, 1]] })]],
      [
        'a row that went and came again',
        (b) => [fakeChange({ ...b, before: [[2, 0]] }), fakeChange({ ...b, after: [[2, 0]] })],
      ],
    ])('is noticed where it lacks %s', async (_, changes) => {
      await fill(of, ONE);
      await target.session.run('BEGIN');
      expect(await apply(changes(base))).not.toEqual([]);
      await target.session.run('ROLLBACK');
      expect(await content(of)).toEqual(['1,0']);
    });
  });

  it.each([['update'], ['delete']] as const)(
    'of an %s have the key alone of the row before; the target logs all of it',
    async (action) => {
      const of = {
        ...KEY_FIRST,
        name: 'logged',
        sql: KEY_FIRST.sql.replace(/w VARCHAR.5/, 'w VARCHAR(60'),
      };
      const base = await create(of);
      const [was, is] = ['x'.repeat(60), 'y'.repeat(60)];
      await fill(of, [[1, 'a', 0, was]]);
      const [file, place] = (await rowsOf(target, 'SHOW BINARY LOGS')).at(-1) ?? [];
      const { packets } = await plan([
        action === 'delete'
          ? fakeChange({ ...base, before: [[1, 'a', 0, was]] })
          : fakeChange({
              ...base,
              before: [[1, 'a', 0, was]],
              after: [[1, 'a', 1, is]],
            }),
      ]);
      const [sent] = packets.map(({ sql }) => Buffer.from(sql.toString().slice(8, -1), 'base64'));
      expect(sent?.includes(was)).toBe(false);
      expect(await runPackets(target, packets)).toEqual([]);
      expect(await content(of)).toEqual(action === 'delete' ? [] : [`1,a,1,${is}`]);
      const events = await rowsOf(target, `SHOW BINLOG EVENTS IN '${file}' FROM ${place}`);
      const sizes = events
        .map(([, at, type], index) => ({
          type,
          size: Number(events[index + 1]?.[1]) - Number(at),
        }))
        .filter(({ type }) => type?.toLowerCase().startsWith(`${action}_rows`))
        .map(({ size }) => size);
      expect(sizes).toEqual([expect.any(Number)]);
      expect(sizes[0]).toBeGreaterThan(action === 'delete' ? 60 + 35 : 120 + 35);
    },
  );

  it('take part in the transaction, savepoints too', async () => {
    const of: HistoryTable = {
      ...(HISTORY_TABLES[0] as HistoryTable),
      name: 'undone',
    };
    const base = await create(of);
    const insert = (id: number) => apply([fakeChange({ ...base, after: [[id, id]] })]);
    await target.session.run('BEGIN');
    expect(await insert(1)).toEqual([]);
    await target.session.run('SAVEPOINT here');
    expect(await insert(2)).toEqual([]);
    await target.session.run('ROLLBACK TO SAVEPOINT here');
    expect(await content(of)).toEqual(['1,1']);
    await target.session.run('ROLLBACK');
    expect(await content(of)).toEqual([]);
  });

  it.each([
    ['another type', 'id BIGINT PRIMARY KEY, v INT'],
    ['another order', 'v INT, id INT PRIMARY KEY'],
    ['a column more', 'id INT PRIMARY KEY, v INT, w INT'],
    ['a column that may not be NULL', 'id INT PRIMARY KEY, v INT NOT NULL DEFAULT 0'],
    ['a generated column', 'id INT PRIMARY KEY, v INT AS (id) STORED'],
  ])('are not used for a table with %s', async (title, sql) => {
    if (name === 'dst56' && sql.includes(' AS ')) return;
    const of: HistoryTable = {
      ...(HISTORY_TABLES[0] as HistoryTable),
      name: `other_${title.replaceAll(' ', '_')}`,
    };
    const { table } = await create({ ...of, name: `same_${of.name}` });
    await target.session.run(`CREATE TABLE ${of.name} (${sql}) ENGINE=InnoDB`);
    const whole: Table = { ...table, name: of.name };
    const change = fakeChange({
      table: whole,
      route: identityRoute(whole),
      after: [[1, 1]],
    });
    const { packets } = await plan([change]);
    expect(packets.map(({ kind }) => kind)).toEqual(['statements']);
    expect(await runPackets(target, packets)).toEqual([]);
  });
});
