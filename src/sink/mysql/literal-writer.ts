import type { RowVisitor } from '../../core/row.ts';
import { formatFloat32 } from '../../lib/float32.ts';
import { labelText, mapLabelNumber, type LabelMap, type LiteralForm } from './literal-form.ts';
import { TailraceError } from '../../core/errors.ts';
import { isJsonChanges, parseJsonChanges, type JsonChange } from '../../core/json-changes.ts';
import { findJsonDecimals, type JsonDecimal } from './json-decimals.ts';
import type { SqlBuffer } from './sql-buffer.ts';

const QUOTE = 0x27;
const EQUALS = 0x3d;
const NULL_TEXT = Buffer.from('NULL');
const COMMA = Buffer.from(',');
const NO_DECIMALS: readonly JsonDecimal[] = [];

/** Where one column's literal stands in a statement. */
export interface LiteralSlot {
  readonly form: LiteralForm;
  /** Before and after the literal; empty in a list of values. */
  readonly lead: Buffer;
  readonly tail: Buffer;
  /** Bytes are stored as they are, or compared by the column's collation. */
  readonly use: 'store' | 'compare';
  /** Where 0.0 and -0.0 must be told apart: the ORDER BY term that puts the right one first. */
  readonly zeroOrder?: { readonly positive: string; readonly negative: string };
}

/**
 * Writes one row's literals straight from the image's bytes. Which columns, with what around them, is a list of slots
 * by source column index: the same class writes `(1,'a')`, `a=1,b='a'` and `a<=>1 AND b<=>'a'`.
 * Columns without a slot and columns that the image lacks are passed over.
 */
export class LiteralWriter implements RowVisitor {
  readonly #out: SqlBuffer;
  readonly #slots: readonly (LiteralSlot | undefined)[];
  readonly #separator: Buffer;
  #count = 0;
  #warnings = 0;
  #order: string[] = [];

  constructor(
    out: SqlBuffer,
    slots: readonly (LiteralSlot | undefined)[],
    separator: Buffer = COMMA,
  ) {
    this.#out = out;
    this.#slots = slots;
    this.#separator = separator;
  }

  /** Begins a new row. */
  begin(): void {
    this.#count = 0;
    if (this.#order.length !== 0) this.#order = [];
  }

  /** ORDER BY terms for the row just written. */
  get order(): readonly string[] {
    return this.#order;
  }

  /** Literals written since `begin`. */
  get count(): number {
    return this.#count;
  }

  /** Warnings that what was written will give; set back by the reader. */
  takeWarnings(): number {
    const warnings = this.#warnings;
    this.#warnings = 0;
    return warnings;
  }

  absent(): void {
    // Not in the image, so it is not in the statement either.
  }

  null(column: number): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    this.#out.raw(NULL_TEXT);
    this.#out.raw(slot.tail);
  }

  integer(column: number, value: number): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    const { fit, labels } = slot.form;
    if (fit?.integer?.(value) === false) this.#refuse(slot, String(value));
    if (labels !== undefined) this.#label(labels, BigInt(value));
    else this.#out.integer(value);
    if (slot.form.isEnum && value === 0 && slot.use === 'store') this.#warnings++;
    this.#out.raw(slot.tail);
  }

  bigint(column: number, value: bigint): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    const { fit, labels } = slot.form;
    if (fit?.integer?.(value) === false) this.#refuse(slot, String(value));
    if (labels !== undefined) this.#label(labels, value);
    else this.#out.ascii(String(value));
    this.#out.raw(slot.tail);
  }

  /** The exact double: it is stored as the same float32, and it is what a FLOAT column compares equal to. */
  float(column: number, value: number): void {
    if (this.#slots[column]?.form.isFloatText === true) this.ascii(column, formatFloat32(value));
    else this.double(column, value);
  }

  double(column: number, value: number): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    if (slot.form.fit?.double?.(value) === false) this.#refuse(slot, String(value));
    this.#out.ascii(formatDouble(value));
    if (value === 0 && slot.zeroOrder !== undefined) {
      this.#order.push(slot.zeroOrder[Object.is(value, -0) ? 'negative' : 'positive']);
    }
    this.#out.raw(slot.tail);
  }

  ascii(column: number, value: string): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    if (slot.form.fit?.ascii?.(value) === false) this.#refuse(slot, value);
    if (slot.form.isBareText) {
      this.#out.ascii(value);
    } else {
      this.#out.byte(QUOTE);
      this.#out.ascii(value);
      this.#out.byte(QUOTE);
    }
    this.#out.raw(slot.tail);
  }

  json(column: number, value: string): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    const decimals = slot.form.isJson ? findJsonDecimals(value) : NO_DECIMALS;
    if (isJsonChanges(value)) this.#jsonChanges(slot, parseJsonChanges(value));
    else if (decimals.length === 0) this.#quotedText(value);
    else this.#jsonSet(value, decimals);
    this.#out.raw(slot.tail);
  }

  bytes(column: number, bytes: Buffer, start: number, end: number): void {
    const slot = this.#open(column);
    if (slot === undefined) return;
    const { form } = slot;
    if (form.fit?.bytes?.(bytes, start, end) === false) {
      this.#refuse(slot, `a value of ${end - start} bytes`);
    }
    if (slot.use === 'compare' && form.isComparedAsUtf8) {
      this.#quotedText(decodeUcs2(bytes, start, end));
    } else {
      this.#out.raw(slot.use === 'store' ? form.storeLead : form.compareLead);
      this.#out.escaped(bytes, start, end);
      this.#out.byte(QUOTE);
    }
    this.#out.raw(slot.tail);
  }

  #open(column: number): LiteralSlot | undefined {
    const slot = this.#slots[column];
    if (slot === undefined) return undefined;
    if (this.#count++ !== 0) this.#out.raw(this.#separator);
    if (slot.lead.length !== 0) this.#out.raw(slot.lead);
    return slot;
  }

  /** What is only compared finds its row or does not. */
  #refuse({ form, use }: LiteralSlot, shown: string): void {
    if (form.fit !== undefined && use === 'store') throw form.fit.refuse(shown);
  }

  #quotedText(text: string): void {
    this.#out.byte(QUOTE);
    this.#out.escapedText(text);
    this.#out.byte(QUOTE);
  }

  /** A decimal in SQL stays one inside JSON; a number in JSON text becomes a double. */
  #jsonSet(value: string, decimals: readonly JsonDecimal[]): void {
    this.#out.ascii('JSON_SET(');
    this.#quotedText(value);
    for (const { path, text } of decimals) {
      this.#out.raw(COMMA);
      this.#quotedText(path);
      this.#out.raw(COMMA);
      this.#out.ascii(text);
    }
    this.#out.ascii(')');
  }

  /** Changes of the document that the target has, one function around the other. */
  #jsonChanges(slot: LiteralSlot, changes: readonly JsonChange[]): void {
    if (!slot.form.isJson || slot.use !== 'store' || slot.lead.at(-1) !== EQUALS) {
      throw new TailraceError(
        'TARGET_VALUE_REFUSED',
        'the source logs only what changed in a JSON document, which takes a JSON column and the row there',
        {
          next: "Set binlog_row_image=FULL or binlog_row_value_options='' on the source; tailrace position skip --reason TEXT goes past this transaction.",
        },
      );
    }
    for (const change of [...changes].reverse()) this.#out.ascii(`${jsonFunction(change)}(`);
    this.#out.raw(slot.lead.subarray(0, -1));
    for (const { path, value } of changes) {
      this.#out.raw(COMMA);
      this.#quotedText(path);
      if (value !== undefined) this.#jsonValue(value);
      this.#out.ascii(')');
    }
  }

  #jsonValue(value: string): void {
    this.#out.raw(COMMA);
    const decimals = findJsonDecimals(value);
    if (decimals.length > 0) {
      this.#jsonSet(value, decimals);
      return;
    }
    this.#out.ascii('CAST(');
    this.#quotedText(value);
    this.#out.ascii(' AS JSON)');
  }

  #label(map: LabelMap, value: bigint): void {
    const number = mapLabelNumber(map, value);
    if (number === undefined) this.#quotedText(labelText(map, value));
    else this.#out.ascii(String(number));
  }
}

function jsonFunction({ action, path }: JsonChange): string {
  switch (action) {
    case 'replace':
      return 'JSON_REPLACE';
    case 'insert':
      return path.endsWith(']') ? 'JSON_ARRAY_INSERT' : 'JSON_INSERT';
    case 'remove':
      return 'JSON_REMOVE';
  }
}

/** With an exponent, so that it is a double and no decimal. The shortest text that reads back exactly. */
export function formatDouble(value: number): string {
  if (Object.is(value, -0)) return "'-0'";
  const text = String(value);
  return text.includes('e') ? text : `${text}e0`;
}

/** UCS-2 as MySQL stores it is big endian. */
function decodeUcs2(bytes: Buffer, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).swap16().toString('utf16le');
}
