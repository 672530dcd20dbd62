import type { XaEnd, XaPrepare } from '../../core/change.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { readNumber } from '../../server/row-reader.ts';
import { TailraceError } from '../../core/errors.ts';
import { hexLiteral, quoteText } from '../../server/sql-text.ts';
import type { StateTables } from './state-database.ts';
import { TUNING } from './tuning.ts';

/**
 * Prepared XA groups, kept beside the checkpoint until they end. The pieces of a payload come back as
 * they were; a piece larger than one statement should be is stored in chunks.
 */
export function* preparedStatements(
  task: string,
  tables: StateTables,
  change: XaPrepare | XaEnd,
): Generator<string> {
  const where = `task=${quoteText(task)} AND xid=${xidLiteral(change.xid)}`;
  // Before a prepare too: what is left of one that `position set` went back over.
  yield `DELETE FROM ${tables.preparedXa} WHERE ${where}`;
  if (change.kind === 'xa-end') return;
  for (const [piece, bytes] of change.payload.entries()) {
    for (let chunk = 0; chunk === 0 || chunk * TUNING.xaPieceBytes < bytes.length; chunk++) {
      const start = chunk * TUNING.xaPieceBytes;
      const payload = hexLiteral(bytes.subarray(start, start + TUNING.xaPieceBytes));
      yield (
        `INSERT INTO ${tables.preparedXa} (task,xid,piece,chunk,payload) VALUES ` +
        `(${quoteText(task)},${xidLiteral(change.xid)},${piece},${chunk},${payload})`
      );
    }
  }
}

export async function loadPreparedPayload(
  connection: ServerConnection,
  { task, tables }: { task: string; tables: StateTables },
  xid: string,
): Promise<readonly Uint8Array[] | undefined> {
  const rows = await connection.query(
    `SELECT piece, payload FROM ${tables.preparedXa}
    WHERE task=${quoteText(task)} AND xid=${xidLiteral(xid)} ORDER BY piece, chunk`,
  );
  if (rows.length === 0) return undefined;
  const pieces: Buffer[][] = [];
  for (const row of rows) {
    const payload = row['payload'];
    if (!Buffer.isBuffer(payload))
      throw new TailraceError('INTERNAL_FAULT', 'a payload is no blob');
    (pieces[readNumber(row, 'piece')] ??= []).push(payload);
  }
  return pieces.map((chunks) =>
    chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks),
  );
}

function xidLiteral(xid: string): string {
  return hexLiteral(Buffer.from(xid, 'utf8'));
}
