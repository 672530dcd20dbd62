import { describe, expect, it } from 'vitest';
import type { ServerName } from '../support/servers.ts';
import { runInspect } from './inspect-support.ts';
import { Pair } from './pair.ts';
import { valueTables, type ServerTraits } from './value-tables.ts';
import { ValueWorkload } from './value-workload.ts';

const MYSQL57 = { isMariadb: false, version: 5.7 };
const MARIADB10 = { isMariadb: true, version: 10.11 };
/** What servers print in their own ways; the others take turns. */
const ALWAYS = /extra|json/;

const PAIRS: readonly (readonly [ServerName, ServerName, ServerTraits, number])[] = [
  ['src57', 'dst57', MYSQL57, 0],
  ['src57', 'dst97', MYSQL57, 1],
  ['src10', 'dst11', MARIADB10, 2],
  ['src57', 'dst11', MYSQL57, 3],
];

describe('inspect finds every value of every type equal', () => {
  it.for(PAIRS)('%s → %s', { timeout: 120_000 }, async ([from, to, traits, turn]) => {
    const isOtherFamily = traits.isMariadb !== /1[01]$/.test(to);
    const possible = valueTables(traits).filter((one) => !isOtherFamily || !one.isOwnFamilyOnly);
    const tables = possible.filter(
      ({ name }, index) => index % PAIRS.length === turn || ALWAYS.test(name),
    );
    const workload = new ValueWorkload(tables);
    const pair = await Pair.open(from, to, 'e2e_inspect_values');
    try {
      await pair.source.run(
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
        ...workload.create(),
        ...workload.inserts(),
      );
      const run = await pair.run();
      expect(run.code, run.stderr.slice(-2000)).toBe(0);
      const { code, report } = await runInspect(pair);
      const differing = report.tables.filter(
        (one) => one.problem !== null || one.differences.length,
      );
      expect(differing).toEqual([]);
      expect(report.withoutBinlog).toBeNull();
      expect(report.tables).toHaveLength(tables.length * 2);
      expect(report.tables.every(({ rows }) => rows > 0)).toBe(true);
      expect(code).toBe(0);
    } finally {
      await pair.both('DROP DATABASE e2e_inspect_values');
      await pair.close();
    }
  });
});
