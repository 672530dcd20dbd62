import {
  BARE_CONTEXT,
  type DdlEffect,
  type SchemaChange,
  type StatementContext,
} from '../../core/change.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { TableName } from '../../core/table.ts';
import type { DecodedDdl } from '../../message/decode/decoder.ts';
import { parseDdl } from '../../schema/ddl/parse-ddl.ts';
import { quoteName } from '../../server/sql-text.ts';

/** How statements in messages are read: of either family, names as they are written. */
const OPTIONS = {
  flavor: 'mysql',
  versionNumber: 90_000,
  sqlModeNames: [],
  lowerCaseTableNames: 0,
} as const;

/** Messages say nothing of the session: what is not said is as on the target. */
function contextOf(committedAtMs: number): StatementContext {
  return {
    ...BARE_CONTEXT,
    timestamp: Math.floor(committedAtMs / 1000),
    noForeignKeyChecks: true,
  };
}

/**
 * The statement of a DDL message. Maxwell sends one message for each table of a statement, to as many partitions as it
 * may be: each then stands for what the statement does to its own table. Names are those that rows have, where a
 * producer renamed the table.
 */
export function messageDdl(ddl: DecodedDdl, coordinates: BinlogCoordinates): SchemaChange {
  const parsed = parse(ddl.statement, ddl.database);
  const mine = ddl.about && ownStatement(parsed.effects, ddl.about);
  if (mine !== undefined) return toChange({ ...ddl, statement: mine }, coordinates);
  return toChange({ ...ddl, statement: renamed(ddl, parsed) }, coordinates);
}

export function truncateDdl(
  table: TableName,
  committedAtMs: number,
  coordinates: BinlogCoordinates,
): SchemaChange {
  const statement = `TRUNCATE TABLE ${quoted(table)}`;
  const { database } = table;
  return toChange({ kind: 'ddl', database, statement, about: table, committedAtMs }, coordinates);
}

function parse(statement: string, defaultDatabase: string): ReturnType<typeof parseDdl> {
  return parseDdl(statement, { ...OPTIONS, defaultDatabase });
}

function toChange(ddl: DecodedDdl, coordinates: BinlogCoordinates): SchemaChange {
  const { database, statement, committedAtMs } = ddl;
  const { subject, effects, references, isFullyParsed } = parse(statement, database);
  return {
    kind: 'ddl',
    database,
    statement,
    subject,
    effects,
    references,
    isFullyParsed,
    context: contextOf(committedAtMs),
    coordinates,
    timestamp: Math.floor(committedAtMs / 1000),
    before: [],
    after: [],
  };
}

/** Of a statement about several tables: what it does to this one. */
function ownStatement(effects: readonly DdlEffect[], about: TableName): string | undefined {
  if (effects.length < 2) return undefined;
  const mine = effects.find((effect) => 'table' in effect && isSame(effect.table, about));
  if (mine?.kind === 'drop') return `DROP TABLE IF EXISTS ${quoted(mine.table)}`;
  if (mine?.kind === 'rename') return `RENAME TABLE ${quoted(mine.table)} TO ${quoted(mine.to)}`;
  return undefined;
}

/** A statement about one table that has another name in the message. */
function renamed(
  { statement, database, about }: DecodedDdl,
  { effects, references, isFullyParsed }: ReturnType<typeof parseDdl>,
): string {
  const [effect] = effects;
  if (about === undefined || effects.length !== 1 || !isFullyParsed) return statement;
  if (effect === undefined || !('table' in effect) || isSame(effect.table, about)) return statement;
  let text = statement;
  for (const { start, end, ...name } of references.toReversed()) {
    const full = { database: name.database ?? database, table: name.table ?? '' };
    if (isSame(full, effect.table)) text = text.slice(0, start) + quoted(about) + text.slice(end);
  }
  return text;
}

function isSame(a: TableName, b: TableName): boolean {
  return a.database === b.database && a.table === b.table;
}

function quoted({ database, table }: TableName): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}
