import type { TableRoute } from '../../core/route.ts';
import { formatTableName, type Column, type Table } from '../../core/table.ts';
import { readText } from '../../server/row-reader.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { CatalogConnection } from './catalog.ts';
import type { TargetProblem } from './target-problems.ts';
import type { TargetColumn, TargetKey, TargetTable } from './target-table.ts';

/** A table of the source and the one of the target that takes its rows. */
export interface TablePair {
  readonly table: Table;
  readonly route: TableRoute;
  readonly target: TargetTable;
}

/** Columns of a key whose values the target holds equal where the source does not. */
interface CoarserColumn {
  readonly source: Column;
  readonly target: TargetColumn;
}

/**
 * Unique keys of the target that two rows of the source may share although the source holds them apart: keys on fewer
 * columns than any of the source's, on the beginnings of columns, or by a collation that tells less apart.
 */
export async function findKeyProblems(
  connection: CatalogConnection,
  pairs: readonly TablePair[],
): Promise<readonly TargetProblem[]> {
  const problems: TargetProblem[] = [];
  for (const pair of pairs) {
    for (const key of pair.target.uniqueKeys) {
      const problem = await judgeKey(connection, pair, key);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

async function judgeKey(
  connection: CatalogConnection,
  pair: TablePair,
  key: TargetKey,
): Promise<TargetProblem | undefined> {
  // An expression can't be compared.
  if (key.parts.some(({ column }) => column === undefined)) return undefined;
  const rivals = sourceKeys(pair).map((sourceKey) => compareKeys(pair, sourceKey, key));
  if (rivals.some((rival) => rival?.length === 0)) return undefined;
  const coarser = rivals.find((rival) => rival !== undefined);
  if (coarser === undefined) return narrowerKey(pair, key);
  const statement = await collationStatement(connection, pair.target, coarser);
  return coarserKey(pair, key, { coarser, statement });
}

interface SourceKey {
  readonly columns: readonly number[];
  readonly isWhole: boolean;
}

function sourceKeys({ table }: TablePair): readonly SourceKey[] {
  const others = table.uniqueKeys.map(({ columns, isRowIdentity }) => ({
    columns,
    isWhole: isRowIdentity,
  }));
  const { primaryKey } = table;
  return primaryKey.length === 0 ? others : [{ columns: primaryKey, isWhole: true }, ...others];
}

/** undefined: the target's key does not have all columns of the source's; else those of them that are coarser. */
function compareKeys(
  { table, route, target }: TablePair,
  { columns, isWhole }: SourceKey,
  key: TargetKey,
): readonly CoarserColumn[] | undefined {
  const coarser: CoarserColumn[] = [];
  for (const index of columns) {
    const name = route.columns.find((one) => one.index === index)?.name.toLowerCase();
    const part = key.parts.find(({ column }) => column?.toLowerCase() === name);
    if (name === undefined || part === undefined) return undefined;
    // A key on beginnings holds less apart, unless the source's is one too.
    if (part.isPrefix && isWhole) return undefined;
    const source = table.columns[index];
    const there = target.columns.find((column) => column.name.toLowerCase() === name);
    if (source === undefined || there === undefined) return undefined;
    if (!isAsFine(source, there)) coarser.push({ source, target: there });
  }
  return coarser;
}

/** The target tells apart at least what the source tells apart. */
function isAsFine(source: Column, target: TargetColumn): boolean {
  const [from, to] = [source.collation, target.collation];
  // Bytes, numbers, times.
  if (to === undefined || to === 'binary') return true;
  if (from === undefined) return source.charset === undefined && !isBytes(source);
  if (familyOf(from) === familyOf(to)) return true;
  return to.endsWith('_bin') && (isNoPad(to) || !isNoPad(from));
}

function isBytes({ type }: Column): boolean {
  return type.endsWith('binary') || type.endsWith('blob');
}

/** Collations of utf8mb3 compare as those of utf8mb4 with the same name. */
function familyOf(collation: string): string {
  return collation.replace(/^utf8mb[34]_/, 'utf8_');
}

/** Trailing spaces count. */
function isNoPad(collation: string): boolean {
  return collation.includes('_0900_') || collation.includes('_nopad_');
}

function describeKey({ target }: TablePair, key: TargetKey): string {
  const columns = key.parts.map(({ column = '', isPrefix }) =>
    isPrefix ? `${column}(…)` : column,
  );
  return `the target's unique key ${key.name} (${columns.join(', ')}) of ${formatTableName(target.name)}`;
}

function narrowerKey(pair: TablePair, key: TargetKey): TargetProblem {
  const { target } = pair;
  const drop = `ALTER TABLE ${fullName(target)} DROP INDEX ${quoteName(key.name)};`;
  return {
    severity: 'warning',
    code: 'UNIQUE_KEY_CLASH',
    finding: `${describeKey(pair, key)} is on less than any unique key of the source: two rows there may have the same values in it`,
    fixSql: key.isPrimary ? undefined : drop,
  };
}

function coarserKey(
  pair: TablePair,
  key: TargetKey,
  {
    coarser,
    statement,
  }: { readonly coarser: readonly CoarserColumn[]; readonly statement: string | undefined },
): TargetProblem {
  const how = coarser.map(
    ({ source, target }) =>
      `${target.name} by ${target.collation ?? ''}, on the source by ${source.collation ?? 'bytes'}`,
  );
  return {
    severity: 'warning',
    code: 'UNIQUE_KEY_CLASH',
    finding: `${describeKey(pair, key)} compares ${how.join('; ')}: values that differ there in case, accents or trailing spaces may be equal here`,
    fixSql: statement,
  };
}

/** The columns as they are, with the source's collation. */
async function collationStatement(
  connection: CatalogConnection,
  table: TargetTable,
  coarser: readonly CoarserColumn[],
): Promise<string | undefined> {
  const [row] = await connection.query(`SHOW CREATE TABLE ${fullName(table)}`);
  const lines = readText(row, 'Create Table').split('\n');
  const changes = coarser.map(({ source, target }) => changeOf(lines, source, target));
  if (changes.includes(undefined)) return undefined;
  return `ALTER TABLE ${fullName(table)} ${changes.join(', ')};`;
}

function changeOf(
  lines: readonly string[],
  { collation }: Column,
  { name }: TargetColumn,
): string | undefined {
  const start = `  ${quoteName(name)} `;
  const line = lines.find((one) => one.startsWith(start));
  const parts = /^(\w+(?:\([^)]*\))?)(?: CHARACTER SET \w+)?(?: COLLATE \w+)?(.*?),?$/.exec(
    line?.slice(start.length) ?? '',
  );
  if (parts === null || collation === undefined) return undefined;
  const [, type = '', rest = ''] = parts;
  const charset = collation.slice(0, collation.indexOf('_'));
  return `MODIFY ${quoteName(name)} ${type} CHARACTER SET ${charset} COLLATE ${collation}${rest}`;
}

function fullName({ name }: TargetTable): string {
  return `${quoteName(name.database)}.${quoteName(name.table)}`;
}
