import type { StatementContext } from '../../core/change.ts';
import { collationById } from '../../core/charset.ts';
import type { TableName } from '../../core/table.ts';
import type { CollationDefaults } from '../collation-names.ts';
import type { TableDefinition } from '../table-definition.ts';
import { alterTable } from './apply-alter-table.ts';
import { createTable, sequenceTable } from './apply-create-table.ts';
import { NotApplicable, resolveCollation } from './column-facts.ts';
import type { CharsetSpec, DdlOperation } from './parsed-ddl.ts';

/** What an operation is applied to: definitions as they stand before it. */
export interface DefinitionLookup {
  /** undefined: no such table. */
  table(name: TableName): TableDefinition | 'unknown' | undefined;
  databaseCollation(database: string): string | undefined;
  tablesOf(database: string): readonly TableName[];
}

export interface DdlEnvironment {
  readonly flavor: 'mysql' | 'mariadb';
  readonly versionNumber: number;
  readonly context: StatementContext;
  /** explicit_defaults_for_timestamp, where the statement does not carry it; undefined: not known. */
  readonly hasExplicitTimestamps: boolean | undefined;
}

/** The state of one name after an operation. undefined: there is no such table or database any more. */
export type DdlOutcome =
  | {
      readonly kind: 'table';
      readonly name: TableName;
      readonly state: TableDefinition | 'unknown' | undefined;
    }
  | {
      readonly kind: 'database';
      readonly database: string;
      readonly collation: string | undefined;
    };

/**
 * Moves definitions over one operation. What does not fit (a column that is not there, a default
 * that is not known) makes the table unknown: it is captured anew, never guessed.
 */
export function applyOperation(
  operation: DdlOperation,
  lookup: DefinitionLookup,
  env: DdlEnvironment,
): readonly DdlOutcome[] {
  switch (operation.kind) {
    case 'create-table':
    case 'create-like':
      return [applyCreate(operation, lookup, env)];
    case 'create-sequence':
      return [{ kind: 'table', name: operation.table, state: sequenceTable(operation.table, env) }];
    case 'alter-table':
      return [applyAlter(operation, lookup, env)];
    case 'drop-table':
      return [{ kind: 'table', name: operation.table, state: undefined }];
    case 'rename-table':
      return applyRename(operation, lookup);
    case 'create-database':
    case 'alter-database':
      return applyDatabase(operation, lookup, env);
    case 'drop-database':
      return applyDropDatabase(operation.database, lookup);
  }
}

type CreateOperation = Extract<DdlOperation, { kind: 'create-table' | 'create-like' }>;

function applyCreate(
  operation: CreateOperation,
  lookup: DefinitionLookup,
  env: DdlEnvironment,
): DdlOutcome {
  const { table: name, isIfNotExists } = operation;
  const before = lookup.table(name);
  // It was there already: logged all the same, and nothing happened.
  if (isIfNotExists && before !== undefined) return { kind: 'table', name, state: before };
  if (operation.kind === 'create-like') {
    const like = lookup.table(operation.like);
    const isKnown = like !== undefined && like !== 'unknown';
    const state = isKnown ? { ...like, database: name.database, name: name.table } : 'unknown';
    return { kind: 'table', name, state };
  }
  const collation = lookup.databaseCollation(name.database);
  return orUnknown(name, () => createTable(name, operation.spec, { ...env, collation }));
}

function orUnknown(name: TableName, make: () => TableDefinition): DdlOutcome {
  try {
    return { kind: 'table', name, state: make() };
  } catch (thrown) {
    if (thrown instanceof NotApplicable) return { kind: 'table', name, state: 'unknown' };
    throw thrown;
  }
}

function applyAlter(
  operation: Extract<DdlOperation, { kind: 'alter-table' }>,
  lookup: DefinitionLookup,
  env: DdlEnvironment,
): DdlOutcome {
  const { table: name, changes } = operation;
  const before = lookup.table(name);
  if (before === undefined || before === 'unknown') return { kind: 'table', name, state: before };
  const databaseCollation = lookup.databaseCollation(name.database);
  return orUnknown(name, () => alterTable(before, changes, { ...env, databaseCollation }));
}

function applyRename(
  { table: from, to, isIfExists }: Extract<DdlOperation, { kind: 'rename-table' }>,
  lookup: DefinitionLookup,
): readonly DdlOutcome[] {
  const before = lookup.table(from);
  if (before === undefined && isIfExists) return [];
  const isKnown = before !== undefined && before !== 'unknown';
  const state = isKnown ? { ...before, database: to.database, name: to.table } : 'unknown';
  return [
    { kind: 'table', name: from, state: undefined },
    { kind: 'table', name: to, state },
  ];
}

function applyDatabase(
  operation: Extract<DdlOperation, { kind: 'create-database' | 'alter-database' }>,
  lookup: DefinitionLookup,
  env: DdlEnvironment,
): readonly DdlOutcome[] {
  const { database, charset, isIfNotExists } = operation;
  const before = lookup.databaseCollation(database);
  if (isIfNotExists && before !== undefined) return [];
  const inherited = operation.kind === 'create-database' ? serverCollation(env) : before;
  return [{ kind: 'database', database, collation: tryResolve(charset, inherited, env) }];
}

function tryResolve(
  charset: CharsetSpec,
  inherited: string | undefined,
  env: CollationDefaults,
): string | undefined {
  try {
    return resolveCollation(charset, inherited, env);
  } catch (thrown) {
    if (thrown instanceof NotApplicable) return undefined;
    throw thrown;
  }
}

function serverCollation({ context, flavor }: DdlEnvironment): string | undefined {
  const id = context.collationServer;
  return id === undefined ? undefined : collationById(id, flavor)?.name;
}

function applyDropDatabase(database: string, lookup: DefinitionLookup): readonly DdlOutcome[] {
  const tables = lookup
    .tablesOf(database)
    .map((name): DdlOutcome => ({ kind: 'table', name, state: undefined }));
  return [...tables, { kind: 'database', database, collation: undefined }];
}
