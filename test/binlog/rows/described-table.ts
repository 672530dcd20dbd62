import { COLUMN_TYPES, type Column, type ColumnType, type Table } from '../../../src/core/table.ts';
import type { Sql } from '../../support/sql.ts';
import { makeColumn } from './random-rows.ts';

const TYPES: ReadonlySet<string> = new Set(COLUMN_TYPES);

function isColumnType(type: string): type is ColumnType {
  return TYPES.has(type);
}

function columnType(dataType: string): ColumnType {
  const type = dataType.toLowerCase();
  if (isColumnType(type)) return type;
  if (/point|line|polygon|geom/.test(type)) return 'geometry';
  throw new Error(`no column type for ${dataType}`);
}

function labelsOf(type: string): string[] | undefined {
  if (!/^(enum|set)\(/.test(type)) return undefined;
  return [...type.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) => label.replace(/''/g, "'"));
}

function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

function generatedOf(extra: string): 'virtual' | 'stored' | undefined {
  if (/VIRTUAL/i.test(extra)) return 'virtual';
  return /STORED|PERSISTENT/i.test(extra) ? 'stored' : undefined;
}

/** The definition that a table has now, as far as the decoder needs it. `hidden` trailing columns are added. */
export async function describeTable(
  sql: Sql,
  database: string,
  table: string,
  hidden: readonly Column[] = [],
): Promise<Table> {
  const rows = await sql.rows(
    `SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
  );
  const columns = rows.map((row) => {
    const full = String(row['COLUMN_TYPE']);
    const charset = row['CHARACTER_SET_NAME'] as string | null;
    return makeColumn(columnType(String(row['DATA_TYPE'])), {
      name: String(row['COLUMN_NAME']),
      columnType: full,
      isUnsigned: full.includes('unsigned'),
      charset: charset === null ? undefined : charset.replace(/^utf8$/, 'utf8mb3'),
      labels: labelsOf(full),
      isNullable: row['IS_NULLABLE'] === 'YES',
      generated: generatedOf(String(row['EXTRA'])),
      isCompressed: full.includes('COMPRESSED'),
      length: optionalNumber(row['CHARACTER_MAXIMUM_LENGTH']),
      scale: optionalNumber(row['DATETIME_PRECISION'] ?? row['NUMERIC_SCALE']),
      precision: optionalNumber(row['NUMERIC_PRECISION']),
    });
  });
  return {
    database,
    name: table,
    columns: [...columns, ...hidden],
    primaryKey: [],
    uniqueKeys: [],
    charset: undefined,
  };
}
