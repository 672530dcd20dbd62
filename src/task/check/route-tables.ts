import { TailraceError } from '../../core/errors.ts';
import type { Router } from '../../core/route.ts';
import { buildTable } from '../../schema/build-table.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import type { RoutedTable } from '../../sink/mysql/target-table-problems.ts';
import type { Problem } from './finding.ts';

export interface RoutedTables {
  readonly routed: readonly RoutedTable[];
  /** Rules that do not go together, types that are not known. */
  readonly problems: readonly Problem[];
}

/** Where each table goes, as the stream would find it at the table's first row. */
export function routeTables(tables: readonly TableDefinition[], router: Router): RoutedTables {
  const routed: RoutedTable[] = [];
  const problems: Problem[] = [];
  for (const definition of tables) {
    try {
      const table = buildTable(definition);
      routed.push({ table, route: router.route(table) });
    } catch (thrown) {
      if (!(thrown instanceof TailraceError)) throw thrown;
      const { code, message, next, place } = thrown;
      const where = place.table === undefined ? '' : `${place.table}: `;
      problems.push({ severity: 'error', code, finding: `${where}${message}. ${next}` });
    }
  }
  return { routed, problems };
}
