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
  /** What is being done to it: a server that is on its way up can't be taken down yet. */
  #doing: Promise<unknown> = Promise.resolve();

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
    await server.#inTurn(() => server.#start());
    if (server.kind === 'mysql57') await installClients(context.root);
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
  restart(args: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#script('stop', this.name);
      this.#args = args;
      await this.#start();
    });
  }

  async destroy(): Promise<void> {
    await this.#inTurn(() => this.#script('destroy', this.name));
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#doing.then(act, act);
    this.#doing = done;
    return done;
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

  /** A client program of this server's kind that logs in at `port`, as words of a command line. */
  tool(name: keyof typeof MARIADB_TOOLS, port = this.port): readonly string[] {
    const login = ['--no-defaults', '--host=127.0.0.1', '--user=root', `--port=${port}`];
    const prefix = join(programCache(), this.dialect.isMariadb ? 'mariadb-trixie' : 'mysql-sid');
    const run = join(prefix, 'run');
    switch (this.kind) {
      case 'mariadb10':
        return [MARIADB_TOOLS[name], ...login];
      case 'mariadb11':
        return [run, MARIADB_TOOLS[name], ...login];
      case 'mysql57': // Its package has no client programs; those of 9.7 log in by a plugin.
      case 'mysql9':
        return [run, name, ...login, `--plugin-dir=${join(prefix, 'usr/lib/mysql/plugin')}`];
    }
  }

  #script(...args: string[]): Promise<string> {
    const { root, work } = this.#context;
    return serverScript(root, this.kind, args, join(work, 's'));
  }
}

const installClients = (root: string): Promise<string> => serverScript(root, 'mysql9', ['install']);

async function serverScript(
  root: string,
  kind: ServerKind,
  args: readonly string[],
  folder?: string,
): Promise<string> {
  const where = folder === undefined ? {} : { DIR: folder };
  const env = { ...process.env, ...where, CACHE: programCache() };
  const { stdout } = await run(join(root, 'scripts/servers', `${kind}.sh`), args, { env });
  return stdout;
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
