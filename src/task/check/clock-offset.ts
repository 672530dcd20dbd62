import { readNumber } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/connect.ts';

/** How far a server's clock is ahead of ours, give or take half a round trip. */
export async function readClockOffset(connection: ServerConnection): Promise<number> {
  const askedMs = Date.now();
  const [row] = await connection.query('SELECT UNIX_TIMESTAMP(SYSDATE(6)) * 1000 AS now');
  return readNumber(row, 'now') - (askedMs + Date.now()) / 2;
}
