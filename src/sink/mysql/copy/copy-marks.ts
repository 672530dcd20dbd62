import type { CopyMark } from '../../../core/copy.ts';
import { readText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import { hexLiteral, quoteText } from '../../../server/sql-text.ts';
import { connectServer } from '../../../server/connect.ts';
import type { CheckpointAdminOptions } from '../checkpoint-admin.ts';
import { listTables, POLL_TABLE, SNAPSHOT_TABLE, StateTables } from '../state-database.ts';

export type MarksPurpose = 'snapshot' | 'poll' | 'addedTable';

/** Changes nothing, needs no lock. Empty: no copy is unfinished. */
export function readCopyMarks(
  options: CheckpointAdminOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  return readMarks(options, 'snapshot', signal);
}

/** The same of polling. Empty: nothing was polled yet. */
export function readPollMarks(
  options: CheckpointAdminOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  return readMarks(options, 'poll', signal);
}

async function readMarks(
  options: CheckpointAdminOptions,
  purpose: 'snapshot' | 'poll',
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const connection = await connectServer(options.server, 'target', { signal });
  try {
    const tables = await listTables(connection, options.stateDatabase);
    if (tables?.has(purpose === 'poll' ? POLL_TABLE : SNAPSHOT_TABLE) !== true) return new Map();
    const marks = new CopyMarks(options.task, new StateTables(options.stateDatabase), purpose);
    return await marks.load(connection);
  } finally {
    await connection.close();
  }
}

/**
 * The record of one task: a copy's, whose rows exist only while it is unfinished; how far polling is in each
 * table; or tables that are added while it runs.
 */
export class CopyMarks {
  readonly #task: string;
  readonly #table: string;

  constructor(task: string, tables: StateTables, purpose: MarksPurpose = 'snapshot') {
    this.#task = quoteText(task);
    this.#table = tables[purpose];
  }

  async load(connection: ServerConnection): Promise<ReadonlyMap<string, string>> {
    const rows = await connection.query(
      `SELECT skey, record FROM ${this.#table} WHERE task=${this.#task}`,
    );
    return new Map(rows.map((row) => [readText(row, 'skey'), readText(row, 'record')]));
  }

  async exist(connection: ServerConnection): Promise<boolean> {
    const rows = await connection.query(
      `SELECT 1 FROM ${this.#table} WHERE task=${this.#task} LIMIT 1`,
    );
    return rows.length > 0;
  }

  saveStatement({ key, text }: CopyMark): string {
    const skey = hexLiteral(Buffer.from(key, 'utf8'));
    if (text === null)
      return `DELETE FROM ${this.#table} WHERE task=${this.#task} AND skey=${skey}`;
    return `REPLACE INTO ${this.#table} (task,skey,record) VALUES (${this.#task},${skey},${quoteText(text)})`;
  }

  clearStatement(): string {
    return `DELETE FROM ${this.#table} WHERE task=${this.#task}`;
  }
}
