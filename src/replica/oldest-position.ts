import { readFirstText, readOptionalText, readText, type Row } from '../server/row-reader.ts';
import type { ServerConnection } from '../server/connect.ts';

export interface BinlogFile {
  readonly name: string;
  readonly bytes: number;
}

/** The binlog files that the source still has, oldest first. */
export async function readBinlogFiles(
  connection: ServerConnection,
): Promise<readonly BinlogFile[]> {
  const rows = await connection.query('SHOW BINARY LOGS');
  return rows.map((row: Row) => ({
    name: readText(row, 'Log_name'),
    bytes: Number(readFirstText(row, ['File_size']) ?? '0'),
  }));
}

/** What can no longer be asked for: MySQL @@gtid_purged; MariaDB the state where the first file begins. */
export async function readPurgedGtids(
  connection: ServerConnection,
  oldest: BinlogFile | undefined,
): Promise<string> {
  if (connection.info.flavor === 'mysql') {
    const [row] = await connection.query('SELECT @@GLOBAL.gtid_purged AS gtids');
    return (readOptionalText(row, 'gtids') ?? '').replaceAll('\n', '');
  }
  if (oldest === undefined) return '';
  const [row] = await connection.query('SELECT BINLOG_GTID_POS(?, 4) AS gtids', [oldest.name]);
  return readOptionalText(row, 'gtids') ?? '';
}
