import type { Router } from '../core/route.ts';
import { formatTableName, type Column, type Table, type TableName } from '../core/table.ts';
import type { ServerEnd } from '../server/connect-options.ts';
import { canBeKey, columnForm, type ColumnForm, type FormInput } from './column-form.ts';

/** A source column with the target column that its values go to. */
export interface PairColumn {
  readonly source: Column;
  readonly target: Column;
  readonly targetName: string;
  readonly form: ColumnForm;
}

/** The columns that name a row, as indexes into `TablePair.columns`. */
export interface PairKey {
  readonly columns: readonly number[];
  /** The index of that key on either end; undefined: there is none. */
  readonly indexes: Readonly<Record<ServerEnd, string | undefined>>;
  /** Both ends sort it alike, so ranges of it are the same rows on both. */
  readonly isSortedAlike: boolean;
}

/** A source table and the target table that should hold the same, column by column. */
export interface TablePair {
  readonly name: TableName;
  readonly targetName: TableName;
  readonly columns: readonly PairColumn[];
  /** undefined: no key names a row on both ends; then rows are compared as a multiset. */
  readonly key: PairKey | undefined;
  /** Without a key, what stands for one: columns that tell most rows apart. */
  readonly signature: readonly number[];
  /** Other source tables go to the same target: what this one lacks there may be theirs. */
  readonly isShared: boolean;
}

/** Why a table can't be compared at all. */
export interface PairProblem {
  readonly table: string;
  readonly target: string;
  readonly problem: string;
}

export interface PairInput {
  readonly source: Table;
  readonly target: Table | undefined;
  readonly router: Router;
  readonly isShared: boolean;
  readonly servers: FormInput['servers'];
}

/** The pair of a source table and its target, or what makes it impossible. */
export function pairTables(input: PairInput): TablePair | PairProblem {
  const { source, target, router } = input;
  const name = { database: source.database, table: source.name };
  const route = router.route(source);
  const names = { table: formatTableName(name), target: formatTableName(route.target) };
  if (target === undefined) return { ...names, problem: 'the target has no such table' };
  const columns: PairColumn[] = [];
  for (const { index, name: targetName } of route.columns) {
    const column = source.columns[index];
    const other = findColumn(target, targetName);
    if (column === undefined || column.isHidden) continue;
    if (other === undefined) {
      return { ...names, problem: `the target's table has no column ${targetName}` };
    }
    // The target computes it, from columns that are compared.
    if (other.generated !== undefined) continue;
    const form = columnForm({ source: column, target: other, targetName, servers: input.servers });
    columns.push({ source: column, target: other, targetName, form });
  }
  const key = findKey(source, target, columns);
  if (input.isShared && key?.isSortedAlike !== true) {
    return { ...names, problem: 'several tables go to it, and no key tells their rows apart' };
  }
  const signature = findSignature(columns);
  return { name, targetName: route.target, columns, key, signature, isShared: input.isShared };
}

/** Small columns where there are some: their values are remembered of every change. */
function findSignature(columns: readonly PairColumn[]): readonly number[] {
  const usable = columns.flatMap(({ source, form }, index) =>
    canBeKey(source, form) ? [index] : [],
  );
  const small = usable.filter((index) => !isLarge(columns[index]?.source));
  return small.length === 0 ? usable : small;
}

function isLarge(column: Column | undefined): boolean {
  return column !== undefined && /text|blob/.test(column.type);
}

function findColumn(table: Table, name: string): Column | undefined {
  const folded = name.toLowerCase();
  return table.columns.find((column) => !column.isHidden && column.name.toLowerCase() === folded);
}

interface NamedKey {
  readonly name: string;
  readonly columns: readonly number[];
}

function keysOf(table: Table): readonly NamedKey[] {
  const primary = table.primaryKey.length === 0 ? [] : [table.primaryKey];
  return [
    ...primary.map((columns) => ({ name: 'PRIMARY', columns })),
    ...table.uniqueKeys.filter((key) => key.isRowIdentity),
  ];
}

/** The first key of the source that the target has as well. */
function findKey(
  source: Table,
  target: Table,
  columns: readonly PairColumn[],
): PairKey | undefined {
  for (const { name, columns: parts } of keysOf(source)) {
    const indexes = parts.map((part) =>
      columns.findIndex((column) => column.source === source.columns[part]),
    );
    const found = indexes.map((index) => columns[index]);
    if (!found.every((column) => column !== undefined && canBeKey(column.source, column.form))) {
      continue;
    }
    const targetKey = keysOf(target).find((key) => isSameSet(key, target, found));
    if (targetKey === undefined) continue;
    return {
      columns: indexes,
      indexes: {
        source: name,
        // An index of another order is no help for ranges.
        target: isSameOrder(targetKey, target, found) ? targetKey.name : undefined,
      },
      isSortedAlike: found.every((column) => column !== undefined && isSortedAlike(column)),
    };
  }
  return undefined;
}

function namesOf(key: NamedKey, table: Table): readonly string[] {
  return key.columns.map((column) => (table.columns[column]?.name ?? '').toLowerCase());
}

function isSameSet(key: NamedKey, table: Table, columns: readonly (PairColumn | undefined)[]) {
  const names = new Set(namesOf(key, table));
  return (
    names.size === columns.length &&
    columns.every((column) => names.has(column?.targetName.toLowerCase() ?? ''))
  );
}

function isSameOrder(key: NamedKey, table: Table, columns: readonly (PairColumn | undefined)[]) {
  return namesOf(key, table).every(
    (name, index) => columns[index]?.targetName.toLowerCase() === name,
  );
}

function isSortedAlike({ source, target, form }: PairColumn): boolean {
  if (form.kind !== 'text') return true;
  const fold = (collation: string | undefined): string | undefined =>
    collation?.replace(/^utf8mb[34]_/, 'utf8_');
  return fold(source.collation) === fold(target.collation);
}

export function isPair(pair: TablePair | PairProblem): pair is TablePair {
  return 'columns' in pair;
}
