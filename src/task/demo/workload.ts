import { sleep } from '../../lib/sleep.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { ACCOUNTS } from './demo-tables.ts';

/** Transactions a second of one writer: what a machine with two cores does besides everything else. */
const PACE_PER_SECOND = 200;
const TICK_MS = 50;

export interface WorkloadCounters {
  transactions: number;
  rows: number;
}

type Step = (writer: Writer) => Promise<void>;

/** One client of a small shop: its share of single rows, transfers over three tables, bulk, deletes. */
export class Writer {
  readonly #connection: ServerConnection;
  readonly #counters: WorkloadCounters;
  readonly #ids: string[] = [];
  /** Set once the ALTER is done. */
  hasTier = false;

  constructor(connection: ServerConnection, counters: WorkloadCounters) {
    this.#connection = connection;
    this.#counters = counters;
  }

  /** Until the signal is aborted, at a pace. */
  async run(signal: AbortSignal): Promise<void> {
    let owed = 0;
    while (!signal.aborted) {
      owed += (PACE_PER_SECOND * TICK_MS) / 1000;
      const startedMs = Date.now();
      for (; owed >= 1 && Date.now() - startedMs < TICK_MS; owed--) await this.#step();
      owed = Math.min(owed, PACE_PER_SECOND);
      const restMs = Math.max(1, TICK_MS - (Date.now() - startedMs));
      await sleep(restMs, signal).catch(() => undefined);
    }
  }

  async #step(): Promise<void> {
    const step = STEPS[random(STEPS.length)];
    if (step !== undefined) await step(this);
    this.#counters.transactions += 1;
  }

  async #run(sql: string, values: readonly unknown[] = []): Promise<void> {
    const { affectedRows } = await this.#connection.run(sql, values);
    this.#counters.rows += affectedRows;
  }

  /** Accounts in the order of their ids, so that two writers never wait for each other in a circle. */
  async transfer(): Promise<void> {
    const [a, b] = [1 + random(ACCOUNTS), 1 + random(ACCOUNTS)].sort((x, y) => x - y);
    const amount = (random(10_000) / 100).toFixed(2);
    await this.#connection.run('BEGIN');
    await this.#run('UPDATE demo.accounts SET balance = balance - ? WHERE id = ?', [amount, a]);
    await this.#run('UPDATE demo.accounts SET balance = balance + ? WHERE id = ?', [amount, b]);
    await this.#run(
      'INSERT INTO demo.transfers (from_id, to_id, amount, note, made_at) VALUES (?, ?, ?, ?, NOW(3))',
      [a, b, amount, random(3) === 0 ? null : `rent ${random(100)} – żółć`],
    );
    await this.#connection.run(random(20) === 0 ? 'ROLLBACK' : 'COMMIT');
  }

  async write(): Promise<void> {
    const rows = Array.from({ length: 1 + random(16) }, () => {
      const id = crypto.randomUUID();
      this.#ids.push(id);
      const kind = 1 + random(3);
      return `('${id}', REPEAT('lorem ipsum ', ${1 + random(12)}), UNHEX(SHA2(RAND(), 256)), 0, ${kind})`;
    });
    await this.#run(`INSERT INTO demo.documents VALUES ${rows.join(', ')}`);
  }

  async revise(): Promise<void> {
    const id = this.#ids[random(this.#ids.length)] ?? '';
    await this.#run(
      "UPDATE demo.documents SET revision = revision + 1, body = CONCAT(LEFT(body, 200), ' §', revision) WHERE id = ?",
      [id],
    );
  }

  async remove(): Promise<void> {
    const [id] = this.#ids.splice(random(this.#ids.length), 1);
    if (id !== undefined) await this.#run('DELETE FROM demo.documents WHERE id = ?', [id]);
  }

  async visit(): Promise<void> {
    const visitor = random(4) === 0 ? null : random(20);
    await this.#run('INSERT INTO demo.visits VALUES (?, ?, CURDATE()), (?, ?, CURDATE())', [
      `page ${random(5)}`,
      visitor,
      `page ${random(5)}`,
      visitor,
    ]);
  }

  async forget(): Promise<void> {
    await this.#run('DELETE FROM demo.visits WHERE visitor <=> ? LIMIT 3', [random(20)]);
  }

  async promote(): Promise<void> {
    const set = this.hasTier ? "tier = 'gold'" : 'balance = balance + 1';
    await this.#run(`UPDATE demo.accounts SET ${set} WHERE id = ?`, [1 + random(ACCOUNTS)]);
  }
}

const STEPS: readonly Step[] = [
  (writer) => writer.transfer(),
  (writer) => writer.transfer(),
  (writer) => writer.transfer(),
  (writer) => writer.write(),
  (writer) => writer.write(),
  (writer) => writer.revise(),
  (writer) => writer.revise(),
  (writer) => writer.remove(),
  (writer) => writer.visit(),
  (writer) => writer.forget(),
  (writer) => writer.promote(),
];

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
