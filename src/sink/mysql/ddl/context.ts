import type { SchemaChange, StatementContext } from '../../../core/change.ts';
import { collationById } from '../../../core/charset.ts';
import { TailraceError } from '../../../core/errors.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import type { ServerInfo } from '../../../server/server-info.ts';
import { collationChoices, utf8mb4Defaults } from './collation-settings.ts';
import type { DdlSource } from './host.ts';
import { placeOf } from './refusals.ts';
import { quoteName } from '../../../server/sql-text.ts';
import { scanStatement } from './scan.ts';
import { targetSqlMode } from './sql-mode.ts';
import { constantOffset } from './time-zone.ts';

/** Unknown variable, no right, wrong value, read-only, no such character set or collation, and the like. */
const NOT_SETTABLE = [
  1115, 1193, 1227, 1228, 1229, 1231, 1232, 1238, 1253, 1273, 1621, 3706,
] as const;
const NO_SUCH_DATABASE = [1044, 1049] as const;
const UNKNOWN_TIME_ZONE = 1298;

export interface ContextOptions {
  readonly change: SchemaChange;
  readonly database: string;
  readonly source: DdlSource | undefined;
  /** The character set in which the statement's bytes are sent. */
  readonly client: string;
}

/**
 * Gives a session the state that the statement had on the source. The session is thrown away after the
 * statement, so nothing has to be put back and the sessions that write rows never notice.
 *
 * Whatever decides what the statement means has to succeed (sql_mode, time, time zone, character sets,
 * checks); what old servers do not have or accounts may not set is tried: then the target's own value
 * holds, and that is what a replica without the right does too.
 */
export async function applyContext(
  connection: ServerConnection,
  options: ContextOptions,
): Promise<void> {
  const { change, source } = options;
  const { context } = change;
  if (options.database !== '') await useDatabase(connection, options.database);
  await setSqlMode(connection, options);
  await connection.run(`SET ${requiredSettings(context).join(', ')}`);
  await setCharacterSets(connection, options);
  await setTimeZone(connection, change, source);
  for (const setting of wishedSettings(context, connection.info, source)) {
    await trySet(connection, setting);
  }
}

/** A database that is gone does not matter to a statement whose names are all qualified. */
async function useDatabase(connection: ServerConnection, database: string): Promise<void> {
  try {
    await connection.run(`USE ${quoteName(database)}`);
  } catch (thrown) {
    if (!isServerErrno(thrown, ...NO_SUCH_DATABASE)) throw thrown;
  }
}

async function setSqlMode(
  connection: ServerConnection,
  { change, source }: ContextOptions,
): Promise<void> {
  const { text, missing } = targetSqlMode(change.context.sqlModeNames, connection.info, source);
  if (missing.length > 0) {
    throw new TailraceError(
      'TARGET_STATEMENT_REFUSED',
      `A DDL ran with sql_mode ${missing.join(',')}, which the target does not have and without which it may mean something else.`,
      { place: placeOf(change) },
    );
  }
  await connection.run(`SET SESSION sql_mode = '${text}'`);
}

const flag = (value: boolean): string => (value ? '1' : '0');

function requiredSettings(context: StatementContext): readonly string[] {
  const micros = String(context.timestampMicros).padStart(6, '0');
  return [
    `timestamp = ${context.timestamp}.${micros}`,
    `foreign_key_checks = ${flag(!context.noForeignKeyChecks)}`,
    `unique_checks = ${flag(!context.noUniqueChecks)}`,
    `sql_auto_is_null = ${flag(context.sqlAutoIsNull)}`,
    `auto_increment_increment = ${context.autoIncrementIncrement ?? 1}`,
    `auto_increment_offset = ${context.autoIncrementOffset ?? 1}`,
  ];
}

async function setCharacterSets(
  connection: ServerConnection,
  { change, client }: ContextOptions,
): Promise<void> {
  const { context } = change;
  await connection.run(`SET character_set_client = ${client}`);
  await setCollation(connection, 'collation_connection', context.collationConnection);
  const isExact = await setCollation(connection, 'collation_server', context.collationServer);
  if (!isExact && takesServerCollation(change)) throw unknownServerCollation(change);
  // Only LOAD DATA reads it on a replica; new servers refuse to have it set.
  await setCollation(connection, 'collation_database', context.collationDatabase);
}

/** A database gets the session's collation_server where its statement names none. */
function takesServerCollation({ effects, statement, context }: SchemaChange): boolean {
  if (!effects.some((effect) => effect.kind === 'create-database')) return false;
  const tokens = scanStatement(statement, context.sqlModeNames);
  return !tokens.some(({ text }) => /^(character|charset|collate)$/i.test(text));
}

function unknownServerCollation(change: SchemaChange): TailraceError {
  const { collationServer } = change.context;
  const name = collationServer === undefined ? undefined : collationById(collationServer)?.name;
  return new TailraceError(
    'TARGET_STATEMENT_REFUSED',
    `The source made a database with its default collation ${name ?? String(collationServer)}, which the target does not have.`,
    {
      place: placeOf(change),
      next: 'Make the database on the target by hand with a collation of its own, then tailrace position skip --reason TEXT.',
    },
  );
}

/** The first spelling or stand-in of a collation that the target has; false: only a stand-in. */
async function setCollation(
  connection: ServerConnection,
  variable: string,
  id: number | undefined,
): Promise<boolean> {
  if (id === undefined) return true;
  const collation = collationById(id);
  if (collation === undefined) return false;
  for (const { setting, isExact } of collationChoices(variable, collation)) {
    if (await trySet(connection, setting)) return isExact;
  }
  return false;
}

async function trySet(connection: ServerConnection, setting: string): Promise<boolean> {
  try {
    await connection.run(`SET ${setting}`);
    return true;
  } catch (thrown) {
    if (isServerErrno(thrown, ...NOT_SETTABLE)) return false;
    throw thrown;
  }
}

async function setTimeZone(
  connection: ServerConnection,
  change: SchemaChange,
  source: DdlSource | undefined,
): Promise<void> {
  const logged = change.context.timeZone;
  const zone = logged === 'SYSTEM' ? (source?.systemTimeZone ?? logged) : logged;
  // Not logged: nothing in the statement depends on it.
  if (zone === undefined) return;
  try {
    await connection.run('SET time_zone = ?', [zone]);
  } catch (thrown) {
    if (!isServerErrno(thrown, UNKNOWN_TIME_ZONE)) throw thrown;
    const offset = constantOffset(zone);
    if (offset === undefined) throw thrown;
    await connection.run('SET time_zone = ?', [offset]);
  }
}

function wishedSettings(
  context: StatementContext,
  target: ServerInfo,
  source: DdlSource | undefined,
): readonly string[] {
  const timestamps =
    context.explicitDefaultsForTimestamp ??
    source?.explicitDefaultsForTimestamp ??
    explicitByDefault(source);
  return [
    ...(timestamps === undefined ? [] : [`explicit_defaults_for_timestamp = ${flag(timestamps)}`]),
    ...(context.lcTimeNames === undefined ? [] : [`lc_time_names = ${context.lcTimeNames}`]),
    ...utf8mb4Defaults(context, target, source),
    ...(target.flavor === 'mysql' ? mysqlSettings(context) : MARIADB_SETTINGS),
  ];
}

/** What a server's family and version have when nobody set it. */
function explicitByDefault(source: DdlSource | undefined): boolean | undefined {
  if (source === undefined) return undefined;
  return source.versionNumber >= (source.flavor === 'mysql' ? 80_000 : 101_000);
}

/** The source's server let the statement through, so rules that only newer servers have must not stop it. */
function mysqlSettings(context: StatementContext): readonly string[] {
  return [
    `sql_require_primary_key = ${flag(context.sqlRequirePrimaryKey ?? false)}`,
    `default_table_encryption = ${flag(context.defaultTableEncryption ?? false)}`,
    // The source's own text names the key that it generated.
    'sql_generate_invisible_primary_key = 0',
    'restrict_fk_on_non_standard_key = 0',
    'max_execution_time = 0',
  ];
}

const MARIADB_SETTINGS: readonly string[] = [
  "system_versioning_alter_history = 'KEEP'",
  'max_statement_time = 0',
];
