import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServer, startOwnServer, testServer, type TestServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { compareDatabases } from '../support/table-content.ts';
import { type Running, startTailrace, Workspace } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { headOf } from './pair.ts';
import { changesByItself, OWN_COLUMNS, specialTables } from './special-tables.ts';
import { type ServerTraits, valueTables } from './value-tables.ts';
import { ValueWorkload } from './value-workload.ts';

const DATABASE = 'e2e_values';

type Target = 'dst56' | 'dst57' | 'dst97' | 'dst10' | 'dst11';
type ApplyWay = 'auto' | 'rows' | 'sql';

interface Scenario {
  readonly title: string;
  readonly source: () => TestServer;
  readonly traits: ServerTraits;
  /** By name of the shared server, with the way in which rows are written there. */
  readonly targets: Readonly<Partial<Record<Target, ApplyWay>>>;
  /** What the writing session sets besides. */
  readonly session?: readonly string[];
}

const MYSQL56 = { isMariadb: false, version: 5.6 };
const MYSQL57 = { isMariadb: false, version: 5.7 };
const MYSQL97 = { isMariadb: false, version: 9.7 };
const MARIADB10 = { isMariadb: true, version: 10.11 };
const MARIADB11 = { isMariadb: true, version: 11.8 };

const owned: OwnServer[] = [];
const own =
  (kind: string, ...options: string[]) =>
  () => {
    const server = startOwnServer(kind, ...options);
    owned.push(server);
    return server;
  };
const shared = (name: 'src56' | 'src57' | 'src97' | 'src10' | 'src11') => () => testServer(name);

const SCENARIOS: readonly Scenario[] = [
  { title: 'MySQL 5.6', source: shared('src56'), traits: MYSQL56, targets: { dst56: 'rows' } },
  {
    title: 'MySQL 5.7',
    source: shared('src57'),
    traits: MYSQL57,
    targets: { dst57: 'rows', dst97: 'sql', dst11: 'auto' },
  },
  { title: 'MySQL 9.7', source: shared('src97'), traits: MYSQL97, targets: { dst97: 'sql' } },
  {
    title: 'MariaDB 10.11',
    source: shared('src10'),
    traits: MARIADB10,
    targets: { dst10: 'sql', dst11: 'rows' },
  },
  { title: 'MariaDB 11.8', source: shared('src11'), traits: MARIADB11, targets: { dst11: 'rows' } },
  {
    title: 'MySQL 9.7 with FULL row metadata and compressed transactions',
    source: own('97', '--binlog-row-metadata=FULL'),
    traits: MYSQL97,
    targets: { dst97: 'rows' },
    session: ['SET SESSION binlog_transaction_compression = ON'],
  },
  {
    title: 'MariaDB 10.11 with MINIMAL row metadata and compressed events',
    source: own(
      '10',
      '--binlog-row-metadata=MINIMAL',
      '--log-bin-compress=ON',
      '--log-bin-compress-min-len=10',
    ),
    traits: MARIADB10,
    targets: { dst10: 'rows' },
  },
  {
    title: 'MariaDB 11.8 with FULL row metadata and compressed events',
    source: own(
      '11',
      '--binlog-row-metadata=FULL',
      '--log-bin-compress=ON',
      '--log-bin-compress-min-len=10',
    ),
    traits: MARIADB11,
    targets: { dst11: 'sql' },
  },
];

interface Replica {
  readonly name: string;
  readonly sql: Sql;
  readonly workspace: Workspace;
  readonly running: Running;
  readonly isOtherFamily: boolean;
}

/** One source, its tasks running, one for each target. */
class ValuesRun {
  readonly #scenario: Scenario;
  readonly #database: string;
  readonly source: Sql;
  readonly replicas: readonly Replica[];
  #stages = 0;

  private constructor(
    scenario: Scenario,
    parts: { database: string; source: Sql; replicas: readonly Replica[] },
  ) {
    this.#scenario = scenario;
    this.#database = parts.database;
    this.source = parts.source;
    this.replicas = parts.replicas;
  }

  static async start(scenario: Scenario, database: string): Promise<ValuesRun> {
    const server = scenario.source();
    const source = await openSql(server);
    await source.run(
      `DROP DATABASE IF EXISTS ${database}`,
      "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
      ...(scenario.session ?? []),
    );
    const replicas: Replica[] = [];
    for (const name of Object.keys(scenario.targets) as Target[]) {
      replicas.push(await startReplica(scenario, { name, server, source, database }));
    }
    for (const { running } of replicas) {
      await waitFor('the stream', () => isStreaming(running), 60_000);
    }
    await source.run(
      `CREATE DATABASE ${database}`,
      `USE ${database}`,
      'CREATE TABLE stage (n INT PRIMARY KEY)',
    );
    return new ValuesRun(scenario, { database, source, replicas });
  }

  /** Runs them on the source, waits for every target, and says what differs then. */
  async stage(statements: readonly string[]): Promise<string> {
    for (const statement of statements) await this.#execute(statement);
    const stage = ++this.#stages;
    await this.source.run(`INSERT INTO stage VALUES (${stage})`);
    const differences: string[] = [];
    for (const replica of this.replicas) {
      await waitFor(`${replica.name}, stage ${stage}`, () => this.#has(replica, stage), 90_000);
      const difference = await compareDatabases(this.source, replica.sql, this.#database, {
        leftOut: (table) => replica.isOtherFamily && isOwnFamilyOnly(this.#scenario, table),
        ownColumns: OWN_COLUMNS,
      });
      if (difference !== '') differences.push(`${replica.name}: ${difference}`);
    }
    return differences.join('\n');
  }

  async stop(): Promise<(number | null)[]> {
    const codes: (number | null)[] = [];
    for (const { running } of this.replicas) {
      running.child.kill('SIGTERM');
      codes.push((await running.finished).code);
    }
    return codes;
  }

  async close(): Promise<void> {
    // They are large: what they take is given back at once.
    const drop = `DROP DATABASE IF EXISTS ${this.#database}`;
    for (const { running, sql, workspace } of this.replicas) {
      running.child.kill('SIGKILL');
      await running.finished;
      await sql.run(drop).catch(() => undefined);
      await sql.close();
      workspace.remove();
    }
    await this.source.run(drop).catch(() => undefined);
    await this.source.close();
  }

  async #execute(statement: string): Promise<void> {
    try {
      await this.source.run(statement);
    } catch (cause) {
      throw new Error(`the source refused: ${statement.slice(0, 500)}`, { cause });
    }
  }

  async #has({ sql, running }: Replica, stage: number): Promise<boolean> {
    if (running.child.exitCode !== null) {
      throw new Error(`exit ${running.child.exitCode}: ${running.stderr().slice(-3000)}`);
    }
    const found = await sql
      .value(`SELECT n FROM ${this.#database}.stage WHERE n = ${stage}`)
      .catch(() => null);
    return found !== null;
  }
}

function isStreaming(running: Running): boolean {
  if (running.child.exitCode !== null) throw new Error(running.stderr());
  return /beginning here|Going on from/.test(running.stderr() + running.stdout());
}

async function startReplica(
  scenario: Scenario,
  of: { name: Target; server: TestServer; source: Sql; database: string },
): Promise<Replica> {
  const target = testServer(of.name);
  const sql = await openSql(target);
  const task = `${of.database}_${of.name}`;
  await sql.run(
    `DROP DATABASE IF EXISTS ${of.database}`,
    `DROP DATABASE IF EXISTS tailrace_${task}`,
  );
  const isOtherFamily = scenario.traits.isMariadb !== ['dst10', 'dst11'].includes(of.name);
  const foreign = valueTables(scenario.traits).filter((table) => table.isOwnFamilyOnly === true);
  const workspace = new Workspace();
  workspace.write({
    source: of.server,
    target,
    name: task,
    start: await headOf(of.source),
    include: [`${of.database}.*`],
    targetLines: `apply = "${scenario.targets[of.name] ?? 'auto'}"`,
    exclude: isOtherFamily ? foreign.map(({ name }) => `${of.database}.?_${name}`) : [],
  });
  const running = startTailrace(['run', '-c', workspace.config]);
  return { name: of.name, sql, workspace, running, isOtherFamily };
}

function isOwnFamilyOnly({ traits }: Scenario, table: string): boolean {
  const own = valueTables(traits).filter(({ isOwnFamilyOnly: only }) => only === true);
  return own.some(({ name }) => table === `k_${name}` || table === `x_${name}`);
}

for (const [index, scenario] of SCENARIOS.entries()) {
  // Each stage goes on from the one before: trying one again would tell nothing.
  describe(`every value of ${scenario.title} arrives as it is`, { retry: 0 }, () => {
    const workload = new ValueWorkload(valueTables(scenario.traits));
    const special = specialTables(scenario.traits);
    let run: ValuesRun;

    beforeAll(async () => {
      run = await ValuesRun.start(scenario, `${DATABASE}${index}`);
    });
    afterAll(async () => {
      await run.close();
      owned.splice(0).forEach((server) => {
        server.destroy();
      });
    });

    it('inserted, with a key and without', async () => {
      const create = [...workload.create(), ...special.flatMap((table) => table.create)];
      const inserts = [...workload.inserts(), ...special.flatMap((table) => table.inserts)];
      expect(await run.stage([...create, ...inserts])).toBe('');
    });

    it('updated, to and from NULL', async () => {
      const changes = [...workload.updates(), ...special.flatMap((table) => table.changes)];
      expect(await run.stage(changes)).toBe('');
    });

    it('deleted, by key and one of equal rows', async () => {
      const deletes = [...workload.deletes(), ...special.flatMap((table) => table.deletes)];
      expect(await run.stage(deletes)).toBe('');
    });

    it('inserted, changed, moved and deleted in one transaction', async () => {
      expect(await run.stage(workload.inOneTransaction(1000))).toBe('');
    });

    it.each(['MINIMAL', 'NOBLOB'])(
      'with %s row images: what is absent is not NULL',
      async (image) => {
        const isMinimal = image === 'MINIMAL';
        const base = isMinimal ? 2000 : 3000;
        const difference = await run.stage([
          `SET SESSION binlog_row_image = ${image}`,
          ...workload.columnByColumn(base),
          ...(isMinimal ? workload.inOneTransaction(base + 500) : []),
          ...changesByItself(base, scenario.traits),
          'SET SESSION binlog_row_image = FULL',
        ]);
        expect(difference).toBe('');
      },
    );

    if (scenario.traits.version === 9.7) {
      it.each(['MINIMAL', 'FULL'])('partial JSON updates with %s row images', async (image) => {
        const json = special.find(({ create }) => create[0]?.includes('json_partial') === true);
        const difference = await run.stage([
          `SET SESSION binlog_row_value_options = PARTIAL_JSON, binlog_row_image = ${image}`,
          'DELETE FROM json_partial',
          ...(json?.inserts ?? []),
          ...(json?.changes ?? []),
          'DROP TABLE IF EXISTS json_keyless',
          'CREATE TABLE json_keyless AS SELECT * FROM json_partial',
          "UPDATE json_keyless SET j = JSON_SET(j, '$.a', 'other') LIMIT 2",
          "UPDATE json_keyless SET j = JSON_REMOVE(j, '$.a')",
          "SET SESSION binlog_row_value_options = '', binlog_row_image = FULL",
        ]);
        expect(difference).toBe('');
      });
    }

    it('and the command ends cleanly when told to', async () => {
      expect(await run.stop()).toEqual(Object.keys(scenario.targets).map(() => 0));
    });
  });
}
