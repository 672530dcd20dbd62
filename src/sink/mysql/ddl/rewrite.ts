import type { SchemaChange, TableReference } from '../../../core/change.ts';
import type { Router } from '../../../core/route.ts';
import type { TableName } from '../../../core/table.ts';
import { applyEdits, type Edit } from './clauses.ts';
import { unrewritable } from './refusals.ts';
import { rewriteColumns } from './rewrite-columns.ts';
import { findWords, scanStatement, type ScanToken } from './scan.ts';
import { quoteName } from '../../../server/sql-text.ts';
import { quoteTable } from './table-sql.ts';

/**
 * The statement with the target's names in place of the source's, and without clauses that only mean
 * something on the source. A name that stays as it is keeps its spelling, so that the text is the
 * source's own wherever it can be. undefined: it is about columns that the target does not have.
 */
export function rewriteNames(
  change: SchemaChange,
  router: Router,
  useDatabase: string,
): string | undefined {
  if (!change.isFullyParsed) assertNothingRenamed(change, router);
  const tokens = scanStatement(change.statement, change.context.sqlModeNames);
  const columns = rewriteColumns(change, router, tokens);
  if (columns === undefined) return undefined;
  const edits = change.references.flatMap((reference) => {
    const text = targetReference(reference, change, { router, useDatabase });
    return text === undefined ? [] : [{ start: reference.start, end: reference.end, text }];
  });
  return applyEdits(change.statement, [...edits, ...columns, ...sourceOnlyClauses(change, tokens)]);
}

/** Without an end to the parsing nobody knows which names are left, so all must stay as they are. */
function assertNothingRenamed(change: SchemaChange, router: Router): void {
  const { database } = change;
  const tables = [
    ...change.references.flatMap((reference) =>
      reference.table === undefined
        ? []
        : [{ database: reference.database ?? database, table: reference.table }],
    ),
    ...change.effects.flatMap((effect) => ('table' in effect ? [effect.table] : [])),
  ];
  const databases = [database, ...tables.map((table) => table.database)].filter((n) => n !== '');
  const isRenamed =
    tables.some((table) => router.isIncluded(table) && router.isRenamed(table)) ||
    databases.some(
      (name) => router.isDatabaseIncluded(name) && router.targetDatabase(name) !== name,
    );
  if (isRenamed) throw unrewritable(change, 'because it could not be parsed to its end');
}

/** The new text of one reference; undefined: it stays as it is. */
function targetReference(
  reference: TableReference,
  change: SchemaChange,
  { router, useDatabase }: { readonly router: Router; readonly useDatabase: string },
): string | undefined {
  if (reference.table === undefined) return targetDatabaseReference(reference, change, router);
  const source: TableName = {
    database: reference.database ?? change.database,
    table: reference.table,
  };
  const target = router.isIncluded(source) ? router.targetName(source) : source;
  if (target.table === source.table) {
    const written = reference.database ?? useDatabase;
    if (target.database === written) return undefined;
  } else if (target.database === useDatabase && reference.database === undefined) {
    return quoteName(target.table);
  }
  return quoteTable(target);
}

/**
 * The name that a statement about a whole database has there. Where rules move only some of its tables, it
 * is made and altered for those that stay; one that drops it would be about those that were moved too.
 */
export function databaseAtTarget(database: string, change: SchemaChange, router: Router): string {
  const only = router.targetDatabase(database);
  if (only !== undefined) return only;
  const isDrop = change.effects.some((effect) => effect.kind === 'drop-database');
  if (!isDrop && router.keepsDatabase(database)) return database;
  throw unrewritable(change, `the tables of ${database} go to several databases`);
}

function targetDatabaseReference(
  reference: TableReference,
  change: SchemaChange,
  router: Router,
): string | undefined {
  const { database } = reference;
  if (database === undefined || !router.isDatabaseIncluded(database)) return undefined;
  const target = databaseAtTarget(database, change, router);
  return target === database ? undefined : quoteName(target);
}

/** `CREATE TABLE … START TRANSACTION` (what CREATE … SELECT is logged as) is refused outside of replication. */
function sourceOnlyClauses(change: SchemaChange, tokens: readonly ScanToken[]): readonly Edit[] {
  if (!change.effects.some((effect) => effect.kind === 'create')) return [];
  const at = findWords(tokens, 'START', 'TRANSACTION');
  const first = tokens[at];
  const last = tokens[at + 1];
  if (first === undefined || last === undefined) return [];
  return [{ start: first.start, end: last.end, text: '' }];
}
