import { readOptionalText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { Slice } from '../copy-record.ts';
import type { SourceTable } from '../source-tables.ts';
import { TableKey } from './table-key.ts';

/** So many rows (by the server's guess) make a slice worth its own query. */
const ROWS_A_SLICE = 100_000;
const MOST_SLICES = 256;
/** Below this a table is copied anew sooner than it is remembered how far it was. */
const ROWS_TO_REMEMBER = 1000;

/** Ranges of the key that several connections copy at once, each resumable by itself; undefined: it is copied as one. */
export async function chooseSlices(
  reader: ServerConnection,
  table: SourceTable,
): Promise<readonly Slice[] | undefined> {
  if (table.estimatedRows < ROWS_TO_REMEMBER) return undefined;
  const whole: Slice = { after: null, to: null };
  const count = Math.min(Math.ceil(table.estimatedRows / ROWS_A_SLICE), MOST_SLICES);
  if (count < 2 || !TableKey.isInteger(table.table)) return [whole];
  const bounds = await readBounds(reader, table);
  if (bounds === undefined) return [whole];
  const [lowest, highest] = bounds;
  const step = (highest - lowest) / BigInt(count);
  if (step < 1n) return [whole];
  const cuts = Array.from({ length: count - 1 }, (_, at) => String(lowest + step * BigInt(at + 1)));
  return [null, ...cuts].map((after, at) => ({ after, to: cuts[at] ?? null }));
}

async function readBounds(
  reader: ServerConnection,
  { name, table }: SourceTable,
): Promise<readonly [bigint, bigint] | undefined> {
  const column = quoteName(table.columns[table.primaryKey[0] ?? 0]?.name ?? '');
  const from = `${quoteName(name.database)}.${quoteName(name.table)}`;
  const [row] = await reader.query(
    `SELECT MIN(${column}) AS lowest, MAX(${column}) AS highest FROM ${from}`,
  );
  const lowest = readOptionalText(row, 'lowest');
  const highest = readOptionalText(row, 'highest');
  return lowest === undefined || highest === undefined
    ? undefined
    : [BigInt(lowest), BigInt(highest)];
}
