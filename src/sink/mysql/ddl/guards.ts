import type { SchemaChange } from '../../../core/change.ts';
import { TailraceError } from '../../../core/errors.ts';
import type { Router } from '../../../core/route.ts';
import { readText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { excerpt } from './excerpt.ts';
import { databasesOf, tablesOf, type DdlPlan } from './plan.ts';
import { placeOf, unrewritable } from './refusals.ts';

/** Our own state is nobody's table. */
export function assertNotStateDatabase(
  plan: DdlPlan,
  change: SchemaChange,
  stateDatabase: string,
): void {
  const databases = [
    ...databasesOf(plan.effects),
    ...tablesOf(plan.effects).map((t) => t.database),
  ];
  if (!databases.includes(stateDatabase)) return;
  throw unrewritable(change, `it is about tailrace's own database ${stateDatabase}`);
}

/**
 * A database that is dropped takes everything with it. What is in it on the target has to be what the
 * source's database holds there: included, and under the very name that the router gives it.
 */
export async function assertOwnTables(
  connection: ServerConnection,
  change: SchemaChange,
  router: Router,
): Promise<void> {
  assertNoneMerged(change, router);
  for (const effect of change.effects) {
    if (effect.kind !== 'drop-database') continue;
    const target = router.targetDatabase(effect.database) ?? effect.database;
    const foreign = (await listTables(connection, target)).filter((table) => {
      const source = { database: effect.database, table };
      if (!router.isIncluded(source)) return true;
      const routed = router.targetName(source);
      return routed.database !== target || routed.table !== table;
    });
    if (foreign.length === 0) continue;
    throw new TailraceError(
      'TARGET_DDL_UNREWRITABLE',
      `DROP DATABASE would take tables from ${target} on the target that are not replicated: ${foreign.slice(0, 5).join(', ')}`,
      {
        place: placeOf(change),
        next: 'Drop on the target by hand what is to go, then tailrace position skip --reason TEXT.',
      },
    );
  }
}

/** The rows of the other tables that go there would be lost with those of this one. */
function assertNoneMerged(change: SchemaChange, router: Router): void {
  for (const effect of change.effects) {
    const isRemoved =
      effect.kind === 'drop' || effect.kind === 'truncate' || effect.kind === 'rename';
    if (!isRemoved || !router.isMerged(effect.table)) continue;
    throw new TailraceError(
      'TARGET_DDL_UNREWRITABLE',
      `${excerpt(change.statement)} would take the rows of other tables that go to the same table of the target`,
      {
        place: placeOf(change),
        next: 'Delete by hand what is to go, then tailrace position skip --reason TEXT; or skip = ["drop", "truncate"] in its [[task.table]].',
      },
    );
  }
}

async function listTables(
  connection: ServerConnection,
  database: string,
): Promise<readonly string[]> {
  const rows = await connection.query(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  return rows.map((row) => readText(row, 'name'));
}
