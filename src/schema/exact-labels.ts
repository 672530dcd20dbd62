import type { TableDefinition } from './table-definition.ts';

/**
 * A captured definition, with columns of the one known before where only characters beyond the basic
 * plane differ: the servers keep type texts in three-byte UTF-8 and show a question mark for such a
 * character of an ENUM or SET label, which the DDL that made it had right.
 */
export function keepExactLabels(
  before: TableDefinition | 'unknown' | undefined,
  captured: TableDefinition,
): TableDefinition {
  if (before === undefined || before === 'unknown') return captured;
  const columns = captured.columns.map((column) => {
    if (!column.columnType.includes('?')) return column;
    const known = before.columns.find((other) => other.name === column.name);
    const shown = known?.columnType.replace(/[\u{10000}-\u{10ffff}]/gu, '?');
    return known !== undefined && shown === column.columnType
      ? { ...column, columnType: known.columnType }
      : column;
  });
  return { ...captured, columns };
}
