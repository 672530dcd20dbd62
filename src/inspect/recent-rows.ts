import { keyColumns, literalOf } from './row-key.ts';
import type { ScanContext } from './table-scan.ts';
import type { KeyBoundary } from './table-sql.ts';

/** With more keys in flux the numbers of rows are not compared. */
const MOST_LEFT_OUT = 1_000;

/**
 * Where a cheap look at a table begins: at the highest keys, or at the first where the two ends do not
 * hold the same number of rows. none: the table has no key to look by.
 */
export async function findRecent(
  context: ScanContext,
  rows: number,
): Promise<KeyBoundary | undefined | 'none'> {
  const { pair, views, sql } = context;
  if (pair.key?.isSortedAlike !== true || pair.isShared) return 'none';
  if (!(await hasSameCount(context))) return undefined;
  const [row] = await views.read('source', sql.recent(rows));
  if (row === undefined) return undefined;
  return keyColumns(pair).map((column, index) => literalOf(column, row[index] ?? null));
}

async function hasSameCount({ pair, views, sql, log }: ScanContext): Promise<boolean> {
  const { seen } = views;
  const flux = seen === undefined || log === undefined ? [] : log.flux(pair, seen);
  if (flux === 'all' || flux.length > MOST_LEFT_OUT) return true;
  const [source, target] = await Promise.all(
    (['source', 'target'] as const).map((end) => views.read(end, sql.count(end, flux))),
  );
  return source?.[0]?.[0]?.latin1Slice() === target?.[0]?.[0]?.latin1Slice();
}
