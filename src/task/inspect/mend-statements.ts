import { MendBuilder } from '../../inspect/mend.ts';
import type { MendItem } from '../../inspect/table-inspection.ts';
import type { TablePair } from '../../inspect/table-pair.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { TargetCatalog } from '../../sink/mysql/catalog.ts';
import { dialectOf } from '../../sink/mysql/dialect.ts';
import { RowsPlanner } from '../../sink/mysql/planner.ts';
import { TableBinder } from '../../sink/mysql/table-binder.ts';

/** What the statements rely on, as the first of them. */
export const MEND_PREAMBLE =
  "SET NAMES utf8mb4, time_zone = '+00:00', foreign_key_checks = 0, sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'";

/** The statements that would make the target's rows equal, as the repair would run them. */
export class MendStatements {
  readonly #binder: TableBinder;
  readonly #planner: RowsPlanner;

  constructor(connection: ServerConnection) {
    const catalog = new TargetCatalog(() => connection);
    this.#binder = new TableBinder(catalog, { allowNontransactional: true });
    this.#planner = new RowsPlanner(dialectOf(connection.info));
  }

  /** As bytes: values of other character sets stand in them as they are. */
  async of(pair: TablePair, item: MendItem): Promise<readonly Buffer[]> {
    const changes = new MendBuilder(pair).changes(item.rows, 0);
    await this.#binder.prepare(changes);
    return changes.flatMap((change) =>
      [...this.#planner.planInOrder(change, this.#binder.of(change))].map(({ sql }) =>
        Buffer.from(sql),
      ),
    );
  }
}
