import type { RowsChange } from '../../core/change.ts';
import type { RowImages } from '../../core/row.ts';
import { countRows, countRowsIn, type Transaction } from '../../core/transaction.ts';
import { formatTableName, type Table } from '../../core/table.ts';
import { BatchPlanner } from './batch-planner.ts';
import type { Dialect } from './dialect.ts';
import { isComplete } from './image-gaps.ts';
import { ImagePlanner } from './images/image-planner.ts';
import type { ImageSettings } from './images/images-writer.ts';
import { OutlinePlanner } from './images/outline-planner.ts';
import { InOrderPlanner } from './in-order.ts';
import { computeNetEffect, type NetEffect } from './net-effect.ts';
import {
  DEFAULT_PLAN_LIMITS,
  type Bindings,
  type GroupPlan,
  type PlannedStatement,
  type PlanLimits,
  type RowRef,
  type StatementPlanner,
} from './plan.ts';
import { StatementWriter } from './statement-writer.ts';
import type { TableBinding } from './table-binding.ts';
import { TableText } from './table-text.ts';

type ChangesByBinding = ReadonlyMap<TableBinding, readonly RowsChange[]>;

interface Rest {
  readonly bindings: Bindings;
  readonly tables: ChangesByBinding;
  readonly inOrder: ReadonlyMap<TableBinding, string>;
  readonly images: ImagePlanner | undefined;
  readonly writer: StatementWriter;
}

export interface ImageOptions {
  readonly settings: ImageSettings;
  /** Groups of fewer rows go as SQL. */
  readonly fromRows: number;
}

/** See StatementPlanner. */
export class RowsPlanner implements StatementPlanner {
  /** undefined: this session takes no row images. */
  readonly #images: ImagePlanner | undefined;
  readonly #outlines: OutlinePlanner | undefined;
  readonly #imagesFromRows: number;
  readonly #dialect: Dialect;
  readonly #limits: PlanLimits;
  readonly #texts = new WeakMap<TableBinding, TableText>();

  constructor(dialect: Dialect, limits: Partial<PlanLimits> = {}, images?: ImageOptions) {
    this.#images = images && new ImagePlanner(images.settings);
    this.#outlines = this.#images && new OutlinePlanner(this.#images);
    this.#imagesFromRows = images?.fromRows ?? 0;
    this.#dialect = dialect;
    this.#limits = { ...DEFAULT_PLAN_LIMITS, ...limits };
  }

  planGroup(changes: readonly RowsChange[], bindings: Bindings): GroupPlan {
    const tables = byBinding(changes, bindings);
    const inOrder = findInOrder(tables);
    const rowCount = countRowsIn(changes);
    const images = rowCount < this.#imagesFromRows ? undefined : this.#images;
    images?.begin();
    const writer = new StatementWriter(this.#limits);
    const effects = this.#netEffects(tables, inOrder);
    for (const { binding, net } of effects) {
      const batch = new BatchPlanner(writer, this.#limits, { binding, text: this.#text(binding) });
      if (images?.canWrite(binding, tables.get(binding) ?? []) === true) {
        images.writeNet(binding, net);
        batch.planVanished(net.vanished);
      } else batch.plan(net);
    }
    if (inOrder.size !== 0) this.#planRest(changes, { bindings, tables, inOrder, images, writer });
    const packets = [...(images?.takePackets() ?? []), ...writer.takePackets()];
    const rest = [...inOrder.keys()].map((binding) => ({
      binding,
      net: undefined,
    }));
    return { packets, rowCount, inOrder, touches: [...effects, ...rest] };
  }

  planOutlines(transactions: readonly Transaction[], bindings: Bindings): GroupPlan | undefined {
    let rowCount = 0;
    for (const transaction of transactions) rowCount += countRows(transaction);
    if (rowCount < this.#imagesFromRows) return undefined;
    const tables = this.#outlines?.write(transactions, bindings);
    if (tables === undefined) return undefined;
    const writer = new StatementWriter(this.#limits);
    for (const { binding, vanished } of tables) {
      const batch = new BatchPlanner(writer, this.#limits, { binding, text: this.#text(binding) });
      batch.planVanished(vanished);
    }
    const packets = [...(this.#images?.takePackets() ?? []), ...writer.takePackets()];
    return { packets, rowCount, inOrder: new Map(), touches: [] };
  }

  /** What has no key goes as the numbers of its rows, where row images may; the rest in the order of the source. */
  #planRest(
    changes: readonly RowsChange[],
    { bindings, tables, inOrder, images, writer }: Rest,
  ): void {
    const asImages = images && findInOrderImages(images, tables, inOrder);
    const done = writeMultisets(images, tables, asImages ?? []);
    for (const change of changes) {
      const binding = bindings.of(change);
      if (!inOrder.has(binding) || done.has(binding)) continue;
      if (asImages?.has(binding) === true) images?.writeChange(binding, change);
      else for (const statement of this.planInOrder(change, binding)) writer.add(statement);
    }
  }

  refuseImages(bindings: readonly TableBinding[], reason: string): void {
    this.#images?.refuse(bindings, reason);
  }

  planInOrder(change: RowsChange, binding: TableBinding): Iterable<PlannedStatement> {
    return this.#inOrder(change, binding).statements();
  }

  planOverwrite({ change, row }: RowRef, binding: TableBinding): readonly PlannedStatement[] {
    return this.#inOrder(change, binding).overwrite(row);
  }

  /** All before anything is written: one that fails sends every table with foreign keys in order. */
  #netEffects(tables: ChangesByBinding, inOrder: Map<TableBinding, string>) {
    const effects: { readonly binding: TableBinding; readonly net: NetEffect }[] = [];
    for (const [binding, changes] of tables) {
      if (inOrder.has(binding) || binding.identity === undefined) continue;
      const net = this.#netEffect(binding, binding.identity, changes);
      if (typeof net === 'string') inOrder.set(binding, net);
      else effects.push({ binding, net });
    }
    addForeignKeyNeighbours(
      effects.map(({ binding }) => binding),
      inOrder,
    );
    return effects.filter(({ binding }) => !inOrder.has(binding));
  }

  #netEffect(
    binding: TableBinding,
    identity: readonly number[],
    changes: readonly RowsChange[],
  ): NetEffect | string {
    const byKey = changes.filter((change) => change.byKey === true).length;
    if (byKey !== 0) {
      if (byKey !== changes.length) return 'some of its rows are applied by key, others exactly';
      if (this.#text(binding).upsertTail === undefined) return 'no upsert tells whose key it meets';
    }
    return computeNetEffect(binding, identity, changes);
  }

  #inOrder(change: RowsChange, binding: TableBinding): InOrderPlanner {
    return new InOrderPlanner(change, { binding, text: this.#text(binding) }, this.#limits);
  }

  #text(binding: TableBinding): TableText {
    let text = this.#texts.get(binding);
    if (text === undefined) {
      text = new TableText(binding, this.#dialect);
      this.#texts.set(binding, text);
    }
    return text;
  }
}

/** A change's table says where it belongs; its binding is looked up once for each. */
function byBinding(changes: readonly RowsChange[], bindings: Bindings): ChangesByBinding {
  const byTable = new Map<Table, RowsChange[]>();
  const tables = new Map<TableBinding, RowsChange[]>();
  let lastTable: Table | undefined;
  let last: RowsChange[] = [];
  for (const change of changes) {
    const { table } = change;
    if (table !== lastTable) {
      lastTable = table;
      last = byTable.get(table) ?? begin(change);
    }
    last.push(change);
  }
  return tables;

  function begin(change: RowsChange): RowsChange[] {
    const binding = bindings.of(change);
    const list = tables.get(binding) ?? [];
    tables.set(binding, list);
    byTable.set(change.table, list);
    return list;
  }
}

/**
 * Which tables of the group cannot be merged. One table that needs its foreign keys checked or performed takes all
 * others with foreign keys along, because their order among each other counts then.
 */
function findInOrder(tables: ChangesByBinding): Map<TableBinding, string> {
  const reasons = new Map<TableBinding, string>();
  for (const [binding, changes] of tables) {
    const reason = binding.inOrderReason ?? reasonOfChanges(binding, changes);
    if (reason !== undefined) reasons.set(binding, reason);
  }
  addSharedTargets(tables, reasons);
  addForeignKeyNeighbours([...tables.keys()], reasons);
  return reasons;
}

/**
 * Which of those go as images all the same, row by row within them. Not where a foreign key is to be checked or
 * performed by the target, nor where several source tables meet in one.
 */
function findInOrderImages(
  images: ImagePlanner,
  tables: ChangesByBinding,
  inOrder: ReadonlyMap<TableBinding, string>,
): ReadonlySet<TableBinding> {
  const fitting = new Set<TableBinding>();
  for (const [binding, reason] of inOrder) {
    if (binding.hasForeignKeys || reason === SHARED_TARGET) continue;
    if (images.canWrite(binding, tables.get(binding) ?? [])) fitting.add(binding);
  }
  return fitting;
}

/** Those of the tables that need no order. */
function writeMultisets(
  images: ImagePlanner | undefined,
  tables: ChangesByBinding,
  bindings: Iterable<TableBinding>,
): ReadonlySet<TableBinding> {
  const written = new Set<TableBinding>();
  for (const binding of bindings) {
    const changes = tables.get(binding) ?? [];
    if (!isMultiset(binding, changes)) continue;
    images?.writeKeyless(binding, changes);
    written.add(binding);
  }
  return written;
}

/** No value of it is unique, so that rows may come and go in any order; and something is taken away at all. */
function isMultiset({ target }: TableBinding, changes: readonly RowsChange[]): boolean {
  return target.uniqueKeys.length === 0 && changes.some(({ action }) => action !== 'insert');
}

function addForeignKeyNeighbours(
  bindings: readonly TableBinding[],
  reasons: Map<TableBinding, string>,
): void {
  if (![...reasons.keys()].some(({ hasForeignKeys }) => hasForeignKeys)) return;
  for (const binding of bindings) {
    if (!binding.hasForeignKeys || reasons.has(binding)) continue;
    reasons.set(binding, 'another table of its foreign keys goes row by row');
  }
}

function reasonOfChanges(
  binding: TableBinding,
  changes: readonly RowsChange[],
): string | undefined {
  for (const change of changes) {
    if (!hasAll(change.before, binding) || !hasAll(change.after, binding)) {
      return 'row images are not full (binlog_row_image)';
    }
    if (binding.hasReferentialActions && !change.cascadesLogged) {
      return 'a foreign key has actions that the target performs';
    }
  }
  return undefined;
}

function hasAll(images: RowImages | undefined, binding: TableBinding): boolean {
  return images === undefined || isComplete(images, binding);
}

const SHARED_TARGET = 'several source tables or definitions write to this table';

/** Two sources of one target table: their rows are keyed by each source's own bytes. */
function addSharedTargets(tables: ChangesByBinding, reasons: Map<TableBinding, string>): void {
  const byTarget = new Map<string, TableBinding[]>();
  for (const binding of tables.keys()) {
    const name = formatTableName(binding.target.name);
    const sharing = byTarget.get(name);
    if (sharing === undefined) byTarget.set(name, [binding]);
    else sharing.push(binding);
  }
  for (const sharing of byTarget.values()) {
    if (sharing.length < 2) continue;
    for (const binding of sharing) reasons.set(binding, SHARED_TARGET);
  }
}
