import type { StatementContext } from '../../src/core/change.ts';

const NOTHING_LOGGED: StatementContext = {
  timestamp: 0,
  timestampMicros: 0,
  sqlMode: undefined,
  sqlModeNames: undefined,
  autoIncrementIncrement: undefined,
  autoIncrementOffset: undefined,
  characterSetClient: undefined,
  collationConnection: undefined,
  collationServer: undefined,
  collationDatabase: undefined,
  timeZone: undefined,
  lcTimeNames: undefined,
  noForeignKeyChecks: false,
  noUniqueChecks: false,
  sqlAutoIsNull: false,
  explicitDefaultsForTimestamp: undefined,
  defaultCollationForUtf8mb4: undefined,
  sqlRequirePrimaryKey: undefined,
  defaultTableEncryption: undefined,
};

export function statementContext(known: Partial<StatementContext> = {}): StatementContext {
  return { ...NOTHING_LOGGED, ...known };
}
