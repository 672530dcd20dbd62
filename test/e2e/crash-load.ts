import type { TestServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';

const WORKERS = 3;
const ACCOUNTS = 100;

/**
 * Writers on the source until they are stopped. Each transaction inserts its own number into a table
 * without a key, counts itself in its worker's row and moves money between accounts, so that any part
 * of it that is missing or there twice shows. Now and then: rows that are deleted and made anew, a
 * savepoint taken back, a transaction of several parts, a change of a table's definition.
 */
export class Load {
  /** Numbers whose COMMIT was answered. */
  readonly committed: number[] = [];
  readonly #database: string;
  readonly #loops: Promise<void>[] = [];
  #isStopped = false;
  #next = 1;

  static async start(server: TestServer, database: string): Promise<Load> {
    const load = new Load(database);
    const connections: Sql[] = [];
    for (let n = 0; n < WORKERS; n += 1) connections.push(await openSql(server));
    const [first] = connections;
    if (first !== undefined) await load.#prepare(first);
    connections.forEach((sql, n) => {
      const loop = load.#work(sql, n);
      // Told by `stop`.
      loop.catch(() => undefined);
      load.#loops.push(loop);
    });
    return load;
  }

  constructor(database: string) {
    this.#database = database;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
  }

  async #prepare(sql: Sql): Promise<void> {
    await sql.run(
      `DROP DATABASE IF EXISTS ${this.#database}`,
      `CREATE DATABASE ${this.#database}`,
      `USE ${this.#database}`,
      'CREATE TABLE log (n BIGINT NOT NULL, worker INT NOT NULL, note VARCHAR(40))',
      'CREATE TABLE worker (id INT PRIMARY KEY, done BIGINT NOT NULL)',
      'CREATE TABLE account (id INT PRIMARY KEY, balance BIGINT NOT NULL, touched DATETIME(6))',
      'CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(40) NOT NULL UNIQUE, total DECIMAL(12,2), paid BIT(1))',
      'CREATE TABLE filler (n BIGINT NOT NULL, bytes LONGBLOB)',
      'CREATE TABLE changing (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
    );
    const accounts = Array.from({ length: ACCOUNTS }, (_, id) => `(${id}, 1000, NULL)`);
    const workers = Array.from({ length: WORKERS }, (_, id) => `(${id}, 0)`);
    await sql.run(
      'BEGIN',
      `INSERT INTO account VALUES ${accounts.join()}`,
      `INSERT INTO worker VALUES ${workers.join()}`,
      'COMMIT',
    );
  }

  async #work(sql: Sql, worker: number): Promise<void> {
    await sql.run(`USE ${this.#database}`);
    for (let turn = 1; !this.#isStopped; turn += 1) {
      const n = this.#next++;
      try {
        await sql.run('BEGIN', ...this.#statements(n, worker, turn), 'COMMIT');
        this.committed.push(n);
      } catch {
        // A deadlock between the writers: it never happened.
        await sql.run('ROLLBACK');
      }
      if (worker === 0 && turn % 60 === 0) await this.#changeDefinition(sql, turn / 60);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    await sql.close();
  }

  #statements(n: number, worker: number, turn: number): string[] {
    const from = (n * 7) % ACCOUNTS;
    const to = (n * 13 + 5) % ACCOUNTS;
    const amount = n % 17;
    const statements = [
      `INSERT INTO log (n, worker, note) VALUES (${n}, ${worker}, 'transaction ${n}')`,
      `UPDATE worker SET done = done + 1 WHERE id = ${worker}`,
      `UPDATE account SET balance = balance - ${amount}, touched = NOW(6) WHERE id = ${from}`,
      `UPDATE account SET balance = balance + ${amount}, touched = NOW(6) WHERE id = ${to}`,
      `INSERT INTO orders (code, total, paid) VALUES ('${n}-a', ${n}.25, 0), ('${n}-b', 1, 1)`,
    ];
    if (turn % 3 === 0) {
      statements.push(
        `DELETE FROM orders WHERE code LIKE '${n - 20}-%'`,
        `INSERT INTO orders (code) VALUES ('${n - 20}-a')`,
        `UPDATE orders SET code = CONCAT(code, '!'), paid = 1 WHERE code = '${n - 9}-b'`,
      );
    }
    if (turn % 7 === 0) {
      statements.push(
        'SAVEPOINT here',
        `INSERT INTO log (n, worker) VALUES (-${n}, ${worker})`,
        'ROLLBACK TO here',
      );
    }
    if (worker === 1 && turn % 50 === 0) {
      for (let piece = 0; piece < 6; piece += 1) {
        statements.push(`INSERT INTO filler VALUES (${n}, REPEAT('${piece}${n}', 300000))`);
      }
      statements.push(`DELETE FROM filler WHERE n < ${n}`);
    }
    return statements;
  }

  async #changeDefinition(sql: Sql, round: number): Promise<void> {
    await sql.run(
      round % 2 === 1
        ? 'ALTER TABLE changing ADD COLUMN more VARCHAR(20) FIRST, ALGORITHM=COPY'
        : 'ALTER TABLE changing DROP COLUMN more, ALGORITHM=COPY',
      `INSERT INTO changing (v) VALUES (${round})`,
    );
  }
}
