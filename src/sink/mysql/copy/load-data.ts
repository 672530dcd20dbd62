/**
 * LOAD DATA LOCAL of rows that are there as fields of bytes:
 *
 *   row     field TAB field TAB … LF
 *   field   \N for NULL, else the bytes; NUL, TAB, LF and backslash behind a backslash: \0 \t \n \\
 *
 * From the MySQL documentation ("LOAD DATA Statement", field and line handling). Under `CHARACTER SET binary` bytes
 * are bytes, also those of multi-byte characters.
 */
import { Readable } from 'node:stream';
import type { ResultSetHeader } from 'mysql2';
import type { RowBlock } from '../../../core/copy.ts';
import { FieldCursor } from '../../../core/field-cursor.ts';
import { errorFromServer } from '../../../server/error-from-server.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import { quoteName } from '../../../server/sql-text.ts';
import { quoteTable } from '../ddl/table-sql.ts';
import type { TableBinding } from '../table-binding.ts';

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
/** What stands behind the backslash, by the byte that it is for. */
const ESCAPES = new Uint8Array(256);
ESCAPES[0] = 0x30;
ESCAPES[TAB] = 0x74;
ESCAPES[NEWLINE] = 0x6e;
ESCAPES[BACKSLASH] = BACKSLASH;

export interface LoadResult {
  readonly affectedRows: number;
  readonly warningCount: number;
}

/** The statement for these columns of the block. An ENUM's index is a number: as text it would be a label first. */
export function loadStatement(binding: TableBinding, block: RowBlock): string {
  const sets: string[] = [];
  const columns = block.columns.map((index, at) => {
    const column = binding.columns.find((one) => one.index === index);
    const name = quoteName(column?.target.name ?? '');
    if (column?.source.type !== 'enum' || !block.hasEnumIndexes) return name;
    sets.push(`${name}=@tailrace${at}+0`);
    return `@tailrace${at}`;
  });
  const set = sets.length === 0 ? '' : ` SET ${sets.join(',')}`;
  return (
    `LOAD DATA LOCAL INFILE 'tailrace' INTO TABLE ${quoteTable(binding.target.name)}` +
    ` CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\'` +
    ` LINES TERMINATED BY '\\n' (${columns.join(',')})${set}`
  );
}

export function loadText({ bytes, rowCount, columns }: RowBlock): Buffer {
  const out = Buffer.allocUnsafe(bytes.length * 2 + rowCount * (columns.length * 2 + 1));
  const cursor = new FieldCursor(bytes);
  let to = 0;
  for (let row = 0; row < rowCount; row++) {
    for (let field = 0; field < columns.length; field++) {
      if (field > 0) out[to++] = TAB;
      cursor.next();
      if (cursor.start < 0) {
        out[to++] = BACKSLASH;
        out[to++] = 0x4e;
      } else to = escapeInto(out, to, cursor);
    }
    out[to++] = NEWLINE;
  }
  return out.subarray(0, to);
}

function escapeInto(out: Buffer, at: number, { bytes, start, end }: FieldCursor): number {
  let to = at;
  for (let from = start; from < end; from++) {
    const byte = bytes[from] as number;
    const escaped = byte > BACKSLASH ? 0 : (ESCAPES[byte] as number);
    if (escaped === 0) out[to++] = byte;
    else {
      out[to++] = BACKSLASH;
      out[to++] = escaped;
    }
  }
  return to;
}

/** The server asks for the file in its reply, and gets these bytes whatever name it asks for. */
export function loadRows(
  connection: ServerConnection,
  statement: string,
  text: Buffer,
): Promise<LoadResult> {
  const { host } = connection.info;
  return new Promise((resolve, reject) => {
    const stopListening = connection.onLost(reject);
    connection.raw.query<ResultSetHeader>(
      { sql: statement, infileStreamFactory: () => Readable.from([text], { objectMode: false }) },
      (failure, result) => {
        stopListening();
        if (failure !== null) reject(errorFromServer(failure, 'target', { host }));
        else resolve({ affectedRows: result.affectedRows, warningCount: result.warningStatus });
      },
    );
  });
}
