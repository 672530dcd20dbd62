import type { Position } from '../../core/position.ts';
import { isReached } from '../../core/position-order.ts';
import { deserializePosition, serializePosition } from '../../core/position-parse.ts';
import { quoteText } from '../../server/sql-text.ts';
import { readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import type { StateTables } from './state-database.ts';

/**
 * After a `position set` that goes back, the target holds already what the source will bring again. Up to
 * the old checkpoint, the mark, rows are therefore replayed by key: an insert that meets its row, an update
 * or delete that finds none, makes the target hold what the source had then; and a DDL that is there
 * already counts as done. Behind the mark, conflicts are conflicts again.
 *
 * The mark is compared with positions, not with numbers: those go on counting.
 */
export class ReplayMark {
  #until: Position | undefined;

  constructor(until: Position | undefined, at: Position | undefined) {
    this.#until = until;
    if (at !== undefined) this.pass(at);
  }

  /** What comes next was applied before. */
  get isActive(): boolean {
    return this.#until !== undefined;
  }

  /** Everything up to `at` is applied. True: that passed the mark just now. */
  pass(at: Position): boolean {
    if (this.#until === undefined || !isReached(at, this.#until)) return false;
    this.#until = undefined;
    return true;
  }
}

export async function readReplayMark(
  connection: ServerConnection,
  tables: StateTables,
  task: string,
): Promise<Position | undefined> {
  const [row] = await connection.query(
    `SELECT position FROM ${tables.replay} WHERE task=${quoteText(task)}`,
  );
  return row === undefined ? undefined : deserializePosition(readText(row, 'position'));
}

/** undefined: nothing is to be replayed. */
export function replayStatement(
  tables: StateTables,
  task: string,
  until: Position | undefined,
): string {
  if (until === undefined) return `DELETE FROM ${tables.replay} WHERE task=${quoteText(task)}`;
  const values = [task, serializePosition(until)].map(quoteText).join(',');
  return `REPLACE INTO ${tables.replay} (task,position,created_at) VALUES (${values},UTC_TIMESTAMP(6))`;
}
