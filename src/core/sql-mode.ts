import type { GtidFlavor } from './gtid-set.ts';

/*
 * Bits of sql_mode as logged (Q_SQL_MODE). Bits 0 to 31 are common, but MySQL 8 dropped the modes of
 * other databases, and above 31 each family has its own.
 *
 * Sources: MySQL sql/system_variables.h (MODE_*), MariaDB sql/sql_class.h (MODE_*).
 */

const COMMON: readonly (string | undefined)[] = [
  'REAL_AS_FLOAT',
  'PIPES_AS_CONCAT',
  'ANSI_QUOTES',
  'IGNORE_SPACE',
  undefined,
  'ONLY_FULL_GROUP_BY',
  'NO_UNSIGNED_SUBTRACTION',
  'NO_DIR_IN_CREATE',
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
  'NO_AUTO_CREATE_USER',
  'HIGH_NOT_PRECEDENCE',
  'NO_ENGINE_SUBSTITUTION',
  'PAD_CHAR_TO_FULL_LENGTH',
];

const REMOVED_IN_MYSQL_8: ReadonlySet<string> = new Set([
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

const MARIADB = replaceAt(COMMON, 4, 'IGNORE_BAD_TABLE_OPTIONS').concat(
  'EMPTY_STRING_IS_NULL',
  'SIMULTANEOUS_ASSIGNMENT',
  'TIME_ROUND_FRACTIONAL',
);
const MYSQL_8 = COMMON.map((name) =>
  name !== undefined && REMOVED_IN_MYSQL_8.has(name) ? undefined : name,
).concat('TIME_TRUNCATE_FRACTIONAL');

/** Every BEGIN has a mask, and there are but a few. */
const CACHES: ReadonlyMap<
  readonly (string | undefined)[],
  Map<bigint, readonly string[]>
> = new Map([COMMON, MARIADB, MYSQL_8].map((names) => [names, new Map()]));

export interface SqlModeDialect {
  readonly flavor: GtidFlavor;
  /** First number of the server's version. */
  readonly majorVersion: number;
}

/** Names for SET sql_mode; bits without a name in that server are left out. */
export function sqlModeNames(mask: bigint, dialect: SqlModeDialect): readonly string[] {
  const known = sqlModesOf(dialect);
  const cache = CACHES.get(known);
  let names = cache?.get(mask);
  if (names === undefined) {
    names = known.filter(
      (name, bit): name is string => name !== undefined && ((mask >> BigInt(bit)) & 1n) === 1n,
    );
    cache?.set(mask, names);
  }
  return names;
}

/** Names by bit; undefined: the server has no mode there. */
export function sqlModesOf(dialect: SqlModeDialect): readonly (string | undefined)[] {
  if (dialect.flavor === 'mariadb') return MARIADB;
  return dialect.majorVersion >= 8 ? MYSQL_8 : COMMON;
}

function replaceAt<T>(list: readonly T[], index: number, value: T): T[] {
  return list.map((item, i) => (i === index ? value : item));
}
