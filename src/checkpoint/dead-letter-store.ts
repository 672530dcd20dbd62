import type { Database, Statement } from 'better-sqlite3';
import type { DeadLetter, DeadLetterBox, StoredDeadLetter } from '../core/dead-letter.ts';
import type { ErrorCode } from '../core/error-codes.ts';

interface Row {
  readonly id: number;
  readonly created_at_ms: number;
  readonly kind: DeadLetter['kind'];
  readonly reason: string;
  readonly code: ErrorCode | null;
  readonly seq: number | null;
  readonly gtid: string | null;
  readonly coordinates: string | null;
  readonly table_name: string | null;
  readonly payload: string | null;
}

export class DeadLetterStore implements DeadLetterBox {
  readonly #database: Database;
  readonly #nowMs: () => number;
  #insert: Statement | undefined;

  constructor(database: Database, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  add(letter: DeadLetter): number {
    this.#insert ??= this.#database.prepare(
      `INSERT INTO dead_letter
         (created_at_ms, kind, reason, code, seq, gtid, coordinates, table_name, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const { lastInsertRowid } = this.#insert.run(
      this.#nowMs(),
      letter.kind,
      letter.reason,
      letter.code ?? null,
      letter.seq ?? null,
      letter.gtid ?? null,
      letter.coordinates ?? null,
      letter.table ?? null,
      letter.payload ?? null,
    );
    return Number(lastInsertRowid);
  }

  get count(): number {
    const count = this.#database.prepare('SELECT count(*) FROM dead_letter').pluck().get();
    return Number(count);
  }

  /** Oldest first. */
  list(limit = 1000): StoredDeadLetter[] {
    const rows = this.#database
      .prepare<[number], Row>('SELECT * FROM dead_letter ORDER BY id LIMIT ?')
      .all(limit);
    return rows.map(fromRow);
  }

  /** Newest first. */
  latest(limit: number): StoredDeadLetter[] {
    const rows = this.#database
      .prepare<[number], Row>('SELECT * FROM dead_letter ORDER BY id DESC LIMIT ?')
      .all(limit);
    return rows.map(fromRow);
  }

  get(id: number): StoredDeadLetter | undefined {
    const row = this.#database
      .prepare<[number], Row>('SELECT * FROM dead_letter WHERE id = ?')
      .get(id);
    return row === undefined ? undefined : fromRow(row);
  }

  /** False: there was none. */
  drop(id: number): boolean {
    return this.#database.prepare('DELETE FROM dead_letter WHERE id = ?').run(id).changes > 0;
  }
}

function fromRow(row: Row): StoredDeadLetter {
  return {
    id: row.id,
    createdAtMs: row.created_at_ms,
    kind: row.kind,
    reason: row.reason,
    code: row.code ?? undefined,
    seq: row.seq ?? undefined,
    gtid: row.gtid ?? undefined,
    coordinates: row.coordinates ?? undefined,
    table: row.table_name ?? undefined,
    payload: row.payload ?? undefined,
  };
}
