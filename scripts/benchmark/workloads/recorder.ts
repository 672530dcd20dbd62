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

export interface ShortStretch {
  /** After so many row changes. */
  readonly rows: number;
  /** The source stands there meanwhile. */
  readonly reached?: () => Promise<void>;
}

/**
 * Writes a workload to the source, many transactions a packet, the next packet made while the server works
 * on the last, and counts what it holds. Behind a short stretch it leaves a first mark (a row in `end_mark`),
 * for those too slow for all of it.
 */
export class Recorder {
  readonly #sql: Sql;
  readonly #database: string;
  readonly #stretch: ShortStretch;
  #batch: string[] = [];
  #characters = 0;
  #rows = 0;
  #transactions = 0;
  #sum = 0;
  #short: Tally | undefined;
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(sql: Sql, database: string, stretch: ShortStretch = { rows: Infinity }) {
    this.#sql = sql;
    this.#database = database;
    this.#stretch = stretch;
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
    if (this.#short === undefined && this.#rows >= this.#stretch.rows) await this.#endShort();
    if (this.#batch.length >= BATCH_STATEMENTS || this.#characters >= BATCH_CHARACTERS) {
      await this.#flush();
    }
  }

  /** Leaves the last mark (number 2). The marks themselves are not counted. */
  async finish(): Promise<{ whole: Tally; short: Tally | undefined }> {
    this.#mark(2);
    await this.#flush();
    await this.#underWay;
    const whole = this.#tally();
    const isPart = this.#short !== undefined && this.#short.rows < whole.rows;
    return { whole, short: isPart ? this.#short : undefined };
  }

  async #endShort(): Promise<void> {
    this.#short = this.#tally();
    this.#mark(1);
    await this.#flush();
    await this.#underWay;
    await this.#stretch.reached?.();
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
    await this.#underWay;
    if (text === '') return;
    this.#underWay = this.#sql.query(text);
    // Whoever waits for it next is told.
    this.#underWay.catch(() => undefined);
  }
}
