import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replication } from '../support/replication.ts';
import { testServer } from '../support/servers.ts';
import { openSql } from '../support/sql.ts';
import { isMysql, scenariosOf, type Kind } from './event-scenarios.ts';

const PAIRS = [
  ['src56', 'dst56', 'mysql56'],
  ['src57', 'dst57', 'mysql57'],
  ['src97', 'dst97', 'mysql97'],
  ['src10', 'dst10', 'mariadb10'],
  ['src11', 'dst11', 'mariadb11'],
] as const satisfies readonly (readonly [string, string, Kind])[];

const database = 'e2e_events';

describe.each(PAIRS)('events, %s → %s', (sourceName, targetName, kind) => {
  const scenarios = scenariosOf(kind);
  let pair: Replication;

  beforeAll(async () => {
    const [source, target] = [testServer(sourceName), testServer(targetName)];
    pair = await Replication.open({ database, source, target });
    await pair.catchUp();
    for (const { write } of scenarios) {
      const sql = await openSql(source, { database });
      try {
        await write(sql, pair);
      } finally {
        await sql.close();
      }
    }
    await pair.catchUp();
  });
  afterAll(() => pair.close());

  it.each(scenarios)('$name', async ({ tables, check }) => {
    await pair.expectSame(...tables);
    await check?.(pair);
  });

  it.skipIf(isMysql(kind))('rows that a ROLLBACK in the binlog took back are counted', async () => {
    const { source } = await pair.status();
    expect(source.dropped['rolled-back']).toBeGreaterThan(0);
  });
});
