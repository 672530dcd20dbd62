import type { Sql } from '../server.ts';

/** What one stretch of a recording holds: every reader must come to the same figures. */
export interface Tally {
  readonly rows: number;
  readonly transactions: number;
  /** Sum of the first column over the last image of each changed row. */
  readonly sum: number;
}

const BATCH_STATEMENTS = 200;
const BATCH_CHARACTERS = 1 << 20;

/**
 * Writes a workload to the source, many transactions a packet, and counts what it holds. After `shortAt`
 * row changes it leaves a first mark (a row in `end_mark`), for readers too slow for all of it.
 */
export class Recorder {
  readonly #sql: Sql;
  readonly #database: string;
  readonly #shortAt: number;
  #batch: string[] = [];
  #characters = 0;
  #rows = 0;
  #transactions = 0;
  #sum = 0;
  #short: Tally | undefined;

  constructor(sql: Sql, database: string, shortAt = Number.POSITIVE_INFINITY) {
    this.#sql = sql;
    this.#database = database;
    this.#shortAt = shortAt;
  }

  /** `ids`: first columns of the changed rows, one each; or their number and sum when they are many. */
  async transaction(
    statements: readonly string[],
    changed: readonly number[] | { readonly rows: number; readonly sum: number },
  ): Promise<void> {
    const text = statements.join(';');
    this.#push(statements.length === 1 ? text : `BEGIN;${text};COMMIT`);
    this.#transactions += 1;
    if ('rows' in changed) {
      this.#rows += changed.rows;
      this.#sum += changed.sum;
    } else {
      this.#rows += changed.length;
      for (const id of changed) this.#sum += id;
    }
    if (this.#short === undefined && this.#rows >= this.#shortAt) {
      this.#short = this.#tally();
      this.#mark(1);
    }
    if (this.#batch.length >= BATCH_STATEMENTS || this.#characters >= BATCH_CHARACTERS) {
      await this.#flush();
    }
  }

  /** Leaves the last mark (number 2). The marks themselves are not counted. */
  async finish(): Promise<{ whole: Tally; short: Tally | undefined }> {
    this.#mark(2);
    await this.#flush();
    const whole = this.#tally();
    const isPart = this.#short !== undefined && this.#short.rows < whole.rows;
    return { whole, short: isPart ? this.#short : undefined };
  }

  #tally(): Tally {
    return { rows: this.#rows, transactions: this.#transactions, sum: this.#sum };
  }

  #mark(id: number): void {
    this.#push(`INSERT INTO ${this.#database}.end_mark VALUES (${id})`);
  }

  #push(text: string): void {
    this.#batch.push(text);
    this.#characters += text.length;
  }

  async #flush(): Promise<void> {
    const text = this.#batch.join(';');
    this.#batch = [];
    this.#characters = 0;
    if (text !== '') await this.#sql.query(text);
  }
}
