import { TailraceError } from '../core/errors.ts';
import type { Column, Index, Table } from '../core/table.ts';
import { charsetOfCollation } from './collation-names.ts';
import { isTextType, readColumnType } from './column-type-text.ts';
import {
  isSameName,
  PRIMARY,
  type ColumnDefinition,
  type KeyDefinition,
  type TableDefinition,
} from './table-definition.ts';

/**
 * The `Table` of a definition, with the columns that the server adds behind the user's own and writes
 * into every row image. The order was read from table maps of MariaDB 10.11 and 11.8: first the two
 * of system versioning, then one hash for each long unique key.
 */
export function buildTable(definition: TableDefinition): Table {
  const columns = definition.columns.map((column) => buildColumn(column, definition));
  const indexes = definition.keys
    .filter((key) => key.isUnique)
    .map((key) => buildIndex(key, columns));
  const primary = indexes.find((index) => index.name === PRIMARY && index.isRowIdentity);
  const { collation } = definition;
  const all = [...columns, ...hiddenColumns(definition)];
  return {
    database: definition.database,
    name: definition.name,
    columns: all,
    primaryKey: primary?.columns ?? [],
    uniqueKeys: indexes
      .filter((index) => index !== primary)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    charset: collation === undefined ? undefined : charsetOfCollation(collation),
    ...(definition.versioning === undefined ? {} : { versionEnds: versionEnds(all) }),
  };
}

/** Begin and end look alike, but only an end holds the highest value there is. */
function versionEnds(columns: readonly Column[]): readonly number[] {
  return columns.flatMap(({ generated, isNullable, columnType, isHidden, name }, index) => {
    if (isHidden) return name === 'row_end' ? [index] : [];
    const isTime = columnType === 'timestamp(6)';
    return generated === 'stored' && !isNullable && isTime ? [index] : [];
  });
}

function buildColumn(column: ColumnDefinition, table: TableDefinition): Column {
  const facts = readColumnType(column.columnType);
  if (facts === undefined) {
    throw new TailraceError(
      'SOURCE_SCHEMA_UNKNOWN',
      `The type "${column.columnType}" is not known to tailrace.`,
      {
        place: { table: `${table.database}.${table.name}`, column: column.name },
        next: 'Exclude the table.',
      },
    );
  }
  const collation = isTextType(facts.type) ? (column.collation ?? 'binary') : undefined;
  return {
    ...facts,
    name: column.name,
    columnType: column.columnType,
    charset: collation === undefined ? undefined : charsetOfCollation(collation),
    collation,
    isNullable: column.isNullable,
    generated: column.generated,
    isInvisible: column.isInvisible,
    isHidden: false,
  };
}

function buildIndex(key: KeyDefinition, columns: readonly Column[]): Index {
  const indexes: number[] = [];
  let isRowIdentity = true;
  for (const part of key.parts) {
    const name = part.column;
    const index = name === undefined ? -1 : columns.findIndex((c) => isSameName(c.name, name));
    const column = columns[index];
    if (column === undefined) isRowIdentity = false;
    else {
      indexes.push(index);
      if (column.isNullable || part.prefixLength !== undefined) isRowIdentity = false;
    }
  }
  return { name: key.name, columns: indexes, isRowIdentity: isRowIdentity && indexes.length > 0 };
}

const HIDDEN = {
  labels: undefined,
  charset: undefined,
  collation: undefined,
  isInvisible: true,
  isCompressed: false,
  isHidden: true,
  length: undefined,
  precision: undefined,
} as const;

function rowTime(name: string): Column {
  return {
    ...HIDDEN,
    name,
    type: 'timestamp',
    columnType: 'timestamp(6)',
    isUnsigned: false,
    isNullable: false,
    generated: 'stored',
    scale: 6,
  };
}

function rowHash(number: number): Column {
  return {
    ...HIDDEN,
    name: `DB_ROW_HASH_${number}`,
    type: 'bigint',
    columnType: 'bigint(20) unsigned',
    isUnsigned: true,
    isNullable: true,
    generated: 'virtual',
    scale: undefined,
  };
}

/** Columns that are in the row image and in no information_schema. */
export function hiddenColumns(definition: TableDefinition): Column[] {
  const hidden: Column[] = [];
  if (definition.versioning === 'implicit') hidden.push(rowTime('row_start'), rowTime('row_end'));
  const hashes = definition.keys.filter((key) => key.isLongUnique).length;
  for (let number = 1; number <= hashes; number++) hidden.push(rowHash(number));
  return hidden;
}
