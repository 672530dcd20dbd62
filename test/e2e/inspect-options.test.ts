import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { allDifferences, runInspect } from './inspect-support.ts';
import { Pair } from './pair.ts';

const DATABASE = 'e2e_inspect_opt';
const ROWS = 8192;
const RENAMES = `[[task.table]]
match = "${DATABASE}.users"
to = "${DATABASE}.people"
drop_columns = ["secret"]
rename_columns = { mail = "email" }
`;

/** Tables and columns that are called otherwise at the target, differences in every one. */
describe('what inspect is told to look at', () => {
  let pair: Pair;

  beforeAll(async () => {
    pair = await Pair.open('src57', 'dst11', DATABASE);
    const users = 'CREATE TABLE users (id INT PRIMARY KEY, mail VARCHAR(40), secret VARCHAR(40))';
    await pair.source.run(users);
    await pair.target.run('CREATE TABLE people (id INT PRIMARY KEY, email VARCHAR(40))');
    await pair.both(
      'CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
      'CREATE TABLE loose (a INT, b VARCHAR(20))',
    );
    await pair.configure({ tail: RENAMES });
    await pair.source.run(
      "INSERT INTO users VALUES (1, 'a@x', 's'), (2, 'b@x', 't'), (3, 'c@x', 'u')",
      'INSERT INTO plain (v) VALUES (0)',
      "INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (2, NULL)",
    );
    for (let rows = 1; rows < ROWS; rows *= 2) {
      await pair.source.run('INSERT INTO plain (v) SELECT v + id FROM plain');
    }
    const run = await pair.run();
    expect(run.code, run.stderr.slice(-2000)).toBe(0);
  }, 90_000);

  afterAll(async () => {
    await pair.drop();
    await pair.close();
  });

  it(
    'finds rows by their names on both sides, and --sql makes both equal',
    { timeout: 90_000 },
    async () => {
      expect((await runInspect(pair)).code).toBe(0);
      await pair.target.run(
        "UPDATE people SET email = 'other' WHERE id = 2",
        'DELETE FROM people WHERE id = 3',
        "INSERT INTO people VALUES (9, 'extra')",
        'UPDATE plain SET v = -1 WHERE id IN (5, 500)',
        'DELETE FROM loose WHERE a = 1 LIMIT 1',
        "INSERT INTO loose VALUES (7, 'it''s \\\\ new')",
      );
      const found = await runInspect(pair, '--table', `${DATABASE}.users`);
      expect(found.code).toBe(3);
      expect(
        allDifferences(found.report)
          .map(({ key, kind }) => `${key} ${kind}`)
          .sort(),
      ).toEqual(['id=2 stale', 'id=3 missing', 'id=9 extra']);
      expect(allDifferences(found.report).find(({ key }) => key === 'id=2')?.columns).toMatchObject(
        [{ column: 'mail', source: 'b@x', target: 'other' }],
      );
      const { code, stdout } = await pair.command('inspect', '--sql');
      expect(code).toBe(3);
      for (const statement of stdout.split(/;\n/).filter((one) => one.trim() !== '')) {
        await pair.target.run(statement);
      }
      const after = await runInspect(pair);
      expect(allDifferences(after.report)).toEqual([]);
      expect(after.code).toBe(0);
      expect(await pair.rows('SELECT * FROM people ORDER BY id')).toEqual([
        '1 a@x',
        '2 b@x',
        '3 c@x',
      ]);
    },
  );

  it('only rows of a condition, in the names of the source', { timeout: 60_000 }, async () => {
    await pair.target.run(
      "UPDATE people SET email = 'other' WHERE id IN (1, 2)",
      'UPDATE plain SET v = -1 WHERE id = 17',
    );
    const narrow = await runInspect(
      pair,
      '--table',
      `${DATABASE}.users`,
      '--where',
      "mail LIKE 'a%'",
    );
    expect(allDifferences(narrow.report).map(({ key }) => key)).toEqual(['id=1']);
    const none = await runInspect(pair, '--table', `${DATABASE}.plain`, '--where', 'id > 17');
    expect(allDifferences(none.report)).toEqual([]);
    expect(none.report.tables[0]?.rows).toBeLessThan(ROWS * 2);
    const refused = await pair.command('inspect', '--where', 'no_such_column = 1');
    expect(refused.code).toBeGreaterThan(1);
    expect(refused.stderr).toContain('no_such_column');
    expect((await runInspect(pair, '--repair')).code).toBe(0);
  });

  it('a part of each table', { timeout: 60_000 }, async () => {
    const part = await runInspect(pair, '--table', `${DATABASE}.plain`, '--sample', '0.0001');
    expect(part.code).toBe(0);
    // One range holds it all: it is looked at or not.
    expect(part.report.tables[0]?.rows).toBeLessThan(ROWS * 2);
    for (const wrong of ['0', '101%', 'some']) {
      const { code, stderr } = await pair.command('inspect', '--sample', wrong);
      expect(code).toBe(2);
      expect(stderr).toContain('is no part of a table');
    }
  });
});

describe('inspect amid changes of definitions', () => {
  it(
    'looks again at a table that is altered, dropped or made meanwhile, and tells no difference',
    { timeout: 120_000 },
    async () => {
      const pair = await Pair.open('src57', 'dst11', 'e2e_inspect_ddl');
      let running: Running | undefined;
      try {
        await pair.source.run(
          'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
          'INSERT INTO t (v) VALUES (1)',
        );
        for (let rows = 1; rows < ROWS; rows *= 2)
          await pair.source.run('INSERT INTO t (v) SELECT v + id FROM t');
        running = pair.start('run');
        await waitFor('the rows', async () => (await pair.difference()) === '', 60_000);
        const over = new AbortController();
        const isOver = (): boolean => over.signal.aborted;
        const altering = (async () => {
          for (let turn = 0; turn < 12 && !isOver(); turn += 1) {
            await pair.source.run(
              `ALTER TABLE t ADD COLUMN c${turn} INT DEFAULT ${turn}`,
              'UPDATE t SET v = v + 1 WHERE id % 50 = 0',
              'CREATE TABLE IF NOT EXISTS fleeting (id INT PRIMARY KEY)',
              `REPLACE INTO fleeting VALUES (${turn})`,
              ...(turn % 3 === 2 ? ['DROP TABLE fleeting'] : []),
            );
          }
        })();
        const inspections = [await runInspect(pair), await runInspect(pair)];
        over.abort();
        await altering;
        for (const { report } of inspections) {
          expect(allDifferences(report)).toEqual([]);
          expect(report.tables.map(({ table }) => table)).toContain('e2e_inspect_ddl.t');
        }
        await waitFor('the end', async () => (await pair.difference()) === '', 60_000);
        const { code, report } = await runInspect(pair);
        expect(code, JSON.stringify(report)).toBe(0);
        expect(running.child.exitCode).toBeNull();
      } finally {
        running?.child.kill('SIGKILL');
        await running?.finished;
        await pair.drop();
        await pair.close();
      }
    },
  );
});

describe('strategies = ["inspect"]', () => {
  it('compares in rounds and writes nothing', { timeout: 90_000 }, async () => {
    const pair = await Pair.open('src57', 'dst11', 'e2e_inspect_only', {
      start: '',
      tail: '[task.inspect]\nevery_seconds = 1\nquick_every_seconds = 0\nalarm_after = 1\n',
    });
    let running: Running | undefined;
    try {
      pair.edit((text) => text.replace('[[task]]\n', '[[task]]\nstrategies = ["inspect"]\n'));
      await pair.both(
        'CREATE TABLE t (id INT PRIMARY KEY, v INT)',
        'INSERT INTO t VALUES (1, 1), (2, 2)',
      );
      await pair.target.run('UPDATE t SET v = 9 WHERE id = 2');
      running = pair.start('run');
      await waitFor(
        'a round',
        async () => (await statusOf(pair)).inspection?.differences === 1,
        60_000,
      );
      const { state, inspection } = await statusOf(pair);
      expect(state).toBe('inspecting');
      expect(inspection?.alarms).toBe(1);
      expect(await pair.rows('SELECT v FROM t ORDER BY id')).toEqual(['1', '9']);
      expect(await pair.rows("SHOW DATABASES LIKE 'tailrace_e2e_inspect_only'")).toEqual([]);
      running.child.kill('SIGTERM');
      expect((await running.finished).code).toBe(0);
    } finally {
      running?.child.kill('SIGKILL');
      await pair.drop();
      await pair.close();
    }
  });
});

interface InspectingStatus {
  readonly state: string;
  readonly inspection: { readonly differences: number; readonly alarms: number } | null;
}

async function statusOf(pair: Pair): Promise<InspectingStatus> {
  const { stdout } = await pair.command('status', '--json');
  const [task] = (JSON.parse(stdout) as { tasks: InspectingStatus[] }).tasks;
  if (task === undefined) throw new Error('no status');
  return task;
}
