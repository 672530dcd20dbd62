import type { Router } from '../../core/route.ts';
import type { TableName } from '../../core/table.ts';

/** The same router for some of its tables alone. */
export function onlyTables(router: Router, isWanted: (name: TableName) => boolean): Router {
  return {
    isIncluded: (name) => router.isIncluded(name) && isWanted(name),
    isDatabaseIncluded: (database) => router.isDatabaseIncluded(database),
    targetName: (name) => router.targetName(name),
    targetDatabase: (database) => router.targetDatabase(database),
    keepsDatabase: (database) => router.keepsDatabase(database),
    targetColumn: (name, column) => router.targetColumn(name, column),
    route: (table) => router.route(table),
    isMerged: (name) => router.isMerged(name),
    isSkipped: (name, kind) => router.isSkipped(name, kind),
    isRenamed: (name) => router.isRenamed(name),
  };
}
