import type { RowImages } from '../../core/row.ts';
import { LiteralWriter } from './literal-writer.ts';
import type { NetEffect, RowEffect } from './net-effect.ts';
import type { Expectation, PlanLimits, PlannedStatement } from './plan.ts';
import { allFound, anyNumber, exactly, type StatementWriter } from './statement-writer.ts';
import type { TableBinding } from './table-binding.ts';
import type { Slots, TableText } from './table-text.ts';

const OPEN = Buffer.from('(');
const CLOSE = Buffer.from(')');
const COMMA = Buffer.from(',');
const AND = Buffer.from(' AND ');
const OR = Buffer.from(' OR ');
const WHERE = Buffer.from(' WHERE ');
/** Long OR lists of composite keys cost the optimizer more than they save. */
const COMPOSITE_KEYS = 200;
/** Text is longer than the image: digits, quotes, commas. */
const BYTES_PER_COLUMN = 4;

/** Writes the statements of one table's net effect. */
export class BatchPlanner {
  readonly #writer: StatementWriter;
  readonly #limits: PlanLimits;
  readonly #binding: TableBinding;
  readonly #text: TableText;

  constructor(
    writer: StatementWriter,
    limits: PlanLimits,
    table: { readonly binding: TableBinding; readonly text: TableText },
  ) {
    this.#writer = writer;
    this.#limits = limits;
    this.#binding = table.binding;
    this.#text = table.text;
  }

  plan(net: NetEffect): void {
    if (this.#isByKey(net)) {
      this.#planByKey(net);
      return;
    }
    this.#deletes(net.deletes, isCounted);
    this.planVanished(net.vanished);
    this.#inserts(net.inserts);
    if (this.#text.upsertTail === undefined) for (const effect of net.upserts) this.#update(effect);
    else this.#upserts(net.upserts, this.#text.upsertTail);
  }

  #isByKey({ deletes, vanished, inserts, upserts }: NetEffect): boolean {
    const first = deletes[0] ?? vanished[0] ?? inserts[0] ?? upserts[0];
    return first?.change.byKey === true && this.#text.upsertTail !== undefined;
  }

  /** Whatever is there under the rows' keys. */
  #planByKey({ deletes, vanished, inserts, upserts }: NetEffect): void {
    this.#deletes([...deletes, ...vanished], undefined);
    const tail = this.#text.upsertTail ?? Buffer.alloc(0);
    const rows = [...inserts, ...upserts];
    for (let at = 0; at < rows.length;) {
      const { end, warnings } = this.#rows(rows, at);
      this.#writer.out.raw(tail);
      this.#end('upsert', rows.slice(at, end), anyNumber(warnings));
      at = end;
    }
  }

  /** Rows that came and went: must find nothing. */
  planVanished(effects: readonly RowEffect[]): void {
    if (!comparesText(this.#binding)) this.#deletes(effects, isNotCounted);
  }

  #deletes(effects: readonly RowEffect[], counts: (() => boolean) | undefined): void {
    const { inSlots } = this.#text;
    const isList = inSlots !== undefined;
    const maxRows = isList ? this.#limits.maxStatementRows : COMPOSITE_KEYS;
    for (let at = 0; at < effects.length;) {
      const out = this.#begin(effects, at);
      const keys = new LiteralWriter(out, inSlots ?? this.#text.keySlots, AND);
      out.raw(this.#text.deleteHead);
      if (isList) out.raw(this.#text.inHead);
      const start = at;
      do {
        const effect = effects[at] as RowEffect;
        if (at !== start) out.raw(isList ? COMMA : OR);
        this.#deleteKey(keys, effect, isList);
        at++;
      } while (this.#hasRoom(effects, at, start + maxRows));
      if (isList) out.raw(CLOSE);
      const rows = effects.slice(start, at);
      const warnings = this.#keyWarnings();
      const expected =
        counts === undefined ? anyNumber(warnings) : exactly(counts() ? rows.length : 0, warnings);
      this.#end('delete', rows, expected);
    }
  }

  #deleteKey(keys: LiteralWriter, effect: RowEffect, isList: boolean): void {
    const { out } = this.#writer;
    // A vanished row has no image before the group; its key is in the last event about it.
    const images = effect.before ?? effect.change.before;
    const row = effect.before === undefined ? effect.row : effect.beforeRow;
    keys.begin();
    if (!isList) out.raw(OPEN);
    images?.visit(row, keys);
    if (!isList) out.raw(CLOSE);
  }

  #inserts(effects: readonly RowEffect[]): void {
    for (let at = 0; at < effects.length;) {
      const { end, warnings } = this.#rows(effects, at);
      const rows = effects.slice(at, end);
      this.#end('insert', rows, exactly(rows.length, warnings));
      at = end;
    }
  }

  #upserts(effects: readonly RowEffect[], tail: Buffer): void {
    for (let at = 0; at < effects.length;) {
      const { end, warnings } = this.#rows(effects, at);
      const rows = effects.slice(at, end);
      if (rows.length === 1) {
        // The answer to an upsert of one row does not tell whether it was there.
        this.#writer.rewind();
        this.#writeUpdate(effects[at] as RowEffect);
      } else {
        this.#writer.out.raw(tail);
        this.#end('upsert', rows, allFound(rows.length, warnings));
      }
      at = end;
    }
  }

  /** `INSERT INTO t (…) VALUES (…),(…)` with as many rows as the limits allow. */
  #rows(effects: readonly RowEffect[], start: number): { end: number; warnings: number } {
    const out = this.#begin(effects, start);
    const values = new LiteralWriter(out, this.#text.valueSlots);
    out.raw(this.#text.insertHead);
    let at = start;
    do {
      const effect = effects[at] as RowEffect;
      if (at !== start) out.raw(COMMA);
      out.raw(OPEN);
      values.begin();
      effect.after?.visit(effect.row, values);
      out.raw(CLOSE);
      at++;
    } while (this.#hasRoom(effects, at, start + this.#limits.maxStatementRows));
    return { end: at, warnings: values.takeWarnings() };
  }

  #update(effect: RowEffect): void {
    this.#begin([effect], 0);
    this.#writeUpdate(effect);
  }

  #writeUpdate(effect: RowEffect): void {
    const { out } = this.#writer;
    const text = this.#text;
    out.raw(text.updateHead);
    const warnings = this.#visit(effect.after, effect.row, text.assignSlots, COMMA);
    out.raw(WHERE);
    this.#visit(effect.after, effect.row, text.keySlots, AND);
    this.#end('update', [effect], exactly(1, warnings + this.#keyWarnings()));
  }

  #visit(images: RowImages | undefined, row: number, slots: Slots, separator: Buffer): number {
    const writer = new LiteralWriter(this.#writer.out, slots, separator);
    images?.visit(row, writer);
    return writer.takeWarnings();
  }

  #keyWarnings(): number {
    return this.#text.hasNoisyKey ? Number.MAX_SAFE_INTEGER : 0;
  }

  #begin(effects: readonly RowEffect[], at: number) {
    const first = effects[at];
    const rest = Math.min(effects.length - at, this.#limits.maxStatementRows);
    const bytes = first === undefined ? 0 : this.#estimate(first);
    return this.#writer.begin(
      Math.min(bytes * rest, Math.max(bytes, this.#limits.maxStatementBytes)),
    );
  }

  #hasRoom(effects: readonly RowEffect[], at: number, end: number): boolean {
    const next = at < end ? effects[at] : undefined;
    if (next === undefined) return false;
    return this.#writer.openBytes + this.#estimate(next) <= this.#limits.maxStatementBytes;
  }

  #estimate(effect: RowEffect): number {
    const bytes = effect.after?.byteLength(effect.row) ?? 0;
    return bytes + this.#binding.columns.length * BYTES_PER_COLUMN;
  }

  #end(verb: PlannedStatement['verb'], rows: readonly RowEffect[], expected: Expectation): void {
    const binding = this.#binding;
    this.#writer.end({ verb, binding, expected, foreignKeyChecks: false, rows });
  }
}

function isCounted(): boolean {
  return true;
}

function isNotCounted(): boolean {
  return false;
}

/** Two texts of other bytes may be one key to the target: a row that came and went, another that is there. */
function comparesText(binding: TableBinding): boolean {
  return binding.columns.some(
    ({ index, target }) =>
      binding.identity?.includes(index) === true && target.charset !== undefined,
  );
}
