import { describe, expect, it } from 'vitest';
import type { ServerName } from '../support/servers.ts';
import { PLANTED, ROWS, TABLES, TARGET_COLUMNS } from './inspect-differences.ts';
import { allDifferences, runInspect } from './inspect-support.ts';
import { Pair } from './pair.ts';

const DATABASE = 'e2e_inspect';
const PAIRS: readonly (readonly [ServerName, ServerName])[] = [
  ['src57', 'dst97'],
  ['src10', 'dst11'],
  ['src57', 'dst11'],
];

async function open(from: ServerName, to: ServerName): Promise<Pair> {
  const pair = await Pair.open(from, to, DATABASE);
  await pair.source.run(...TABLES);
  const made = await pair.run();
  expect(made.code, made.stderr.slice(-2000)).toBe(0);
  await pair.target.run(...TARGET_COLUMNS);
  await pair.source.run("SET NAMES utf8mb4, time_zone = '+00:00'", ...ROWS);
  const filled = await pair.run();
  expect(filled.code, filled.stderr.slice(-2000)).toBe(0);
  await pair.target.run("SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''");
  return pair;
}

function told(differences: ReturnType<typeof allDifferences>) {
  return differences
    .map(({ table, key, kind, cause, copies, columns }) =>
      [table, key, kind, cause, `${copies}`, columns.map(({ column }) => column).join('+')].join(
        ' | ',
      ),
    )
    .sort();
}

const EXPECTED = PLANTED.map(({ table, key, kind, cause, copies, column }) =>
  [`${DATABASE}.${table}`, key, kind, cause, `${copies ?? 1}`, column ?? ''].join(' | '),
).sort();

describe('inspect finds and mends each planted difference', () => {
  it.for(PAIRS)('%s → %s', { timeout: 120_000 }, async ([from, to]) => {
    const pair = await open(from, to);
    try {
      const before = await runInspect(pair);
      expect(allDifferences(before.report)).toEqual([]);
      expect(before.code).toBe(0);

      await pair.target.run(...PLANTED.map(({ sql }) => sql));
      const found = await runInspect(pair);
      expect(told(allDifferences(found.report))).toEqual(EXPECTED);
      expect(found.code).toBe(3);

      const statements = await pair.command('inspect', '--sql', '--table', `${DATABASE}.many`);
      expect(statements.code).toBe(3);
      expect(statements.stdout.split('\n').slice(1)).toEqual([
        expect.stringContaining('UPDATE `e2e_inspect`.`many`'),
        expect.stringContaining('INSERT INTO `e2e_inspect`.`many`'),
        '',
      ]);

      const mended = await runInspect(pair, '--repair');
      expect(told(allDifferences(mended.report))).toEqual(EXPECTED);
      expect(allDifferences(mended.report).filter(({ isRepaired }) => !isRepaired)).toEqual([]);
      expect(mended.code).toBe(0);
      const after = await runInspect(pair);
      expect(allDifferences(after.report)).toEqual([]);
      // And the task goes on over what was mended.
      await pair.source.run('UPDATE many SET v = v + 1', 'DELETE FROM keyless WHERE a < 5');
      expect((await pair.run()).code).toBe(0);
      expect((await runInspect(pair)).code).toBe(0);
    } finally {
      await pair.both(`DROP DATABASE ${DATABASE}`);
      await pair.close();
    }
  });
});
