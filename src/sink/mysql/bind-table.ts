import { TailraceError } from '../../core/errors.ts';
import type { TableRoute } from '../../core/route.ts';
import { formatTableName, type Column, type Table } from '../../core/table.ts';
import type { BoundColumn, TableBinding } from './table-binding.ts';
import type { TargetColumn, TargetKey, TargetTable } from './target-table.ts';

export interface BindOptions {
  readonly allowNontransactional: boolean;
}

/** Fits a source table to its target, or says by name why it does not fit. */
export function bindTable(
  source: Table,
  route: TableRoute,
  target: TargetTable,
  options: BindOptions,
): TableBinding {
  checkTarget(target, options);
  const columns = bindColumns(source, route, target);
  const fitting = new ColumnsByName(source, route);
  const identityKey = target.uniqueKeys.find((key) => key.isRowIdentity && isWritten(key, columns));
  const identity = identityKey && toIndexes(identityKey, fitting);
  const others = target.uniqueKeys.filter((key) => key !== identityKey);
  const uniqueKeys = others
    .map((key) => toIndexes(key, fitting))
    .filter((indexes) => indexes !== undefined);
  const written = columns.map(({ index }) => index);
  return {
    source,
    route,
    target,
    columns,
    identity,
    uniqueKeys,
    needed: [...new Set([...written, ...(identity ?? []), ...uniqueKeys.flat()])],
    inOrderReason: inOrderReason(identity, others, fitting),
    hasExtraColumns: target.columns.some(
      (column) => !column.isGenerated && !columns.some((bound) => bound.target === column),
    ),
    hasForeignKeys: target.hasForeignKeys,
    hasReferentialActions: target.hasReferentialActions,
  };
}

function checkTarget(target: TargetTable, options: BindOptions): void {
  const place = { table: formatTableName(target.name) };
  if (!target.isTransactional && !options.allowNontransactional) {
    throw new TailraceError(
      'TARGET_NOT_TRANSACTIONAL',
      `the target's table ${place.table} has engine ${target.engine}: what it was given stays after a rollback`,
      { place },
    );
  }
  const [trigger] = target.triggers;
  if (trigger === undefined) return;
  throw new TailraceError(
    'TARGET_TRIGGER',
    `the target's table ${place.table} has a trigger ${trigger}, whose effects come from the source already`,
    { place },
  );
}

function bindColumns(
  source: Table,
  route: TableRoute,
  target: TargetTable,
): readonly BoundColumn[] {
  const bound: BoundColumn[] = [];
  for (const { index, name } of route.columns) {
    const column = source.columns[index];
    if (column === undefined || column.isHidden) continue;
    const targetColumn = target.columnByName.get(name.toLowerCase());
    if (targetColumn === undefined) throw missingColumn(target, name);
    if (!targetColumn.isGenerated) bound.push({ index, source: column, target: targetColumn });
  }
  const unfilled = target.columns.find(
    (column) => !column.canBeOmitted && !bound.some((one) => one.target === column),
  );
  if (unfilled !== undefined) throw unfilledColumn(target, unfilled);
  return bound;
}

function missingColumn(target: TargetTable, name: string): TailraceError {
  const table = formatTableName(target.name);
  return new TailraceError('TARGET_COLUMNS_DIFFER', `the target's ${table} has no column ${name}`, {
    place: { table, column: name },
  });
}

function unfilledColumn(target: TargetTable, column: TargetColumn): TailraceError {
  const table = formatTableName(target.name);
  return new TailraceError(
    'TARGET_COLUMNS_DIFFER',
    `the target's ${table} has a column ${column.name} that the source lacks and that has no default`,
    { place: { table, column: column.name }, next: 'Give the column a default, or drop it.' },
  );
}

/** The target's column names as indexes of the source's image, generated columns among them. */
class ColumnsByName {
  readonly #indexes = new Map<string, number>();
  readonly #all: readonly number[];

  constructor(source: Table, route: TableRoute) {
    for (const { index, name } of route.columns) this.#indexes.set(name.toLowerCase(), index);
    this.#all = source.columns.flatMap((column: Column, index) => (column.isHidden ? [] : [index]));
  }

  indexOf(name: string): number | undefined {
    return this.#indexes.get(name.toLowerCase());
  }

  /** What an expression may depend on. */
  get all(): readonly number[] {
    return this.#all;
  }
}

function isWritten(key: TargetKey, columns: readonly BoundColumn[]): boolean {
  return key.parts.every((part) =>
    columns.some(({ target }) => target.name.toLowerCase() === part.column?.toLowerCase()),
  );
}

/** A prefix counts as the whole column, an expression as all of them; undefined: not in the image. */
function toIndexes(key: TargetKey, columns: ColumnsByName): readonly number[] | undefined {
  const indexes = new Set<number>();
  for (const part of key.parts) {
    if (part.column === undefined) return columns.all;
    const index = columns.indexOf(part.column);
    if (index === undefined) return undefined;
    indexes.add(index);
  }
  return [...indexes].sort((a, b) => a - b);
}

function inOrderReason(
  identity: readonly number[] | undefined,
  others: readonly TargetKey[],
  columns: ColumnsByName,
): string | undefined {
  if (identity === undefined) return 'no primary or not-null unique key on the target';
  const blind = others.find((key) => toIndexes(key, columns) === undefined);
  return blind && `the target's unique key ${blind.name} has columns that the source does not send`;
}
