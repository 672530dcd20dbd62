import type { RowsChange } from '../../core/change.ts';
import type { RowImages, RowKey } from '../../core/row.ts';
import { isComplete, refuseStaleColumn } from './image-gaps.ts';
import { LiteralWriter } from './literal-writer.ts';
import type { Expectation, PlanLimits, PlannedStatement, RowRef } from './plan.ts';
import { SqlBuffer } from './sql-buffer.ts';
import { anyNumber, exactly } from './statement-writer.ts';
import type { TableBinding } from './table-binding.ts';
import type { Slots, TableText } from './table-text.ts';

const OPEN = Buffer.from('(');
const CLOSE = Buffer.from(')');
const COMMA = Buffer.from(',');
const AND = Buffer.from(' AND ');
const WHERE = Buffer.from(' WHERE ');
/** A slab is left when it holds this much, so that a large change is never whole in memory. */
const SLAB_BYTES = 256 * 1024;

/**
 * The rows of one change as the source wrote them, statement by statement. A row is found by its identity; where there
 * is none, by all its columns byte for byte, and LIMIT says how many of equal rows are meant.
 */
export class InOrderPlanner {
  readonly #change: RowsChange;
  readonly #binding: TableBinding;
  readonly #text: TableText;
  readonly #limits: PlanLimits;
  readonly #foreignKeyChecks: boolean;
  #out = new SqlBuffer(4 * 1024);
  #start = 0;

  constructor(
    change: RowsChange,
    table: { readonly binding: TableBinding; readonly text: TableText },
    limits: PlanLimits,
  ) {
    this.#change = change;
    this.#binding = table.binding;
    this.#text = table.text;
    this.#limits = limits;
    // With cascades in the binlog the children's rows come by themselves, in an order that checks refuse.
    this.#foreignKeyChecks =
      table.binding.hasForeignKeys && !change.cascadesLogged && !change.noForeignKeyChecks;
  }

  *statements(): Generator<PlannedStatement> {
    const change = this.#change;
    if (change.action === 'update') refuseStaleColumn(change.after, this.#binding);
    if (change.byKey === true && this.#binding.identity !== undefined) {
      yield* this.#byKey();
      return;
    }
    switch (change.action) {
      case 'insert':
        yield* this.#inserts(change.after);
        return;
      case 'delete':
        yield* this.#deletes(change.before);
        return;
      case 'update':
        for (let row = 0; row < change.before.length; row++) {
          yield this.#update(change.before, change.after, row);
        }
    }
  }

  /** Whatever is there under the row's key; a row of which only a part is known has to be there. */
  *#byKey(): Generator<PlannedStatement> {
    const change = this.#change;
    const { before, after } = change;
    for (let row = 0; row < (after ?? before).length; row++) {
      if (after === undefined) yield this.#deleteAny(before, row);
      else if (isComplete(after, this.#binding)) {
        if (before !== undefined && this.#isMoved(before, after, row)) {
          yield this.#deleteAny(before, row);
        }
        yield this.#upsert(after, row);
      } else if (before !== undefined) yield this.#update(before, after, row);
      else yield this.#rows('INSERT', after, row, row + 1);
    }
  }

  #isMoved(before: RowImages, after: RowImages, row: number): boolean {
    const identity = this.#binding.identity ?? [];
    if (!this.#isKeyed(before)) return false;
    return before.keyOf(identity)(row) !== after.keyOf(identity)(row);
  }

  #deleteAny(before: RowImages, row: number): PlannedStatement {
    const statement = this.#delete(before, row, [{ change: this.#change, row }]);
    return { ...statement, expected: anyNumber(statement.expected.warnings) };
  }

  #upsert(after: RowImages, row: number): PlannedStatement {
    const tail = this.#text.upsertTail;
    // Without a way to tell whose key is met, whoever has it makes room.
    const statement = this.#rows(
      tail === undefined ? 'REPLACE' : 'INSERT',
      after,
      row,
      row + 1,
      tail,
    );
    return {
      ...statement,
      verb: tail === undefined ? 'replace' : 'upsert',
      expected: anyNumber(statement.expected.warnings),
    };
  }

  /** Statements after which the target holds this row as the source does, whatever was there. */
  overwrite(row: number): readonly PlannedStatement[] {
    const change = this.#change;
    if (change.action === 'delete') return [];
    if (!isComplete(change.after, this.#binding)) return [];
    const replaced = this.#rows('REPLACE', change.after, row, row + 1);
    const replace = {
      ...replaced,
      verb: 'replace',
      expected: anyNumber(replaced.expected.warnings),
    };
    if (change.action === 'insert' || this.#binding.identity === undefined) {
      return [replace as PlannedStatement];
    }
    const removed = this.#delete(change.before, row, [{ change, row }]);
    return [{ ...removed, expected: anyNumber() }, replace as PlannedStatement].map(
      (statement) => ({
        ...statement,
        foreignKeyChecks: false,
      }),
    );
  }

  /** Without any unique key no row can conflict, so none needs a statement of its own. */
  *#inserts(after: RowImages): Generator<PlannedStatement> {
    const isBulk = this.#binding.target.uniqueKeys.length === 0;
    for (let row = 0; row < after.length;) {
      const limit = isBulk ? row + this.#limits.maxStatementRows : row + 1;
      const statement = this.#rows('INSERT', after, row, Math.min(limit, after.length));
      yield statement;
      row += statement.rows.length;
    }
  }

  #rows(
    verb: 'INSERT' | 'REPLACE',
    after: RowImages,
    first: number,
    limit: number,
    tail?: Buffer,
  ): PlannedStatement {
    const out = this.#begin();
    const values = new LiteralWriter(out, this.#text.valueSlots);
    out.raw(
      verb === 'INSERT' && isComplete(after, this.#binding)
        ? this.#text.insertHead
        : Buffer.from(this.#text.rowsHead(verb, after.present)),
    );
    const rows: RowRef[] = [];
    let row = first;
    do {
      if (row !== first) out.raw(COMMA);
      out.raw(OPEN);
      values.begin();
      after.visit(row, values);
      out.raw(CLOSE);
      rows.push({ change: this.#change, row });
      row++;
    } while (row < limit && this.#hasRoom(after.byteLength(row)));
    if (tail !== undefined) out.raw(tail);
    return this.#end('insert', rows, exactly(rows.length, values.takeWarnings()));
  }

  #hasRoom(nextBytes: number): boolean {
    return this.#out.length - this.#start + nextBytes <= this.#limits.maxStatementBytes;
  }

  *#deletes(before: RowImages): Generator<PlannedStatement> {
    const change = this.#change;
    if (this.#isKeyed(before)) {
      for (let row = 0; row < before.length; row++) {
        yield this.#delete(before, row, [{ change, row }]);
      }
      return;
    }
    for (const rows of groupEqualRows(before)) {
      yield this.#delete(
        before,
        rows[0] as number,
        rows.map((row) => ({ change, row })),
      );
    }
  }

  #delete(before: RowImages, row: number, refs: readonly RowRef[]): PlannedStatement {
    const out = this.#begin();
    out.raw(this.#text.deleteHead);
    const warnings = this.#where(before, row, refs.length);
    return this.#end('delete', refs, exactly(refs.length, warnings));
  }

  #update(before: RowImages, after: RowImages, row: number): PlannedStatement {
    const out = this.#begin();
    out.raw(this.#text.updateHead);
    const assignments = new LiteralWriter(out, this.#text.assignSlots);
    assignments.begin();
    after.visit(row, assignments);
    if (assignments.count === 0) out.raw(Buffer.from(this.#text.idleAssignment));
    out.raw(WHERE);
    const warnings = this.#where(before, row, 1) + assignments.takeWarnings();
    return this.#end('update', [{ change: this.#change, row }], exactly(1, warnings));
  }

  /** Returns the warnings that comparing may give. */
  #where(images: RowImages, row: number, limit: number): number {
    const isKeyed = this.#isKeyed(images);
    const order = isKeyed
      ? this.#conditions(images, row, this.#text.keySlots)
      : this.#exactConditions(images, row);
    const orderBy = order.length === 0 ? '' : ` ORDER BY ${order.join(',')}`;
    this.#out.raw(Buffer.from(`${orderBy} LIMIT ${limit}`));
    const isNoisy = isKeyed ? this.#text.hasNoisyKey : this.#text.hasNoisyColumns;
    return isNoisy ? Number.MAX_SAFE_INTEGER : 0;
  }

  #exactConditions(images: RowImages, row: number): readonly string[] {
    if (this.#text.indexSlots !== undefined) {
      this.#conditions(images, row, this.#text.indexSlots);
      this.#out.raw(AND);
    }
    return this.#conditions(images, row, this.#text.exactSlots);
  }

  #conditions(images: RowImages, row: number, slots: Slots): readonly string[] {
    const conditions = new LiteralWriter(this.#out, slots, AND);
    conditions.begin();
    images.visit(row, conditions);
    return conditions.order;
  }

  #isKeyed(images: RowImages): boolean {
    const { identity } = this.#binding;
    if (identity === undefined) return false;
    return images.isFull || identity.every((column) => images.present[column]);
  }

  #begin(): SqlBuffer {
    if (this.#out.length > SLAB_BYTES) this.#out = new SqlBuffer();
    this.#start = this.#out.length;
    return this.#out;
  }

  #end(
    verb: PlannedStatement['verb'],
    rows: readonly RowRef[],
    expected: Expectation,
  ): PlannedStatement {
    return {
      sql: this.#out.slice(this.#start, this.#out.length),
      verb,
      binding: this.#binding,
      expected,
      foreignKeyChecks: this.#foreignKeyChecks,
      rows,
    };
  }
}

/** Rows with equal bytes in all columns, in the order of their first. */
function groupEqualRows(images: RowImages): Iterable<readonly number[]> {
  const columns = images.present.flatMap((isPresent, column) => (isPresent ? [column] : []));
  const keyOf = images.keyOf(columns);
  const groups = new Map<RowKey, number[]>();
  for (let row = 0; row < images.length; row++) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups.values();
}
