import type { GtidFlavor } from '../../../core/gtid-set.ts';

const COMMON: ReadonlySet<string> = new Set([
  'REAL_AS_FLOAT',
  'PIPES_AS_CONCAT',
  'ANSI_QUOTES',
  'IGNORE_SPACE',
  'ONLY_FULL_GROUP_BY',
  'NO_UNSIGNED_SUBTRACTION',
  'NO_DIR_IN_CREATE',
  'ANSI',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_BACKSLASH_ESCAPES',
  'STRICT_TRANS_TABLES',
  'STRICT_ALL_TABLES',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ALLOW_INVALID_DATES',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'TRADITIONAL',
  'HIGH_NOT_PRECEDENCE',
  'NO_ENGINE_SUBSTITUTION',
  'PAD_CHAR_TO_FULL_LENGTH',
]);
/** MySQL 8 dropped them. */
const OF_OTHER_DATABASES: ReadonlySet<string> = new Set([
  'POSTGRESQL',
  'ORACLE',
  'MSSQL',
  'DB2',
  'MAXDB',
  'NO_KEY_OPTIONS',
  'NO_TABLE_OPTIONS',
  'NO_FIELD_OPTIONS',
  'MYSQL323',
  'MYSQL40',
  'NO_AUTO_CREATE_USER',
]);
const OF_MARIADB: ReadonlySet<string> = new Set([
  'IGNORE_BAD_TABLE_OPTIONS',
  'EMPTY_STRING_IS_NULL',
  'SIMULTANEOUS_ASSIGNMENT',
  'TIME_ROUND_FRACTIONAL',
]);
/** A statement may mean something else without them, so they can't be left out. */
const MEANINGFUL: readonly string[] = ['ORACLE', 'MAXDB', 'EMPTY_STRING_IS_NULL', 'MYSQL323'];

export interface SqlModeServer {
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
}

export interface TargetSqlMode {
  /** For SET sql_mode. */
  readonly text: string;
  /** Modes that change what a statement means and that the target does not have. */
  readonly missing: readonly string[];
}

/**
 * The source session's sql_mode in words of the target. What the target does not know and what
 * changes nothing is left out. MySQL rounds fractions of seconds and MariaDB cuts them, unless a mode of
 * their own says otherwise; an ALTER that shortens a column shows it.
 */
export function targetSqlMode(
  names: readonly string[] | undefined,
  target: SqlModeServer,
  source: SqlModeServer | undefined,
): TargetSqlMode {
  const wanted = new Set(names);
  const kept = [...wanted].filter((name) => isKnown(name, target));
  const missing = MEANINGFUL.filter((name) => wanted.has(name) && !isKnown(name, target));
  if (source !== undefined && source.flavor !== target.flavor) {
    const fraction = fractionMode(wanted, target, source);
    if (fraction !== undefined) kept.push(fraction);
  }
  return { text: kept.join(','), missing };
}

function isKnown(name: string, { flavor, versionNumber }: SqlModeServer): boolean {
  if (COMMON.has(name)) return true;
  if (flavor === 'mariadb') return OF_OTHER_DATABASES.has(name) || OF_MARIADB.has(name);
  if (versionNumber >= 80_000) return name === 'TIME_TRUNCATE_FRACTIONAL';
  return OF_OTHER_DATABASES.has(name);
}

function fractionMode(
  wanted: ReadonlySet<string>,
  target: SqlModeServer,
  source: SqlModeServer,
): string | undefined {
  const rounds =
    source.flavor === 'mysql'
      ? !wanted.has('TIME_TRUNCATE_FRACTIONAL')
      : wanted.has('TIME_ROUND_FRACTIONAL');
  if (target.flavor === 'mariadb') return rounds ? 'TIME_ROUND_FRACTIONAL' : undefined;
  return !rounds && target.versionNumber >= 80_000 ? 'TIME_TRUNCATE_FRACTIONAL' : undefined;
}
