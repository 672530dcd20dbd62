import type { RowBlock } from '../../../core/copy.ts';
import type { FieldCursor } from '../../../core/field-cursor.ts';
import type { Column } from '../../../core/table.ts';
import { findJsonDecimals } from '../json-decimals.ts';
import { labelText, literalForm, mapLabelNumber, type LiteralForm } from '../literal-form.ts';
import type { SqlBuffer } from '../sql-buffer.ts';
import type { BoundColumn, TableBinding } from '../table-binding.ts';

const QUOTE = 0x27;
const COMMA = 0x2c;
const OPEN = 0x28;
const CLOSE = 0x29;
const NULL_TEXT = Buffer.from('NULL');
const ZERO = 0x30;

/** Values that are literals as they come. */
const BARE: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'year',
]);

/** ASCII that the server takes as text only. */
const ASCII: ReadonlySet<string> = new Set([
  'date',
  'time',
  'datetime',
  'timestamp',
  'uuid',
  'inet4',
  'inet6',
]);

type FieldKind = 'bare' | 'ascii' | 'double' | 'enum-index' | 'labels' | 'json' | 'quoted';

interface Field {
  readonly kind: FieldKind;
  readonly form: LiteralForm;
  readonly column: Column;
}

/** Writes rows of a block as the list behind VALUES; made once for each table and list of columns. */
export class RowEncoder {
  readonly #fields: readonly Field[];
  /** Warnings that what was written will give: index 0 of an ENUM gives one each time. */
  expectedWarnings = 0;

  constructor(binding: TableBinding, block: RowBlock) {
    this.#fields = block.columns.map((index) => {
      const bound = binding.columns.find((column) => column.index === index);
      if (bound === undefined) throw new Error(`column ${index} is not written`);
      return { kind: kindOf(bound, block), form: literalForm(bound), column: bound.source };
    });
  }

  /** One row; the cursor stands at its first field. */
  encode(cursor: FieldCursor, out: SqlBuffer): void {
    out.byte(OPEN);
    let isFirst = true;
    for (const field of this.#fields) {
      if (isFirst) isFirst = false;
      else out.byte(COMMA);
      cursor.next();
      if (cursor.start < 0) out.raw(NULL_TEXT);
      else this.#value(field, cursor, out);
    }
    out.byte(CLOSE);
  }

  #value({ kind, form, column }: Field, cursor: FieldCursor, out: SqlBuffer): void {
    const { bytes, start, end } = cursor;
    switch (kind) {
      case 'bare':
        out.raw(bytes.subarray(start, end));
        return;
      case 'ascii':
        out.byte(QUOTE);
        out.raw(bytes.subarray(start, end));
        out.byte(QUOTE);
        return;
      case 'double':
        writeDouble(bytes, start, end, out);
        return;
      case 'enum-index':
        if (end - start === 1 && bytes[start] === ZERO) this.expectedWarnings++;
        out.raw(bytes.subarray(start, end));
        return;
      case 'labels':
        writeLabels(form, BigInt(bytes.latin1Slice(start, end)), out);
        return;
      case 'json':
        writeJson(bytes, start, end, out);
        return;
      case 'quoted':
        // A label that is empty is index 0, unless the type has such a label.
        if (column.type === 'enum' && start === end) this.expectedWarnings++;
        out.raw(form.storeLead);
        out.escaped(bytes, start, end);
        out.byte(QUOTE);
    }
  }
}

function kindOf({ source, target }: BoundColumn, block: RowBlock): FieldKind {
  if (BARE.has(source.type)) return 'bare';
  if (ASCII.has(source.type)) return 'ascii';
  if (source.type === 'float' || source.type === 'double') return 'double';
  if (source.type === 'enum' && block.hasEnumIndexes) {
    return literalForm({ index: 0, source, target }).labels === undefined ? 'enum-index' : 'labels';
  }
  return target.dataType === 'json' ? 'json' : 'quoted';
}

/** With an exponent, so that it is a double; -0 keeps its sign in quotes only. */
function writeDouble(bytes: Buffer, start: number, end: number, out: SqlBuffer): void {
  const text = bytes.latin1Slice(start, end);
  if (text === '-0') out.ascii("'-0'");
  else out.ascii(text.includes('e') ? text : `${text}e0`);
}

function writeLabels({ labels }: LiteralForm, index: bigint, out: SqlBuffer): void {
  if (labels === undefined) return;
  const number = mapLabelNumber(labels, index);
  if (number !== undefined) {
    out.ascii(String(number));
    return;
  }
  out.byte(QUOTE);
  out.escapedText(labelText(labels, index));
  out.byte(QUOTE);
}

/** UTF-8 text. Numbers that were decimals stay decimals, as in the stream. */
function writeJson(bytes: Buffer, start: number, end: number, out: SqlBuffer): void {
  const document = bytes.utf8Slice(start, end);
  const decimals = findJsonDecimals(document);
  if (decimals.length > 0) out.ascii('JSON_SET(');
  out.ascii("_utf8mb4'");
  if (document.includes('-0')) out.escapedText(withNegativeZeros(document));
  else out.escaped(bytes, start, end);
  out.byte(QUOTE);
  for (const { path, text } of decimals) {
    out.ascii(",_utf8mb4'");
    out.escapedText(path);
    out.ascii(`',${text}`);
  }
  if (decimals.length > 0) out.byte(CLOSE);
}

/** MySQL 5.7 prints the double -0.0 as -0, which would be read as the integer 0. */
function withNegativeZeros(document: string): string {
  return document.replace(/("(?:[^"\\]|\\.)*")|-0(?![\d.eE])/gs, (whole, text?: string) =>
    text === undefined ? '-0.0' : whole,
  );
}
