import type { ServerEnd } from '../server/connect-options.ts';
import type { FetchedRow } from './canonical-value.ts';
import { idOfRow } from './row-key.ts';
import type { TablePair } from './table-pair.ts';
import type { TableSql } from './table-sql.ts';
import type { ViewPair } from './view-pair.ts';

export interface SuspectRows {
  readonly source: readonly FetchedRow[];
  readonly target: readonly FetchedRow[];
}

interface FetchContext {
  readonly pair: TablePair;
  readonly sql: TableSql;
  readonly views: ViewPair;
}

type RowsById = ReadonlyMap<string, readonly FetchedRow[]>;

/** The rows of some suspects on both ends, by the suspect's id (a key, or a checksum of one). */
export async function fetchSuspects(
  context: FetchContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SuspectRows>> {
  const fetch = context.pair.key === undefined ? fetchByDigest : fetchByKey;
  const [source, target] = await Promise.all([
    fetch(context, 'source', ids),
    fetch(context, 'target', ids),
  ]);
  return new Map(
    ids.map((id) => [id, { source: source.get(id) ?? [], target: target.get(id) ?? [] }]),
  );
}

async function fetchByDigest(
  { sql, views }: FetchContext,
  end: ServerEnd,
  ids: readonly string[],
): Promise<RowsById> {
  const rows = await views.read(end, sql.rowsByKeyDigest(end, ids));
  return group(rows, (row) => row[0]?.latin1Slice() ?? '', 1);
}

async function fetchByKey(
  { sql, views, pair }: FetchContext,
  end: ServerEnd,
  ids: readonly string[],
): Promise<RowsById> {
  const rows = await views.read(end, sql.rowsByKey(end, ids));
  const groups = group(rows, (row) => idOfRow(pair, row), 0);
  const wanted = new Set(ids);
  if ([...groups.keys()].every((id) => wanted.has(id))) return groups;
  // Keys that are equal by the column's collation and not by their bytes: asked for one by one.
  const exact = new Map<string, readonly FetchedRow[]>(groups);
  for (const id of ids) {
    if (!groups.has(id)) exact.set(id, await views.read(end, sql.rowsByKey(end, [id])));
  }
  return exact;
}

function group(
  rows: readonly FetchedRow[],
  keyOf: (row: FetchedRow) => string,
  skip: number,
): Map<string, FetchedRow[]> {
  const groups = new Map<string, FetchedRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = groups.get(key);
    const content = skip === 0 ? row : row.slice(skip);
    if (known === undefined) groups.set(key, [content]);
    else known.push(content);
  }
  return groups;
}
