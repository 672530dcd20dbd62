import type { TableName } from '../../core/table.ts';
import {
  findColumn,
  PRIMARY,
  type ColumnDefinition,
  type KeyDefinition,
  type TableDefinition,
} from '../table-definition.ts';
import { addKeys, type KeyEnvironment } from './apply-keys.ts';
import { describeColumn, resolveCollation, type ColumnEnvironment } from './column-facts.ts';
import type { DdlEnvironment } from './apply-ddl.ts';
import type { ColumnSpec, PeriodSpec, TableSpec } from './parsed-ddl.ts';

export interface CreateEnvironment extends DdlEnvironment {
  /** The database's default. */
  readonly collation: string | undefined;
}

/** The definition that CREATE TABLE makes. */
export function createTable(
  name: TableName,
  spec: TableSpec,
  env: CreateEnvironment,
): TableDefinition {
  const hasCharset = spec.charset.charset !== undefined || spec.charset.collation !== undefined;
  const collation =
    hasCharset || env.collation !== undefined
      ? resolveCollation(spec.charset, env.collation, env)
      : undefined;
  const columnEnv = columnEnvironment(env, collation);
  const described = spec.columns.map((column) => describeColumn(column, columnEnv));
  const columns = withPeriods(described, spec.periods);
  const engine = spec.engine ?? 'innodb';
  const rowEnd = spec.columns.find((column) => column.rowTime === 'end')?.name;
  const keyEnv: KeyEnvironment = { ...env, engine, columns, periods: spec.periods, rowEnd };
  const keys = addKeys([], spec.keys, keyEnv);
  return {
    database: name.database,
    name: name.table,
    collation,
    engine,
    columns: withPrimaryKey(columns, keys),
    keys,
    versioning: versioningOf(spec.columns, spec.isVersioned),
    isSequence: false,
  };
}

function versioningOf(
  columns: readonly ColumnSpec[],
  isVersioned: boolean,
): 'implicit' | 'explicit' | undefined {
  if (!isVersioned) return undefined;
  return columns.some((column) => column.rowTime === 'start') ? 'explicit' : 'implicit';
}

/** Which of a column's words are missing, and what stands for them on this server. */
export function columnEnvironment(
  env: DdlEnvironment,
  tableCollation: string | undefined,
): ColumnEnvironment {
  const { flavor, versionNumber, context, hasExplicitTimestamps } = env;
  const isOldDefault = versionNumber < (flavor === 'mysql' ? 80_000 : 101_000);
  return {
    flavor,
    versionNumber,
    context,
    tableCollation,
    isTimestampNotNull: !(
      context.explicitDefaultsForTimestamp ??
      hasExplicitTimestamps ??
      !isOldDefault
    ),
  };
}

/** The columns of a primary key and of a period are never NULL. */
export function withPrimaryKey(
  columns: readonly ColumnDefinition[],
  keys: readonly KeyDefinition[],
): ColumnDefinition[] {
  const names = keys
    .filter((key) => key.name === PRIMARY)
    .flatMap((key) => key.parts.map((part) => part.column ?? ''));
  return notNull(columns, names);
}

export function withPeriods(
  columns: readonly ColumnDefinition[],
  periods: readonly PeriodSpec[],
): ColumnDefinition[] {
  return notNull(
    columns,
    periods.flatMap((period) => [period.start, period.end]),
  );
}

function notNull(
  columns: readonly ColumnDefinition[],
  names: readonly string[],
): ColumnDefinition[] {
  const chosen = new Set(names.map((name) => findColumn(columns, name)));
  return columns.map((column) =>
    chosen.has(column) && column.isNullable ? { ...column, isNullable: false } : column,
  );
}

const SEQUENCE_COLUMNS = [
  ['next_not_cached_value', 'bigint(21)'],
  ['minimum_value', 'bigint(21)'],
  ['maximum_value', 'bigint(21)'],
  ['start_value', 'bigint(21)'],
  ['increment', 'bigint(21)'],
  ['cache_size', 'bigint(21) unsigned'],
  ['cycle_option', 'tinyint(1) unsigned'],
  ['cycle_count', 'bigint(21)'],
] as const;

/** MariaDB: what every sequence looks like in the binlog. */
export function sequenceTable(name: TableName, env: DdlEnvironment): TableDefinition {
  const columns = SEQUENCE_COLUMNS.map(([column, columnType]) => ({
    name: column,
    columnType,
    collation: undefined,
    isNullable: false,
    generated: undefined,
    isInvisible: false,
  }));
  return {
    database: name.database,
    name: name.table,
    collation: undefined,
    engine: env.flavor === 'mariadb' ? 'innodb' : '',
    columns,
    keys: [],
    versioning: undefined,
    isSequence: true,
  };
}
