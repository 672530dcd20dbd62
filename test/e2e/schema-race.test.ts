import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startTailrace } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const database = 'e2e_race';
const SERVERS = ['src56', 'src57', 'src97', 'src10', 'src11'] as const;
const STARTS = 2;
const ENOUGH_LINES = 150;

/** Whatever the definition, these columns hold these values: a wrong definition shows at once. */
const VALUES: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3 };

/** Alters the table and writes rows, without a pause, until it is stopped. */
class Unrest {
  readonly #sql: Sql;
  readonly #table: string;
  #isStopped = false;
  readonly #done: Promise<void>;
  alters = 0;

  constructor(sql: Sql, table: string) {
    this.#sql = sql;
    this.#table = table;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const table = this.#table;
    const changes = [
      `alter table ${table} change a b int, change b a int`,
      `alter table ${table} add column c int first`,
      `alter table ${table} change a b int, change b c int, change c a int`,
      `alter table ${table} drop column c`,
      `rename table ${table} to ${table}_other, ${table}_next to ${table}, ${table}_other to ${table}_next`,
      `alter table ${table} modify b int first`,
    ];
    for (let id = 0; !this.#isStopped; id++) {
      await this.#sql.run(changes[id % changes.length] ?? '');
      this.alters += 1;
      const columns = await this.#sql
        .rows(`select * from ${table} limit 0, 1`)
        .then(() =>
          this.#sql.rows(
            `select column_name as name from information_schema.columns where table_schema = '${database}' and table_name = '${table}' and column_name <> 'id'`,
          ),
        );
      const names = columns.map((row) => String(row['name']));
      const list = names.map((name) => VALUES[name]).join(',');
      for (let row = 0; row < 10; row++) {
        await this.#sql.run(`insert into ${table} (${names.join(',')}) values (${list})`);
      }
    }
  }
}

describe.each(SERVERS)('DDL while definitions are read at the start, %s', (name) => {
  const server = testServer(name);
  const sessions: Sql[] = [];
  let unrest: Unrest[] = [];

  beforeAll(async () => {
    const sql = await openSql(server);
    sessions.push(sql);
    await sql.run(`drop database if exists ${database}`, `create database ${database}`);
    await sql.run(`use ${database}`);
    for (let i = 0; i < 20; i++) {
      await sql.run(`create table idle${i} (id int primary key, x varchar(10), y text)`);
    }
    for (const table of ['r1', 'r2']) {
      for (const one of [table, `${table}_next`]) {
        await sql.run(`create table ${one} (id int auto_increment primary key, a int, b int)`);
      }
      const session = await openSql(server, { database });
      sessions.push(session);
      unrest.push(new Unrest(session, table));
    }
  });
  afterAll(async () => {
    await Promise.all(unrest.map((one) => one.stop()));
    unrest = [];
    await sessions[0]?.run(`drop database if exists ${database}`);
    for (const session of sessions) await session.close();
  });

  it.each(Array.from({ length: STARTS }, (_, index) => index + 1))(
    'no row is read with a wrong definition (start %i)',
    async () => {
      const url = `mysql://root@127.0.0.1:${server.port}/`;
      const run = startTailrace(['tail', url, '--include', `${database}.r*`]);
      const lines = (): string[] => run.stdout().split('\n').slice(0, -1);
      try {
        await waitFor('rows', () => lines().length >= ENOUGH_LINES || run.child.exitCode !== null);
      } finally {
        run.child.kill('SIGTERM');
      }
      const { code, stderr } = await run.finished;
      expect(code, stderr).toBe(0);
      for (const line of lines()) {
        const { data } = JSON.parse(line) as { data: Record<string, number> };
        for (const [column, value] of Object.entries(data)) {
          if (column !== 'id') expect(value, line).toBe(VALUES[column]);
        }
      }
      expect(unrest.every(({ alters }) => alters > 0)).toBe(true);
    },
  );
});
