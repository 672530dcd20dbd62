import type { RowDataPacket } from 'mysql2/promise';
import type { StatementContext } from '../../src/core/change.ts';
import { collationById } from '../../src/core/charset.ts';
import { buildTable } from '../../src/schema/build-table.ts';
import { captureSchema } from '../../src/schema/capture.ts';
import { classifyStatement } from '../../src/schema/classify-statement.ts';
import { normalizeCollation } from '../../src/schema/collation-names.ts';
import { SchemaHistory } from '../../src/schema/schema-history.ts';
import { parseDefinition } from '../../src/schema/serialize-definition.ts';
import type { TableDefinition } from '../../src/schema/table-definition.ts';
import { connectServer, type ServerConnection } from '../../src/server/connect.ts';
import { testServer, type ServerName } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { statementContext } from './statement-context.ts';

/**
 * Runs statements on a real server, moves a schema history over what the binlog then has, and
 * compares it with what the server says of its tables.
 */
export class DdlFollower {
  readonly #sql: Sql;
  readonly #connection: ServerConnection;
  readonly #database: string;
  readonly #context: Partial<StatementContext>;
  readonly history: SchemaHistory;
  #file = '';
  #offset = 0;
  /** Statements whose effect the history did not know. */
  readonly unknown: string[] = [];
  refused = 0;
  followed = 0;

  private constructor(
    sql: Sql,
    connection: ServerConnection,
    database: string,
    context: Partial<StatementContext>,
  ) {
    this.#sql = sql;
    this.#connection = connection;
    this.#database = database;
    this.#context = context;
    const { flavor, versionNumber, lowerCaseTableNames } = connection.info;
    this.history = new SchemaHistory({ flavor, versionNumber, lowerCaseTableNames });
  }

  static async open(server: ServerName, database: string): Promise<DdlFollower> {
    const { port } = testServer(server);
    const sql = await openSql({ port });
    await sql.run(
      `drop database if exists ${database}`,
      `drop database if exists ${database}_other`,
      `create database ${database}`,
      `use ${database}`,
      "set sql_mode = ''",
    );
    const options = {
      hosts: [`127.0.0.1:${port}`],
      user: 'root',
      password: '',
      tls: 'disabled',
      tlsCa: undefined,
    } as const;
    const connection = await connectServer(options, 'source');
    const context = await readContext(sql, connection);
    const follower = new DdlFollower(sql, connection, database, context);
    await follower.#start();
    return follower;
  }

  get info(): ServerConnection['info'] {
    return this.#connection.info;
  }

  async close(): Promise<void> {
    await this.#sql.run(`drop database if exists ${this.#database}`);
    await this.#sql.close();
    await this.#connection.close();
  }

  async #start(): Promise<void> {
    const [row] = await this.#sql.rows('show binary logs').then((rows) => rows.slice(-1));
    this.#file = String(row?.['Log_name']);
    this.#offset = Number(row?.['File_size']);
    this.history.learn(await this.#capture(), []);
  }

  #capture() {
    const includeTable = ({ database }: { database: string }): boolean =>
      database.startsWith(this.#database);
    return captureSchema(this.#connection, { includeTable });
  }

  /** Differences between the moved definitions and the server's, as text; undefined: refused. */
  async run(statement: string, modes: readonly string[] = []): Promise<string[] | undefined> {
    await this.#sql.run(`set sql_mode = '${modes.join(',')}'`);
    // ANSI and the like stand for several modes, which is how they are logged.
    const names = (await this.#sql.value('select @@sql_mode'))?.split(',') ?? [];
    try {
      await this.#sql.run(statement);
    } catch {
      this.refused++;
      return undefined;
    }
    await this.#follow(names);
    return this.compare();
  }

  async #follow(sqlModeNames: readonly string[]): Promise<void> {
    const events = await this.#sql.rows(
      `show binlog events in '${this.#file}' from ${this.#offset}`,
    );
    for (const event of events) {
      this.#offset = Number(event['End_log_pos']);
      if (event['Event_type'] === 'Query') this.#apply(event, sqlModeNames);
    }
  }

  #apply(event: RowDataPacket, sqlModeNames: readonly string[]): void {
    const info = String(event['Info']);
    if (!info.includes(this.#database)) return;
    const statement = info.replace(/^use (`|").*?\1; /, '').replace(/ \/\* xid=\d+ \*\/$/, '');
    const { flavor, versionNumber } = this.info;
    const options = { flavor, versionNumber, sqlModeNames, defaultDatabase: this.#database };
    if (classifyStatement(statement, options).kind !== 'ddl') return;
    const applied = this.history.applyDdl({
      coordinates: { file: this.#file, offset: Number(event['Pos']) },
      statement,
      database: this.#database,
      context: statementContext({ ...this.#context, sqlModeNames }),
    });
    this.followed++;
    if (applied.recapture.length > 0) this.unknown.push(statement);
  }

  async compare(): Promise<string[]> {
    const captured = await this.#capture();
    const { tables, collations } = this.#moved();
    const found: string[] = [];
    for (const definition of captured.tables) {
      const key = `${definition.database}\0${definition.name}`;
      const ours = tables.get(key);
      tables.delete(key);
      if (ours === undefined) found.push(`${definition.name}: not known`);
      else found.push(...differences(ours, definition));
    }
    for (const key of tables.keys()) found.push(`${key}: the server has no such table`);
    for (const { name, collation } of captured.databases) {
      const ours = collations.get(name) ?? 'none';
      if (!name.startsWith(this.#database) || ours === collation) continue;
      found.push(`database ${name}: ${ours} instead of ${collation}`);
    }
    // Goes on with the server's definitions, so that each difference is told once.
    if (found.length > 0) this.history.learn(captured, []);
    return found;
  }

  #moved() {
    const tables = new Map<string, TableDefinition | undefined>();
    const collations = new Map<string, string>();
    for (const [key, json] of this.history.state()) {
      if (!key.startsWith(this.#database)) continue;
      const [database = '', table = ''] = key.split('\0');
      if (table === '') {
        collations.set(database, (JSON.parse(json) as { collation: string }).collation);
      } else tables.set(key, json.startsWith('{"unknown"') ? undefined : parseDefinition(json));
    }
    return { tables, collations };
  }
}

async function readContext(
  sql: Sql,
  { info }: ServerConnection,
): Promise<Partial<StatementContext>> {
  const id = async (variable: string): Promise<number | undefined> =>
    collationId((await sql.value(`select @@${variable}`)) ?? '', info.flavor);
  const collationServer = await id('collation_server');
  if (info.flavor === 'mariadb' || info.versionNumber < 80_000) return { collationServer };
  return {
    collationServer,
    defaultCollationForUtf8mb4: await id('default_collation_for_utf8mb4'),
    explicitDefaultsForTimestamp:
      (await sql.value('select @@explicit_defaults_for_timestamp')) === '1',
  };
}

function collationId(name: string, flavor: 'mysql' | 'mariadb'): number | undefined {
  const normal = normalizeCollation(name);
  for (let id = 1; id < 4096; id++) if (collationById(id, flavor)?.name === normal) return id;
  return undefined;
}

function differences(ours: TableDefinition, theirs: TableDefinition): string[] {
  const found: string[] = [];
  const [a, b] = [comparable(ours), comparable(theirs)];
  const lines = new Set([...a, ...b]);
  for (const line of lines) {
    if (!a.includes(line)) found.push(`${theirs.name}: the server has ${line}`);
    if (!b.includes(line)) found.push(`${theirs.name}: we have ${line}`);
  }
  if (found.length === 0 && a.join('\n') !== b.join('\n')) {
    found.push(`${theirs.name}: order ${a.join(', ')} instead of ${b.join(', ')}`);
  }
  return found;
}

function comparable(definition: TableDefinition): string[] {
  const table = buildTable(definition);
  return [
    ...table.columns.map((column) => JSON.stringify(column)),
    ...table.uniqueKeys.map((key) => JSON.stringify(key)),
    `primary key ${table.primaryKey.join()}`,
    `collation ${definition.isSequence ? '' : (definition.collation ?? '')}`,
    `versioning ${definition.versioning ?? ''}`,
  ];
}
