import { describe, expect, it } from 'vitest';
import type { ServerName } from '../support/servers.ts';
import { Pair } from './pair.ts';
import { OWN_COLUMNS, specialTables } from './special-tables.ts';
import { valueTables, type ServerTraits } from './value-tables.ts';
import { ValueWorkload } from './value-workload.ts';

interface Scenario {
  readonly source: ServerName;
  readonly target: ServerName;
  readonly traits: ServerTraits;
}

const SCENARIOS: readonly Scenario[] = [
  { source: 'src57', target: 'dst57', traits: { isMariadb: false, version: 5.7 } },
  { source: 'src97', target: 'dst97', traits: { isMariadb: false, version: 9.7 } },
  { source: 'src10', target: 'dst10', traits: { isMariadb: true, version: 10.11 } },
];

/** Every type and character set, tables of unusual kinds, views and what is left out by policy. */
async function fill(pair: Pair, traits: ServerTraits): Promise<void> {
  const workload = new ValueWorkload(valueTables(traits));
  const special = specialTables(traits);
  await pair.source.run(
    "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
    ...workload.create(),
    ...special.flatMap(({ create }) => create),
    ...workload.inserts(),
    ...special.flatMap(({ inserts }) => inserts),
  );
}

describe.each(SCENARIOS)('snapshot of every type, $source → $target', (scenario) => {
  it.each(['mysqldump', 'native'])('by %s', async (engine) => {
    const pair = await Pair.open(scenario.source, scenario.target, `e2e_sv_${engine}`);
    try {
      await fill(pair, scenario.traits);
      const finished = await pair.command('snapshot', '--engine', engine);
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference({ ownColumns: OWN_COLUMNS })).toBe('');
      const run = await pair.run();
      expect(run.code, run.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference({ ownColumns: OWN_COLUMNS })).toBe('');
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});
