import type { TestServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { waitFor } from '../support/wait-for.ts';

/**
 * Writers that only append. Each transaction takes its keys first and commits some statements later, so that rows
 * become visible in another order than that of their keys.
 */
export class AppendLoad {
  readonly #connections: Sql[] = [];
  readonly #loops: Promise<void>[] = [];
  #isStopped = false;
  transactions = 0;

  static async start(server: TestServer, database: string, writers = 3): Promise<AppendLoad> {
    const load = new AppendLoad();
    for (let n = 0; n < writers; n += 1) {
      const sql = await openSql(server, { database });
      load.#connections.push(sql);
      load.#loops.push(load.#write(sql, n));
    }
    return load;
  }

  async #write(sql: Sql, writer: number): Promise<void> {
    for (let turn = 1; !this.#isStopped; turn += 1) {
      await sql.run(
        'BEGIN',
        `INSERT INTO orders (writer, turn, note) VALUES (${writer}, ${turn}, 'first'), (${writer}, ${turn}, 'second')`,
        `INSERT INTO days (day, writer, turn, amount) VALUES (CURRENT_DATE, ${writer}, ${turn}, ${turn} / 3)`,
        ...(turn % 5 === writer ? [`DO SLEEP(0.${1 + (turn % 4)})`] : []),
        'COMMIT',
      );
      this.transactions += 1;
    }
  }

  async reached(transactions: number): Promise<void> {
    await waitFor('the load', () => this.transactions >= transactions);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#loops);
    for (const sql of this.#connections) await sql.close();
  }
}

export const APPEND_TABLES = [
  'CREATE TABLE orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, writer INT, turn INT, note VARCHAR(40))',
  'CREATE TABLE days (day DATE, writer INT, turn INT, amount DECIMAL(30,10), PRIMARY KEY (day, writer, turn))',
];
