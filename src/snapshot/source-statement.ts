import type { SchemaChange, StatementContext } from '../core/change.ts';
import { parseDdl } from '../schema/ddl/parse-ddl.ts';
import type { ServerInfo } from '../server/server-info.ts';

/** utf8mb4_general_ci */
const UTF8MB4 = 45;

/** The session in which SHOW CREATE means what it says: no sql_mode but no other engine either, UTC, UTF-8. */
const CONTEXT: StatementContext = {
  timestamp: 0,
  timestampMicros: 0,
  sqlMode: undefined,
  sqlModeNames: ['NO_ENGINE_SUBSTITUTION'],
  autoIncrementIncrement: undefined,
  autoIncrementOffset: undefined,
  characterSetClient: UTF8MB4,
  collationConnection: UTF8MB4,
  collationServer: undefined,
  collationDatabase: undefined,
  timeZone: '+00:00',
  lcTimeNames: undefined,
  noForeignKeyChecks: true,
  noUniqueChecks: true,
  sqlAutoIsNull: false,
  explicitDefaultsForTimestamp: true,
  defaultCollationForUtf8mb4: undefined,
  sqlRequirePrimaryKey: undefined,
  defaultTableEncryption: undefined,
};

/** A statement made from SHOW CREATE in the form in which the stream hands on DDL. */
export function sourceStatement(
  statement: string,
  database: string,
  info: Pick<ServerInfo, 'flavor' | 'versionNumber' | 'lowerCaseTableNames'>,
): SchemaChange {
  const { subject, effects, references, isFullyParsed } = parseDdl(statement, {
    flavor: info.flavor,
    versionNumber: info.versionNumber,
    lowerCaseTableNames: info.lowerCaseTableNames,
    sqlModeNames: CONTEXT.sqlModeNames,
    defaultDatabase: database,
  });
  const now = Date.now() / 1000;
  return {
    kind: 'ddl',
    database,
    statement,
    subject,
    effects,
    references,
    isFullyParsed,
    context: { ...CONTEXT, timestamp: Math.floor(now) },
    coordinates: { file: 'snapshot', offset: 0 },
    timestamp: Math.floor(now),
    before: [],
    after: [],
  };
}
