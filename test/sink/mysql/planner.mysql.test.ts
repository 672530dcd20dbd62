import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Packet } from '../../../src/sink/mysql/plan.ts';
import { RowsPlanner } from '../../../src/sink/mysql/planner.ts';
import { dialectOf } from '../../../src/sink/mysql/dialect.ts';
import { fakeChange, type FakeRow } from '../../support/fake-images.ts';
import { HISTORY_TABLES, historyBase, historyOf, type HistoryTable } from './histories.ts';
import {
  applyGroup,
  applyInOrder,
  openPlanningTarget,
  rowsOf,
  TARGETS,
  type PlanningTarget,
} from './targets.ts';

const DATABASE = 'sink_planner';

const statementsIn = (packet: Packet) => (packet.kind === 'statements' ? packet.statements : []);

describe.each(TARGETS)('planned statements on %s', (name) => {
  let target: PlanningTarget;

  beforeAll(async () => {
    target = await openPlanningTarget(name);
    await target.session.run(
      `DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE}; USE ${DATABASE}`,
    );
  });
  afterAll(async () => {
    await target.session.run(`DROP DATABASE ${DATABASE}`);
    await target.close();
  });

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

  it.each(HISTORY_TABLES.map((of) => [of.name, of] as const))(
    'groups and single rows leave what the source has: %s',
    async (_, of) => {
      await target.session.run(`CREATE TABLE ${of.name} (${of.sql}) ENGINE=InnoDB`);
      await fc.assert(
        fc.asyncProperty(historyOf(of, historyBase(DATABASE, of)), async (history) => {
          await fill(of, history.start);
          expect(await applyGroup(target, history.changes)).toEqual([]);
          expect(await content(of)).toEqual(history.end);
          await fill(of, history.start);
          expect(await applyInOrder(target, history.changes)).toEqual([]);
          expect(await content(of)).toEqual(history.end);
        }),
        { numRuns: 25 },
      );
    },
  );

  describe('a target that has drifted', () => {
    const of: HistoryTable = { ...(HISTORY_TABLES[3] as HistoryTable), name: 'drifted' };
    const base = historyBase(DATABASE, of);
    const one: FakeRow = [1, 'a', 1, 0];
    const two: FakeRow = [2, 'b', 2, 0];
    const three: FakeRow = [3, 'c', 3, 0];
    const renew = (rows: readonly FakeRow[]) => fakeChange({ ...base, before: rows, after: rows });

    beforeAll(async () => {
      await target.session.run(
        `CREATE TABLE drifted (${of.sql}, extra INT DEFAULT 7) ENGINE=InnoDB`,
      );
      await target.session.run('ALTER TABLE drifted DROP extra');
    });

    it.each([
      ['an update of a row that is missing', [one, two], [renew([one, two, three])]],
      ['an update of the only row, missing', [two], [renew([one])]],
      ['a delete of a missing row', [one], [fakeChange({ ...base, before: [one, two] })]],
      ['an insert of a row that is there', [one], [fakeChange({ ...base, after: [one] })]],
      [
        'an upsert that meets another row by a unique value',
        [one, [9, 'b', 9, 0]],
        [renew([one, two])],
      ],
      [
        'a row that came and went but is there',
        [one],
        [fakeChange({ ...base, after: [one] }), fakeChange({ ...base, before: [one] })],
      ],
    ] as const)('is noticed: %s', async (_, rows, changes) => {
      await fill(of, rows);
      await target.session.run('BEGIN');
      expect(await applyGroup(target, changes)).not.toEqual([]);
      await target.session.run('ROLLBACK');
      expect(await applyInOrder(target, changes)).not.toEqual([]);
    });

    it('an unchanged row is no missing row', async () => {
      await fill(of, [one, two, three]);
      expect(await applyGroup(target, [renew([one, two, three])])).toEqual([]);
      expect(await applyGroup(target, [renew([one])])).toEqual([]);
    });

    it.each([
      ['insert', [[1, 'q', 5, 0]], fakeChange({ ...base, after: [one] })],
      ['insert over another unique key', [[8, 'a', 5, 0]], fakeChange({ ...base, after: [one] })],
      ['update', [], fakeChange({ ...base, before: [two], after: [one] })],
      ['delete', [one], fakeChange({ ...base, before: [two] })],
    ] as const)('overwrites: %s', async (_, rows, change) => {
      await fill(of, rows as readonly FakeRow[]);
      await target.binder.prepare([change]);
      for (const { sql } of target.planner.planOverwrite(
        { change, row: 0 },
        target.binder.of(change),
      )) {
        expect((await target.session.execute([sql])).failure).toBeUndefined();
      }
      expect(await content(of)).toEqual([one.map(String).join(',')]);
    });
  });

  it('cuts statements and packets by rows and bytes', async () => {
    const of: HistoryTable = { ...(HISTORY_TABLES[0] as HistoryTable), name: 'cut' };
    await target.session.run(`CREATE TABLE cut (${of.sql}) ENGINE=InnoDB`);
    const base = historyBase(DATABASE, of);
    const rows = Array.from({ length: 1001 }, (_, id): FakeRow => [id, id]);
    const changed = rows.map(([id]): FakeRow => [id, -1]);
    const planner = new RowsPlanner(dialectOf(target.session.info), {
      maxStatementRows: 100,
      maxStatementBytes: 1500,
      maxPacketBytes: 4000,
    });
    const groups = [
      [fakeChange({ ...base, after: rows })],
      [fakeChange({ ...base, before: rows, after: changed })],
      [fakeChange({ ...base, before: changed })],
    ];
    for (const [step, changes] of groups.entries()) {
      await target.binder.prepare(changes);
      const { packets } = planner.planGroup(changes, target.binder);
      const statements = packets.flatMap(statementsIn);
      expect(packets.length).toBeGreaterThan(1);
      for (const packet of packets) {
        expect(packet.sql.length).toBeLessThan(4000);
        const { replies, failure } = await target.session.execute([packet.sql]);
        expect(failure).toBeUndefined();
        expect(replies).toHaveLength(statementsIn(packet).length);
      }
      expect(statements.flatMap((statement) => statement.rows)).toHaveLength(1001);
      expect(Math.max(...statements.map(({ sql }) => sql.length))).toBeLessThanOrEqual(1600);
      const [counted] = await rowsOf(target, 'SELECT COUNT(*), COALESCE(SUM(v = -1), 0) FROM cut');
      expect(counted).toEqual(
        [
          ['1001', '0'],
          ['1001', '1001'],
          ['0', '0'],
        ][step],
      );
    }
  });
});
