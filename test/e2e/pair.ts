import { testServer, type ServerName, type TestServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { compareDatabases, type CompareOptions } from '../support/table-content.ts';
import {
  runTailrace,
  startTailrace,
  type Finished,
  type Running,
  Workspace,
  type TaskSetup,
} from '../support/tailrace.ts';

type Setup = Omit<TaskSetup, 'source' | 'target' | 'name'>;

/** A source, a target and a task between them that is run until it has caught up, as often as asked. */
export class Pair {
  readonly source: Sql;
  readonly target: Sql;
  readonly database: string;
  readonly #servers: readonly [TestServer, TestServer];
  readonly #workspace = new Workspace();

  private constructor(
    servers: readonly [TestServer, TestServer],
    ends: { source: Sql; target: Sql; database: string },
  ) {
    this.#servers = servers;
    this.source = ends.source;
    this.target = ends.target;
    this.database = ends.database;
  }

  /** Empty on both sides; the task will begin behind what is there now. */
  static async open(
    from: ServerName | TestServer,
    to: ServerName | TestServer,
    database: string,
    setup: Setup = {},
  ): Promise<Pair> {
    const servers = [from, to].map((end) => (typeof end === 'string' ? testServer(end) : end));
    const [sourceServer, targetServer] = servers as [TestServer, TestServer];
    const source = await openSql(sourceServer);
    const target = await openSql(targetServer);
    for (const end of [source, target]) {
      await end.run(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`);
      await end.run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", `USE ${database}`);
    }
    await target.run(`DROP DATABASE IF EXISTS tailrace_${database}`);
    const pair = new Pair([sourceServer, targetServer], { source, target, database });
    await pair.configure(setup);
    return pair;
  }

  /** The path of the task's configuration. */
  get config(): string {
    return this.#workspace.config;
  }

  edit(change: (text: string) => string): void {
    this.#workspace.edit(change);
  }

  /** The task's configuration from here on. */
  async configure(setup: Setup): Promise<void> {
    const [source, target] = this.#servers;
    this.#workspace.write({
      include: [`${this.database}.*`],
      start: await headOf(this.source),
      ...setup,
      source,
      target,
      name: this.database,
    });
  }

  /** A task for each of these tables, with its name; DDL is ignored. */
  async configureTasks(tables: readonly string[]): Promise<void> {
    const start = await headOf(this.source);
    const [source, target] = this.#servers;
    const tasks = tables.map(
      (table) => `[[task]]
name = "${table}"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
password = ""
start = "${start}"
[task.filter]
include = ["${this.database}.${table}"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
password = ""
ddl = "ignore"
state_database = "tailrace_${this.database}"
`,
    );
    await this.configure({ tail: tasks.join('') });
  }

  /** `run --until head`. */
  run(...options: string[]): Promise<Finished> {
    return this.command('run', '--until', 'head', ...options);
  }

  command(...words: string[]): Promise<Finished> {
    return runTailrace([...words, '-c', this.#workspace.config]);
  }

  start(...words: string[]): Running {
    return startTailrace([...words, '-c', this.#workspace.config]);
  }

  /** Passes what stopped the task. */
  async skip(): Promise<void> {
    const { code, stderr } = await this.command('position', 'skip', '--reason', 'a test');
    if (code !== 0) throw new Error(stderr);
  }

  /** On both sides. */
  async both(...statements: string[]): Promise<void> {
    await this.source.run(...statements);
    await this.target.run(...statements);
  }

  difference(options: CompareOptions = {}): Promise<string> {
    return compareDatabases(this.source, this.target, this.database, options);
  }

  /** First column of every row. */
  async rows(sql: string): Promise<string[]> {
    const rows = await this.target.rows(sql);
    return rows.map((row) => Object.values(row).map(String).join(' '));
  }

  /** What is large is given back at once. */
  async drop(): Promise<void> {
    await this.both(`DROP DATABASE IF EXISTS ${this.database}`);
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.target.close();
    this.#workspace.remove();
  }
}

/** Where the binlog of a source ends now, as its GTIDs: coordinates would take a scan of the file. */
export async function headOf(source: Sql): Promise<string> {
  const version = String(await source.value('SELECT VERSION()'));
  const variable = version.includes('MariaDB') ? 'gtid_binlog_pos' : 'gtid_executed';
  const set = String(await source.value(`SELECT @@GLOBAL.${variable}`));
  return set.replaceAll(/\s/g, '');
}
