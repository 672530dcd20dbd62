import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { homedir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { Context } from './context.ts';
import { dialectOf, type Dialect } from './dialect.ts';
import type { ServerKind } from './options.ts';

const run = promisify(execFile);

/** mysql2's type has overloads that say more than is needed here. */
export type Sql = Awaited<ReturnType<typeof mysql.createConnection>>;
export type Row = Record<string, unknown>;

export interface ServerOptions {
  readonly kind: ServerKind;
  readonly name: string;
  readonly serverId: number;
  readonly args: readonly string[];
}

/** Settings that both ends of every measurement have. */
const COMMON = [
  '--innodb-buffer-pool-size=1G',
  '--max-allowed-packet=256M',
  '--max-binlog-size=1G',
];

/** How a commit is made durable: by options at the start, because a later SET GLOBAL costs MariaDB dearly. */
export const DURABILITY = {
  relaxed: ['--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0'],
  durable: ['--innodb-flush-log-at-trx-commit=1', '--sync-binlog=1'],
} as const;
export type Durability = keyof typeof DURABILITY;

const programCache = (): string =>
  process.env['TAILRACE_SERVER_CACHE'] ?? join(homedir(), '.cache/tailrace-servers');

/** The same programs under MariaDB's names. */
const MARIADB_TOOLS = {
  mysqlbinlog: 'mariadb-binlog',
  mysqldump: 'mariadb-dump',
  mysql: 'mariadb',
} as const;

/** A server of the suite's own, started through scripts/servers. */
export class Server {
  readonly kind: ServerKind;
  readonly name: string;
  readonly dialect: Dialect;
  readonly #context: Context;
  readonly #serverId: number;
  #args: readonly string[];
  #facts: Readonly<Record<string, string>> = {};

  private constructor(context: Context, options: ServerOptions) {
    this.kind = options.kind;
    this.name = options.name;
    this.dialect = dialectOf(options.kind);
    this.#context = context;
    this.#serverId = options.serverId;
    this.#args = options.args;
  }

  static async start(context: Context, options: ServerOptions): Promise<Server> {
    const server = new Server(context, options);
    context.onEnd(() => server.destroy());
    await server.#start();
    return server;
  }

  get port(): number {
    return Number(this.#facts['port']);
  }

  get pid(): number {
    return Number(this.#facts['pid']);
  }

  get version(): string {
    return this.#facts['version'] ?? 'unknown';
  }

  /** The options that differ from the program's own defaults. */
  get settings(): readonly string[] {
    return [...this.dialect.serverArgs, ...COMMON, ...this.#args];
  }

  connect(): Promise<Sql> {
    return mysql.createConnection({
      host: '127.0.0.1',
      port: this.port,
      user: 'root',
      multipleStatements: true,
    });
  }

  /** The same data under other options. */
  async restart(args: readonly string[]): Promise<void> {
    await this.#script('stop', this.name);
    this.#args = args;
    await this.#start();
  }

  async destroy(): Promise<void> {
    await this.#script('destroy', this.name);
  }

  async #start(): Promise<void> {
    const id = String(this.#serverId);
    const out = await this.#script('start', this.name, '0', id, ...this.settings);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => line.split('='));
    this.#facts = Object.fromEntries(
      lines.map(([key = '', ...rest]): [string, string] => [key, rest.join('=')]),
    );
  }

  /** A client program that speaks to this server, as words of a command line. */
  tool(name: keyof typeof MARIADB_TOOLS): readonly string[] {
    const mariadb = MARIADB_TOOLS[name];
    switch (this.kind) {
      case 'mariadb10':
        return [mariadb];
      case 'mariadb11':
        return [join(programCache(), 'mariadb-trixie/run'), mariadb];
      case 'mysql57':
        // The package of this server has no client programs.
        return [mariadb];
      case 'mysql9':
        return [join(programCache(), 'mysql-sid/run'), name];
    }
  }

  async #script(...args: string[]): Promise<string> {
    const { root, work } = this.#context;
    const env = { ...process.env, DIR: join(work, 's'), CACHE: programCache() };
    const { stdout } = await run(join(root, 'scripts/servers', `${this.kind}.sh`), args, { env });
    return stdout;
  }
}

/** One connection for the time of `use`. */
export async function withSql<T>(server: Server, use: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = await server.connect();
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

export async function rows(sql: Sql, statement: string): Promise<Row[]> {
  const [result] = await sql.query(statement);
  return result as Row[];
}

export async function value(sql: Sql, statement: string): Promise<string> {
  const [first] = await rows(sql, statement);
  return textOf(Object.values(first ?? {})[0]);
}

/** A field as text; NULL and what is not there: ''. */
export function textOf(field: unknown): string {
  if (typeof field === 'string') return field;
  return field === null || field === undefined ? '' : JSON.stringify(field);
}

/** Equal texts, equal tables: of one server version. */
export async function checksums(sql: Sql, tables: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (let from = 0; from < tables.length; from += 500) {
    parts.push(
      JSON.stringify(await rows(sql, `CHECKSUM TABLE ${tables.slice(from, from + 500).join(',')}`)),
    );
  }
  return parts.join('');
}

export async function tablesOf(sql: Sql, database: string): Promise<string[]> {
  const all = await rows(
    sql,
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema='${database}' ORDER BY 1`,
  );
  return all.map(({ name }) => `${database}.${String(name)}`);
}
