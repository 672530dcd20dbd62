import { TailraceError } from '../../core/errors.ts';
import type { Router } from '../../core/route.ts';
import { formatTableName, type Table, type TableName } from '../../core/table.ts';
import type { TablePattern } from '../../core/table-pattern.ts';
import { pairTables, type PairProblem, type TablePair } from '../../inspect/table-pair.ts';
import { buildTable } from '../../schema/build-table.ts';
import { captureSchema } from '../../schema/capture.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import type { ServerEnd } from '../../server/connect-options.ts';
import { readNumber } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';

export interface PairSelection {
  readonly connections: Readonly<Record<ServerEnd, ServerConnection>>;
  readonly router: Router;
  /** undefined: every table of the task. */
  readonly tables: readonly TablePattern[] | undefined;
}

/** Each source table of the task with its target table, as both are now. */
export async function readPairs(
  selection: PairSelection,
): Promise<readonly (TablePair | PairProblem)[]> {
  const { connections, router, tables } = selection;
  const isWanted = (name: TableName): boolean =>
    router.isIncluded(name) && (tables?.some((pattern) => pattern.matches(name)) ?? true);
  const source = await captureSchema(connections.source, { includeTable: isWanted });
  const targets = new Set(
    source.tables.map((one) =>
      fold(router.targetName({ database: one.database, table: one.name })),
    ),
  );
  const target = await captureSchema(connections.target, {
    includeTable: (name) => targets.has(fold(name)),
  });
  const context = {
    router,
    servers: { source: connections.source.info, target: connections.target.info },
    targets: new Map(target.tables.map((one) => [fold(nameOf(one)), one])),
    sharing: countTargets(source.tables, router),
  };
  return source.tables
    .filter((table) => !table.isSequence)
    .map((table) => pairOf(table, context))
    .sort((a, b) => (nameOfPair(a) < nameOfPair(b) ? -1 : 1));
}

interface PairContext {
  readonly router: Router;
  readonly servers: Readonly<Record<ServerEnd, ServerConnection['info']>>;
  readonly targets: ReadonlyMap<string, TableDefinition>;
  /** How many source tables go to a target. */
  readonly sharing: ReadonlyMap<string, number>;
}

function pairOf(definition: TableDefinition, context: PairContext): TablePair | PairProblem {
  const { router, servers, targets, sharing } = context;
  const name = nameOf(definition);
  const targetName = router.targetName(name);
  const target = targets.get(fold(targetName));
  try {
    return pairTables({
      source: buildTable(definition),
      target: target === undefined ? undefined : buildTable(target),
      router,
      isShared: (sharing.get(fold(targetName)) ?? 0) > 1,
      servers,
    });
  } catch (thrown) {
    if (!(thrown instanceof TailraceError)) throw thrown;
    const names = { table: formatTableName(name), target: formatTableName(targetName) };
    return { ...names, problem: thrown.message };
  }
}

function countTargets(
  tables: readonly TableDefinition[],
  router: Router,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const table of tables) {
    const key = fold(router.targetName(nameOf(table)));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function nameOf(table: Pick<TableDefinition | Table, 'database' | 'name'>): TableName {
  return { database: table.database, table: table.name };
}

function nameOfPair(pair: TablePair | PairProblem): string {
  return 'name' in pair ? formatTableName(pair.name) : pair.table;
}

/** A target whose names are in lower case is the same table. */
function fold(name: TableName): string {
  return formatTableName(name).toLowerCase();
}

/** How many rows the source guesses there are; for a progress bar. */
export async function guessRows(
  source: ServerConnection,
  pairs: readonly (TablePair | PairProblem)[],
): Promise<number> {
  let rows = 0;
  for (const pair of pairs) {
    if (!('name' in pair)) continue;
    const { database, table } = pair.name;
    const [row] = await source.query(
      `SELECT COALESCE(MAX(TABLE_ROWS), 0) AS guess FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
      [database, table],
    );
    rows += readNumber(row, 'guess');
  }
  return rows;
}
