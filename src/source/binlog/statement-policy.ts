import type { DdlEffect, SchemaChange } from '../../core/change.ts';
import { TailraceError } from '../../core/errors.ts';
import { OWN_DDL_COMMENT, OWN_DDL_THREAD_ID } from '../../core/own-ddl.ts';
import { formatCoordinates } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import { formatTableName, type TableName } from '../../core/table.ts';
import type { DropReason } from './open-group.ts';

/** Is this DDL about anything that the filter includes? Throws FILTER_RENAME where it is about half. */
function isDdlIncluded(ddl: SchemaChange, router: Router): boolean {
  if (ddl.effects.length > 0) {
    return ddl.effects.map((effect) => isEffectIncluded(effect, ddl, router)).includes(true);
  }
  // Temporary tables, and tables that do not concern anyone else.
  if (ddl.subject === 'table' && ddl.isFullyParsed) return false;
  if (ddl.subject === 'user' || ddl.subject === 'server') return false;
  if (ddl.references.length > 0) {
    return ddl.references.some((reference) => {
      const database = reference.database ?? ddl.database;
      if (reference.table === undefined) return router.isDatabaseIncluded(database);
      return router.isIncluded({ database, table: reference.table });
    });
  }
  return ddl.database !== '' && router.isDatabaseIncluded(ddl.database);
}

/** Why this DDL is not handed on; undefined: it is. */
export function ddlDropReason(ddl: SchemaChange, router: Router): DropReason | undefined {
  if (isLeftOut(ddl, router)) return 'by_rule';
  return isDdlIncluded(ddl, router) ? undefined : 'filtered';
}

/** `skip` of its [[task.table]] names what it does, for each of its tables. */
function isLeftOut({ effects }: SchemaChange, router: Router): boolean {
  return (
    effects.length > 0 &&
    effects.every(
      (effect) =>
        (effect.kind === 'truncate' || effect.kind === 'drop') &&
        router.isSkipped(effect.table, effect.kind),
    )
  );
}

function isEffectIncluded(effect: DdlEffect, ddl: SchemaChange, router: Router): boolean {
  switch (effect.kind) {
    case 'create-database':
    case 'alter-database':
    case 'drop-database':
      return router.isDatabaseIncluded(effect.database);
    case 'rename':
      return isRenameIncluded(effect, ddl, router);
    case 'create':
    case 'alter':
    case 'drop':
    case 'truncate':
      return router.isIncluded(effect.table);
  }
}

function isRenameIncluded(
  effect: { readonly table: TableName; readonly to: TableName },
  ddl: SchemaChange,
  router: Router,
): boolean {
  const from = router.isIncluded(effect.table);
  const to = router.isIncluded(effect.to);
  if (from === to) return from;
  const [inside, outside] = from ? [effect.table, effect.to] : [effect.to, effect.table];
  throw new TailraceError(
    'FILTER_RENAME',
    `RENAME of ${formatTableName(effect.table)} to ${formatTableName(effect.to)}: the filter includes ` +
      `${formatTableName(inside)} and not ${formatTableName(outside)}.`,
    {
      place: { coordinates: formatCoordinates(ddl.coordinates), table: formatTableName(inside) },
      next: from
        ? `Include ${formatTableName(outside)} in task.filter, or rename the table on the target by hand and run: tailrace position skip --reason TEXT`
        : `Copy the table (tailrace snapshot --table ${formatTableName(inside)}), then run: tailrace position skip --reason TEXT`,
    },
  );
}

/** Was this run by a tailrace on its target? */
export function isOwnDdl({
  statement,
  threadId,
}: {
  readonly statement: string;
  readonly threadId: number;
}): boolean {
  return threadId === OWN_DDL_THREAD_ID || statement.startsWith(OWN_DDL_COMMENT);
}

/** A statement-format change: stops the task where it may be about a replicated table. */
export function assertNotReplicatedStatement(
  statement: {
    readonly text: string;
    readonly database: string;
    readonly tables: readonly TableName[];
    readonly routineDatabases: readonly string[];
  },
  router: Router,
): void {
  const { tables, database, routineDatabases } = statement;
  const table = tables.find((name) => router.isIncluded(name));
  // What a function writes is seen nowhere: those of our databases may write our tables.
  const isUnclear =
    routineDatabases.some((name) => router.isDatabaseIncluded(name)) ||
    (tables.length === 0 &&
      routineDatabases.length === 0 &&
      database !== '' &&
      router.isDatabaseIncluded(database));
  if (table !== undefined || isUnclear) throw notRows(statement.text, table);
}

/** CREATE TABLE … SELECT of a replicated table: the rows that the query gives elsewhere need not be the source's. */
export function tableFromQuery({ statement, effects }: SchemaChange): TailraceError {
  const [created] = effects;
  return notRows(statement, created?.kind === 'create' ? created.table : undefined);
}

function notRows(statement: string, table: TableName | undefined): TailraceError {
  return new TailraceError(
    'SOURCE_NOT_ROW_FORMAT',
    `The binlog has a change of a replicated table as a statement, not as rows: ${excerpt(statement)}`,
    table === undefined ? {} : { place: { table: formatTableName(table) } },
  );
}

export function excerpt(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
