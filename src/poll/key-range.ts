import { readNumber, readText } from '../server/row-reader.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { quoteName } from '../server/sql-text.ts';
import type { TableKey } from '../snapshot/native/table-key.ts';
import type { SourceTable } from '../snapshot/source-tables.ts';
import type { KeyLiterals } from './poll-mark.ts';

/** Rows behind one key up to another; null: from the first row, to the last. */
export interface KeyRange {
  readonly after: KeyLiterals | null;
  readonly to: KeyLiterals | null;
}

export interface KeyedTable {
  readonly table: SourceTable;
  readonly key: TableKey;
}

/** How many rows, and the sum of a hash of each key: equal for the same keys. Sums of parts add up to that of the whole. */
export interface KeyDigest {
  readonly rows: bigint;
  readonly sum: bigint;
}

export function whereRange(key: TableKey, { after, to }: KeyRange): string {
  const conditions = [
    ...(after === null ? [] : [`(${key.after(after)})`]),
    ...(to === null ? [] : [`(${key.upTo(to)})`]),
  ];
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** Digests of several ranges, in as many statements as fit. */
export async function digestRanges(
  connection: ServerConnection,
  { table, key }: KeyedTable,
  ranges: readonly KeyRange[],
): Promise<readonly KeyDigest[]> {
  const digests: KeyDigest[] = [];
  const from = fromTable(table);
  const hash = `CRC32(CONCAT_WS('.', ${key.columns.map(({ name }) => `HEX(${name})`).join(', ')}))`;
  for (let at = 0; at < ranges.length; at += RANGES_A_QUERY) {
    const selects = ranges
      .slice(at, at + RANGES_A_QUERY)
      .map(
        (range, index) =>
          `SELECT ${at + index} AS n, COUNT(*) AS row_count, COALESCE(SUM(${hash}), 0) AS total${from}${whereRange(key, range)}`,
      );
    for (const row of await connection.query(selects.join(' UNION ALL '))) {
      digests[readNumber(row, 'n')] = {
        rows: BigInt(readText(row, 'row_count')),
        sum: BigInt(readText(row, 'total')),
      };
    }
  }
  return digests;
}

const RANGES_A_QUERY = 100;

export function fromTable({ name }: SourceTable): string {
  return ` FROM ${quoteName(name.database)}.${quoteName(name.table)}`;
}
