import {
  readFlag,
  readNumber,
  readOptionalText,
  readText,
  type Row,
} from '../../server/row-reader.ts';
import type { CatalogRows } from './catalog-queries.ts';
import { readLabels } from './enum-labels.ts';
import type { ForeignKeyPart } from './foreign-key-map.ts';
import type { TargetColumn, TargetKey, TargetKeyPart, TargetTable } from './target-table.ts';

export interface BuildContext {
  readonly foreignKeys: ForeignKeyPart;
  /** Engine names in lower case. */
  readonly transactionalEngines: ReadonlySet<string>;
}

/** A target table from its rows of information_schema. */
export function buildTargetTable(rows: CatalogRows, context: BuildContext): TargetTable {
  const columns = rows.columns.map(buildColumn);
  const columnByName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const isNullable = (name: string) => columnByName.get(name.toLowerCase())?.isNullable ?? true;
  const isTransactional = context.transactionalEngines.has(rows.engine.toLowerCase());
  return {
    name: rows.name,
    engine: rows.engine,
    isTransactional,
    takesImages: rows.kind === 'BASE TABLE' && !rows.keyParts.some(isHash),
    columns,
    columnByName,
    uniqueKeys: buildUniqueKeys(rows.keyParts, { isNullable, isTransactional }),
    indexedColumns: new Set(
      rows.keyParts
        .filter((part) => readNumber(part, 'SEQ_IN_INDEX') === 1)
        .flatMap((part) => readOptionalText(part, 'COLUMN_NAME') ?? []),
    ),
    triggers: rows.triggers,
    ...context.foreignKeys,
  };
}

function buildColumn(row: Row): TargetColumn {
  const dataType = readText(row, 'data_type').toLowerCase();
  const columnType = readText(row, 'column_type');
  const extra = (readOptionalText(row, 'extra') ?? '').toUpperCase();
  const isNullable = readText(row, 'nullable') === 'YES';
  // DEFAULT_GENERATED is a default by expression, not a generated column.
  const isGenerated = /\b(VIRTUAL|STORED|PERSISTENT)\b/.test(extra);
  const charset = readOptionalText(row, 'charset')?.toLowerCase();
  return {
    name: readText(row, 'name'),
    dataType,
    columnType,
    charset: charset === 'utf8' ? 'utf8mb3' : charset,
    collation: readOptionalText(row, 'collation')?.toLowerCase(),
    isNullable,
    canBeOmitted:
      isNullable ||
      isGenerated ||
      readFlag(row, 'has_default') ||
      extra.includes('AUTO_INCREMENT') ||
      extra.includes('DEFAULT_GENERATED'),
    isGenerated,
    labels: dataType === 'enum' || dataType === 'set' ? readLabels(columnType) : undefined,
  };
}

function isHash(keyPart: Row): boolean {
  return readText(keyPart, 'INDEX_TYPE') === 'HASH';
}

interface KeyContext {
  readonly isNullable: (column: string) => boolean;
  readonly isTransactional: boolean;
}

/** information_schema lists keys as the server keeps them; sorted here the way it checks them. */
function buildUniqueKeys(parts: readonly Row[], context: KeyContext): readonly TargetKey[] {
  const byName = new Map<string, Row[]>();
  for (const part of parts) {
    if (readNumber(part, 'NON_UNIQUE') !== 0) continue;
    const name = readText(part, 'INDEX_NAME');
    byName.set(name, [...(byName.get(name) ?? []), part]);
  }
  const keys = [...byName].map(([name, rows]) => buildKey(name, rows, context));
  return keys.sort((a, b) => rank(a) - rank(b));
}

function rank(key: TargetKey): number {
  if (key.isPrimary) return 0;
  return key.isRowIdentity ? 1 : 2;
}

function buildKey(name: string, rows: readonly Row[], context: KeyContext): TargetKey {
  const parts = [...rows]
    .sort((a, b) => readNumber(a, 'SEQ_IN_INDEX') - readNumber(b, 'SEQ_IN_INDEX'))
    .map((row): TargetKeyPart => {
      return {
        column: readOptionalText(row, 'COLUMN_NAME'),
        isPrefix: readOptionalText(row, 'SUB_PART') !== undefined,
      };
    });
  // MariaDB's unique keys over long values are a hash that is no index for looking up.
  const isLongUnique = context.isTransactional && rows.some(isHash);
  return {
    name,
    isPrimary: name === 'PRIMARY',
    parts,
    isRowIdentity:
      !isLongUnique &&
      parts.every(
        ({ column, isPrefix }) => column !== undefined && !isPrefix && !context.isNullable(column),
      ),
  };
}
