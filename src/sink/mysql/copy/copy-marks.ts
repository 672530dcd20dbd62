import type { CopyMark } from '../../../core/copy.ts';
import { readText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import { hexLiteral, quoteText } from '../../../server/sql-text.ts';
import type { StateTables } from '../state-database.ts';

/** The copy's record of one task: rows that exist only while the copy is unfinished. */
export class CopyMarks {
  readonly #task: string;
  readonly #table: string;

  constructor(task: string, tables: StateTables) {
    this.#task = quoteText(task);
    this.#table = tables.snapshot;
  }

  async load(connection: ServerConnection): Promise<ReadonlyMap<string, string>> {
    const rows = await connection.query(
      `SELECT skey, record FROM ${this.#table} WHERE task=${this.#task}`,
    );
    return new Map(rows.map((row) => [readText(row, 'skey'), readText(row, 'record')]));
  }

  saveStatement({ key, text }: CopyMark): string {
    const skey = hexLiteral(Buffer.from(key, 'utf8'));
    if (text === null) return `DELETE FROM ${this.#table} WHERE task=${this.#task} AND skey=${skey}`;
    return `REPLACE INTO ${this.#table} (task,skey,record) VALUES (${this.#task},${skey},${quoteText(text)})`;
  }

  clearStatement(): string {
    return `DELETE FROM ${this.#table} WHERE task=${this.#task}`;
  }
}
