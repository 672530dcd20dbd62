import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeChange, fakeColumn, fakeTable, identityRoute } from '../../support/fake-images.ts';
import { applyGroup, openPlanningTarget, rowsOf, type PlanningTarget } from './targets.ts';

const DATABASE = 'sink_keys';
const targets = new Map<string, PlanningTarget>();

beforeAll(async () => {
  for (const name of ['dst57', 'dst97', 'dst11'] as const) {
    const target = await openPlanningTarget(name);
    targets.set(name, target);
    await target.session.run(
      `DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE}; USE ${DATABASE}`,
    );
  }
});
afterAll(async () => {
  for (const target of targets.values()) {
    await target.session.run(`DROP DATABASE ${DATABASE}`);
    await target.close();
  }
});

/** Two rows swap the value that the key is about, by way of a third. */
it.each([
  ['an expression', 'dst97', 'a VARCHAR(9), UNIQUE ((CONCAT(a, 1)))'],
  ['a prefix', 'dst57', 'a VARCHAR(9), UNIQUE (a(2))'],
  ['a long text', 'dst11', 'a TEXT, UNIQUE (a)'],
  ['a generated column', 'dst57', 'a VARCHAR(9), g VARCHAR(9) AS (CONCAT(a, 1)), UNIQUE (g)'],
  ['a stored generated column', 'dst97', 'a VARCHAR(9), g VARCHAR(9) AS (a) STORED, UNIQUE (g)'],
  ['an invisible index', 'dst97', 'a VARCHAR(9), UNIQUE u (a) INVISIBLE'],
] as const)('a unique key over %s', async (_, name, columns) => {
  const target = targets.get(name) as PlanningTarget;
  await target.session.run(
    `DROP TABLE IF EXISTS k; CREATE TABLE k (id INT PRIMARY KEY, ${columns})`,
  );
  target.binder.forget();
  const hasGenerated = columns.includes(' AS ');
  const table = fakeTable(
    DATABASE,
    'k',
    [
      fakeColumn('id', 'int'),
      fakeColumn('a', 'varchar'),
      ...(hasGenerated ? [fakeColumn('g', 'varchar', { generated: 'virtual' })] : []),
    ],
    [0],
  );
  const base = { table, route: identityRoute(table) };
  const row = (id: number, a: string) => (hasGenerated ? [id, a, `${a}1`] : [id, a]);
  const step = (id: number, from: string, to: string) =>
    fakeChange({ ...base, before: [row(id, from)], after: [row(id, to)] });
  expect(
    await applyGroup(target, [fakeChange({ ...base, after: [row(1, 'x'), row(2, 'y')] })]),
  ).toEqual([]);
  const swap = [step(1, 'x', 'z'), step(2, 'y', 'x'), step(1, 'z', 'y')];
  expect(target.planner.planGroup(swap, target.binder).inOrder.size).toBe(0);
  expect(await applyGroup(target, swap)).toEqual([]);
  expect(await rowsOf(target, 'SELECT id, a FROM k ORDER BY id')).toEqual([
    ['1', 'y'],
    ['2', 'x'],
  ]);
});

it('goes in order where the target has a unique key that the source says nothing of', async () => {
  const target = targets.get('dst57') as PlanningTarget;
  await target.session.run(
    'DROP TABLE IF EXISTS k; CREATE TABLE k (id INT PRIMARY KEY, a INT, own INT, UNIQUE (a, own))',
  );
  target.binder.forget();
  const table = fakeTable(DATABASE, 'k', [fakeColumn('id', 'int'), fakeColumn('a', 'int')], [0]);
  const change = fakeChange({ table, route: identityRoute(table), after: [[1, 1]] });
  await target.binder.prepare([change]);
  expect([...target.planner.planGroup([change], target.binder).inOrder.values()]).toEqual([
    expect.stringContaining('unique key a'),
  ]);
});
