import { TailraceError } from '../../core/errors.ts';
import { formatTableName, type Table, type TableName } from '../../core/table.ts';
import { bindTable, type BindOptions } from './bind-table.ts';
import type { TargetCatalog } from './catalog.ts';
import type { Bindings, BoundTable } from './plan.ts';
import type { TableBinding } from './table-binding.ts';

interface CachedBinding {
  readonly binding: TableBinding;
  readonly version: number;
}

/**
 * Binds source tables to target tables, once for each Table object and state of the catalog.
 * `prepare` asks the target where it must; `of` is then a look-up, as the planner wants it.
 */
export class TableBinder implements Bindings {
  readonly #catalog: TargetCatalog;
  readonly #options: BindOptions;
  readonly #bindings = new WeakMap<Table, CachedBinding>();

  constructor(catalog: TargetCatalog, options: BindOptions) {
    this.#catalog = catalog;
    this.#options = options;
  }

  /** Resolves at once (undefined) when everything is known, which is nearly always. */
  prepare(changes: readonly BoundTable[]): Promise<void> | undefined {
    const missing = changes.filter((change) => this.#known(change) === undefined);
    return missing.length === 0 ? undefined : this.#bindAll(missing);
  }

  /** Whether `prepare` has nothing to ask. */
  isPrepared(changes: readonly BoundTable[]): boolean {
    return changes.every((change) => this.#known(change) !== undefined);
  }

  /** False: some of these (prepared) go to tables that keep what they were given after a rollback. */
  areTransactional(changes: readonly BoundTable[]): boolean {
    if (!this.#options.allowNontransactional) return true;
    return changes.every((change) => this.of(change).target.isTransactional);
  }

  of(change: BoundTable): TableBinding {
    const binding = this.#known(change);
    if (binding !== undefined) return binding;
    const name = formatTableName(change.route.target);
    throw new TailraceError('INTERNAL_FAULT', `no binding was prepared for ${name}`);
  }

  /** A DDL ran on the target: what was known of these tables (without names: of all) is read again. */
  forget(names?: readonly TableName[]): void {
    if (names === undefined) this.#catalog.forgetAll();
    else for (const name of names) this.#catalog.forget(name);
  }

  #known(change: BoundTable): TableBinding | undefined {
    const cached = this.#bindings.get(change.table);
    return cached?.version === this.#catalog.version && cached.binding.route === change.route
      ? cached.binding
      : undefined;
  }

  async #bindAll(changes: readonly BoundTable[]): Promise<void> {
    await this.#catalog.load(changes.map(({ route }) => route.target));
    for (const { table, route } of changes) {
      const target = this.#catalog.get(route.target);
      if (target === undefined) throw missingTable(route.target);
      const cached = this.#bindings.get(table);
      // After a DDL elsewhere the catalog is newer, but this table may be what it was.
      const binding =
        cached?.binding.target === target && cached.binding.route === route
          ? cached.binding
          : bindTable(table, route, target, this.#options);
      this.#bindings.set(table, { binding, version: this.#catalog.version });
    }
  }
}

function missingTable(name: TableName): TailraceError {
  const table = formatTableName(name);
  return new TailraceError('TARGET_TABLE_MISSING', `the target has no table ${table}`, {
    place: { table },
  });
}
