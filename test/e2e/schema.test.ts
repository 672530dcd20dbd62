import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Replication } from '../support/replication.ts';
import { startOwnServer, testServer, type OwnServer } from '../support/servers.ts';
import { CHANGES } from './schema-changes.ts';

const PAIRS = [
  ['src56', 'dst56'],
  ['src57', 'dst57'],
  ['src97', 'dst97'],
  ['src10', 'dst10'],
  ['src11', 'dst11'],
] as const;

const database = 'e2e_schema';
const NOT_LATE = `/^${database}\\.(?!late_).*/`;

async function writeChanges(pair: Replication): Promise<void> {
  for (const { sql } of CHANGES) await pair.source.run("set sql_mode = ''", ...sql);
}

describe.each(PAIRS)('definitions at event time, read late, %s → %s', (sourceName, targetName) => {
  let pair: Replication;

  beforeAll(async () => {
    const [source, target] = [testServer(sourceName), testServer(targetName)];
    pair = await Replication.open({ database, source, target, include: [NOT_LATE] });
    // Left out at first; made before the task begins, so that no DDL of the stream tells of them.
    const late = ['same', 'changed'].map(
      (name) => `create table late_${name} (id int primary key, a int, b int)`,
    );
    await pair.source.run(...late);
    await pair.target.run(`use ${database}`, ...late);
    await pair.catchUp();
    await writeChanges(pair);
    await pair.catchUp();
  });
  afterAll(() => pair.close());

  it.each(CHANGES)('$name', ({ table }) => pair.expectSame(table));

  it('the same when the state file is lost; and tables that the filter takes in later', async () => {
    await pair.source.run(
      'insert into late_same values (1, 2, 3)',
      'insert into late_changed values (1, 2, 3)',
      'alter table late_changed change a b int, change b a int',
      'insert into late_changed values (2, 3, 4)',
      'insert into swapped values (5, 1, 2, 3)',
      'alter table swapped change a b int, change b a int, drop column d',
      'insert into swapped values (6, 1, 2)',
      "insert into labels values (8, 'b', 'x')",
    );
    rmSync(join(pair.workspace.dir, 'state'), { recursive: true });
    pair.configure({ include: [`${database}.*`] });
    // What late_changed was before its ALTER, nobody can know.
    const stop = await pair.expectStop(4, 'SOURCE_SCHEMA_UNKNOWN');
    expect(stop.stderr + stop.stdout).toContain(`${database}.late_changed`);
    expect(stop.stderr + stop.stdout).toContain('binlog_row_metadata');
    await pair.expectSame('late_same');
    await pair.skip('copied by hand');
    await pair.target.run(`insert into ${database}.late_changed values (1, 2, 3)`);
    await pair.catchUp();
    await pair.expectSame('swapped', 'labels', 'late_same', 'late_changed');
  });
});

/** Servers that send everything with the rows; each is restarted on the way. */
describe.each([
  ['97', 'dst97'],
  ['10', 'dst10'],
  ['11', 'dst11'],
] as const)('definitions at event time, own server %s → %s', (kind, targetName) => {
  let server: OwnServer;
  let pair: Replication;

  beforeAll(async () => {
    server = startOwnServer(kind, '--binlog-row-metadata=FULL');
    const target = testServer(targetName);
    pair = await Replication.open({ database, source: server, target });
    await pair.catchUp();
    await writeChanges(pair);
    // Nothing is known of the definitions but what comes with the rows.
    await pair.catchUp();
  });
  afterAll(async () => {
    try {
      await pair.close();
    } finally {
      server.destroy();
    }
  });

  it.each(CHANGES)('$name, row metadata FULL', ({ table }) => pair.expectSame(table));

  it('equal table ids of two lives of the server, and tables flushed in between', async () => {
    /** Each life of the server counts its table ids from the start. */
    const live = async (...statements: string[]): Promise<void> => {
      server.stop();
      server = server.start('--binlog-row-metadata=MINIMAL');
      await pair.reconnectSource();
      await pair.source.run(...statements);
    };
    await live(
      'create table lives (id int primary key, a int, b int)',
      'insert into lives values (1, 2, 3)',
      'flush tables',
      'insert into lives values (2, 3, 4)',
    );
    await live(
      'alter table lives change a b int, change b a int',
      'insert into lives values (3, 2, 3)',
      'flush tables',
      'insert into lives values (4, 3, 4)',
    );
    await live(
      'alter table lives modify a int unsigned first',
      'insert into lives values (4294967295, 5, 3)',
      'rename table lives to lives2, swapped to lives, lives2 to swapped',
      'insert into swapped values (1, 6, 7)',
    );
    await pair.catchUp();
    await pair.expectSame('lives', 'swapped');
  });
});
