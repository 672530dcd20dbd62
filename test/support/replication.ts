import { expect } from 'vitest';
import { openSql, type Sql } from './sql.ts';
import type { TestServer } from './servers.ts';
import { tableContent } from './table-content.ts';
import {
  runTailrace,
  startTailrace,
  Workspace,
  type Finished,
  type Running,
  type TaskSetup,
} from './tailrace.ts';

export interface ReplicationOptions extends Partial<TaskSetup> {
  /** Made by the test on the source; dropped on both ends at the start and at the end. */
  readonly database: string;
  readonly source: Pick<TestServer, 'port'>;
  readonly target: Pick<TestServer, 'port'>;
}

/** What `status --json` says that these tests look at. */
export interface StatusReport {
  readonly state: string;
  readonly coordinates: string | null;
  readonly position: string | null;
  readonly source: { readonly dropped: Readonly<Record<string, number>> };
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | null;
}

/** One task from a source to a target, with both ends at hand. */
export class Replication {
  readonly workspace = new Workspace();
  readonly database: string;
  readonly target: Sql;
  #source: Sql;
  #running: Running | undefined;
  readonly #options: ReplicationOptions;

  private constructor(options: ReplicationOptions, source: Sql, target: Sql) {
    this.#options = options;
    this.database = options.database;
    this.#source = source;
    this.target = target;
  }

  /** The database is there and empty on both ends, the configuration is written, nothing has run. */
  static async open(options: ReplicationOptions): Promise<Replication> {
    const source = await openSql(options.source);
    const target = await openSql(options.target);
    const self = new Replication(options, source, target);
    await self.#dropAll();
    const create = `CREATE DATABASE \`${options.database}\` DEFAULT CHARACTER SET utf8mb4`;
    await source.run(create, `USE \`${options.database}\``);
    await target.run(create);
    self.configure({});
    return self;
  }

  get source(): Sql {
    return this.#source;
  }

  /** After the source was restarted. */
  async reconnectSource(): Promise<void> {
    await this.#source.close();
    this.#source = await openSql(this.#options.source, { database: this.database });
  }

  /** Writes the configuration anew with these differences. */
  configure(changes: Partial<TaskSetup>): void {
    const { database, source, target } = this.#options;
    this.workspace.write({
      name: database,
      include: [`${database}.*`],
      start: 'now',
      ...this.#options,
      source,
      target,
      ...changes,
    });
  }

  run(...args: string[]): Promise<Finished> {
    this.#running = startTailrace(['run', '-c', this.workspace.config, ...args]);
    return this.#running.finished;
  }

  /** Replicates up to where the source stands; fails the test by what the command says. */
  async catchUp(...args: string[]): Promise<Finished> {
    const finished = await this.run('--until', 'head', ...args);
    expect(finished.code, tellFailure(finished)).toBe(0);
    return finished;
  }

  /** The command must end with this exit code and name this error. */
  async expectStop(exitCode: number, errorCode: string): Promise<Finished> {
    const finished = await this.run('--until', 'head');
    expect(finished.code, tellFailure(finished)).toBe(exitCode);
    expect(finished.stderr + finished.stdout).toContain(errorCode);
    return finished;
  }

  async status(): Promise<StatusReport> {
    const { stdout } = await runTailrace(['status', '--json', '-c', this.workspace.config]);
    const [task] = (JSON.parse(stdout) as { tasks: StatusReport[] }).tasks;
    if (task === undefined) throw new Error('no task in the status');
    return task;
  }

  async skip(reason: string): Promise<void> {
    const args = ['position', 'skip', '--reason', reason, '-c', this.workspace.config];
    const finished = await runTailrace(args);
    expect(finished.code, tellFailure(finished)).toBe(0);
  }

  async setPosition(position: string): Promise<void> {
    const args = ['position', 'set', position, '-c', this.workspace.config];
    const finished = await runTailrace(args);
    expect(finished.code, tellFailure(finished)).toBe(0);
  }

  /** Lines of `tail` from a position to the source's head, parsed. */
  async tail(from: string, ...args: string[]): Promise<Record<string, unknown>[]> {
    const { config } = this.workspace;
    const all = ['tail', '-c', config, '--from', from, '--until', 'head', ...args];
    const finished = await runTailrace(all);
    expect(finished.code, tellFailure(finished)).toBe(0);
    const lines = finished.stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** `file:offset` of the source's end. */
  async sourceEnd(): Promise<string> {
    const version = (await this.source.value('SELECT VERSION()')) ?? '';
    const isNew = !version.includes('Maria') && Number.parseInt(version, 10) >= 9;
    const [row] = await this.source.rows(isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
    return `${String(row?.['File'])}:${String(row?.['Position'])}`;
  }

  content(end: 'source' | 'target', table: string): Promise<string[]> {
    return tableContent(this[end], this.database, table);
  }

  /** Fails unless each of these tables holds the same on both ends, and something at all. */
  async expectSame(...tables: string[]): Promise<void> {
    for (const table of tables) {
      const source = await this.content('source', table);
      expect(source.length, `${table} on the source`).toBeGreaterThan(0);
      expect(await this.content('target', table), table).toEqual(source);
    }
  }

  /** First columns of a query on the target. */
  async targetValues(sql: string): Promise<string[]> {
    const rows = await this.target.rows(sql);
    return rows.map((row) => String(Object.values(row)[0]));
  }

  get stateDatabase(): string {
    return `tailrace_${this.database}`;
  }

  async close(): Promise<void> {
    // A test that timed out leaves it behind, trying again for ever.
    this.#running?.child.kill('SIGKILL');
    await this.#dropAll().catch(() => undefined);
    await this.source.close();
    await this.target.close();
    this.workspace.remove();
  }

  async #dropAll(): Promise<void> {
    const quoted = `\`${this.database}\``;
    await this.source.run(`DROP DATABASE IF EXISTS ${quoted}`);
    await this.target.run(
      `DROP DATABASE IF EXISTS ${quoted}`,
      `DROP DATABASE IF EXISTS ${this.stateDatabase}`,
    );
  }
}

/** The warnings and errors that a command wrote. */
export function tellFailure({ code, signal, stderr, stdout }: Finished): string {
  const lines = `${stderr}\n${stdout}`.split('\n');
  const told = lines.filter((line) =>
    /"level":"?(warn|error|fatal|[456]0)|\b[A-Z]+_[A-Z_]+\b/.test(line),
  );
  return `exit ${String(code ?? signal)}: ${told.slice(-6).join('\n').slice(0, 4000)}`;
}
