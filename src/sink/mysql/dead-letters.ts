import type { DeadLetter } from '../../core/dead-letter.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import { formatCoordinates } from '../../core/position.ts';
import { formatTableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { TailraceError } from '../../core/errors.ts';
import type { PlannedStatement, RowRef } from './plan.ts';
import { formatRowKey } from './row-naming.ts';
import { rowImagesAsJson } from './row-images-json.ts';
import { quoteText, quoteTextOrNull } from '../../server/sql-text.ts';
import type { StateTables } from './state-database.ts';

/** Larger rows are kept by their key alone. */
const MAX_IMAGE_LENGTH = 1024 * 1024;

/** One letter for each row of a statement that was passed over. */
export function lettersOf(
  statement: PlannedStatement,
  transaction: Transaction,
  error: TailraceError,
): DeadLetter[] {
  return statement.rows.map((ref) => ({
    kind: 'conflict',
    reason: error.message,
    code: error.code,
    seq: transaction.seq,
    gtid: transaction.gtid === undefined ? undefined : formatGtid(transaction.gtid),
    coordinates: formatCoordinates(ref.change.coordinates),
    table: formatTableName({ database: ref.change.table.database, table: ref.change.table.name }),
    payload: payloadOf(ref, statement),
  }));
}

function payloadOf(ref: RowRef, statement: PlannedStatement): string {
  const images = rowImagesAsJson(ref);
  if (images.length <= MAX_IMAGE_LENGTH) return images;
  return JSON.stringify({ action: ref.change.action, key: formatRowKey(ref, statement.binding) });
}

/** Keeps the letter in the transaction that passes the row over. */
export function letterStatement(task: string, tables: StateTables, letter: DeadLetter): string {
  return (
    `INSERT INTO ${tables.deadLetter}` +
    ' (task,kind,reason,code,seq,gtid,coordinates,table_name,payload,created_at) VALUES (' +
    [
      quoteText(task),
      quoteText(letter.kind),
      quoteText(letter.reason),
      quoteTextOrNull(letter.code),
      letter.seq ?? 'NULL',
      quoteTextOrNull(letter.gtid),
      quoteTextOrNull(letter.coordinates),
      quoteTextOrNull(letter.table),
      quoteTextOrNull(letter.payload),
      'UTC_TIMESTAMP(6)',
    ].join(',') +
    ')'
  );
}
