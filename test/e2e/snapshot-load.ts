import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import type { Pair } from './pair.ts';

export const TABLES = ['orders', 'items', 'notes', 'audit'];

/** Rows enough that a copy takes a while, tables with and without keys, foreign keys and late indexes. */
export async function fillForCopy({ source }: Pair, rows: number): Promise<void> {
  await source.run(
    'CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT, t VARCHAR(80), f FLOAT, KEY (v), KEY (t))',
    'CREATE TABLE items (a INT, b VARCHAR(20), v INT, pad VARCHAR(100), PRIMARY KEY (a, b))',
    'CREATE TABLE notes (v INT, t TEXT)',
    'CREATE TABLE audit (id BIGINT PRIMARY KEY AUTO_INCREMENT, v INT, t BLOB, KEY (v))',
    'CREATE TABLE empty_one (id INT PRIMARY KEY)',
    "INSERT INTO orders (v, t, f) VALUES (1, 'a\\\\\\'b', 0.1), (2, 'é', 16777216)",
  );
  for (let have = 2; have < rows; have *= 2) {
    await source.run(
      'INSERT INTO orders (v, t, f) SELECT v + 1, CONCAT(LEFT(t, 40), id), f + id FROM orders',
    );
  }
  await source.run(
    "INSERT INTO items SELECT id, CONCAT('k', id MOD 7), v, REPEAT(t, 2) FROM orders",
    'INSERT INTO notes SELECT v, t FROM orders LIMIT 3000',
    'INSERT INTO audit (v, t) SELECT v, UNHEX(SHA2(t, 256)) FROM orders',
    'ANALYZE TABLE orders, items, audit',
  );
}

/** Writes all the time, in transactions over several tables, until it is stopped. */
export class Writer {
  readonly #sql: Sql;
  readonly #done: Promise<void>;
  #isStopped = false;
  transactions = 0;

  private constructor(sql: Sql) {
    this.#sql = sql;
    this.#done = this.#write();
  }

  static async start(database: string): Promise<Writer> {
    const sql = await openSql(testServer('src57'));
    await sql.run(`USE ${database}`);
    return new Writer(sql);
  }

  /** May be called twice: a test that failed must not leave it behind. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
    await this.#sql.close();
  }

  async #write(): Promise<void> {
    for (let n = 1; !this.#isStopped; n++) {
      const id = 1 + ((n * 7919) % 3000);
      await this.#sql.run(
        'BEGIN',
        `INSERT INTO orders (v, t, f) VALUES (${n}, 'new ${n}', ${n} / 3)`,
        `UPDATE orders SET v = v + 1, t = 'changed ${n}' WHERE id = ${id}`,
        `DELETE FROM items WHERE a = ${id}`,
        `INSERT INTO items VALUES (${id}, 'w${n}', ${n}, 'x')`,
        `INSERT INTO notes VALUES (${n}, 'note ${n}')`,
        `UPDATE audit SET v = ${n} WHERE id = ${id}`,
        'COMMIT',
      );
      this.transactions++;
    }
  }
}

/** Rows at the target, of tables that may not be there yet. */
export async function copied(pair: Pair): Promise<number> {
  let rows = 0;
  for (const table of TABLES) {
    const count = await pair.target
      .value(`SELECT COUNT(*) FROM ${pair.database}.${table}`)
      .catch(() => '0');
    rows += Number(count);
  }
  return rows;
}
