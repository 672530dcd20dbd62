import { formatTableName } from '../core/table.ts';
import { canonicalValue, type FetchedRow } from './canonical-value.ts';
import type { Cause, ColumnDifference, RowDifference } from './difference.ts';
import { findCause } from './find-cause.ts';
import type { TablePair } from './table-pair.ts';
import { showValue } from './value-text.ts';

/** A row of the source and of the target that should be the same, and are not; undefined: there is none. */
export interface DifferingRows {
  readonly source: FetchedRow | undefined;
  readonly target: FetchedRow | undefined;
  readonly copies: number;
}

export function describeDifference(
  pair: TablePair,
  { source, target, copies }: DifferingRows,
  isBehind: boolean,
): RowDifference {
  const columns = compareColumns(pair, source, target);
  const kind = target === undefined ? 'missing' : source === undefined ? 'extra' : 'stale';
  return {
    table: formatTableName(pair.name),
    target: formatTableName(pair.targetName),
    key: showKey(pair, source ?? target ?? []),
    kind,
    cause: isBehind ? 'behind' : kind === 'stale' ? commonCause(columns) : kind,
    columns,
    copies,
  };
}

function compareColumns(
  pair: TablePair,
  source: FetchedRow | undefined,
  target: FetchedRow | undefined,
): readonly ColumnDifference[] {
  if (source === undefined || target === undefined) return [];
  return pair.columns.flatMap((column, index) => {
    const [left, right] = [source[index] ?? null, target[index] ?? null];
    const { kind } = column.form;
    if (canonicalValue(kind, left) === canonicalValue(kind, right)) return [];
    return [
      {
        column: column.source.name,
        source: showValue(column, left),
        target: showValue(column, right),
        cause: findCause(column, left, right),
      },
    ];
  });
}

/** What all differing columns have in common; otherwise the row is just an old one. */
function commonCause(columns: readonly ColumnDifference[]): Cause {
  const [first] = columns;
  const isCommon = columns.every(({ cause }) => cause === first?.cause);
  return isCommon ? (first?.cause ?? 'stale') : 'stale';
}

function showKey(pair: TablePair, row: FetchedRow): string {
  const indexes = pair.key?.columns ?? pair.signature;
  const parts = indexes.flatMap((index) => {
    const column = pair.columns[index];
    if (column === undefined) return [];
    return [`${column.source.name}=${showValue(column, row[index] ?? null) ?? 'NULL'}`];
  });
  return parts.join(', ');
}
