import { decodeText } from '../../core/charset.ts';
import { isJsonChanges } from '../../core/json-changes.ts';
import type { ColumnValue, RowImages, RowVisitor } from '../../core/row.ts';
import type { ByteWriter } from '../../lib/byte-writer.ts';
import { writeJsonText } from '../json-bytes.ts';
import type { RowPlan } from '../row-plan.ts';
import type { EncodeValue } from './maxwell-value.ts';

const QUOTE = 0x22;
const UTF8 = new Set<string | undefined>(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);
const NULL = Buffer.from('null');

/** How a column's values get from the row's bytes to the message's. */
interface ColumnForm {
  /** `,"name":`; empty for a key column that is left out of data. */
  readonly label: Buffer;
  readonly encode: EncodeValue;
  readonly charset: string | undefined;
  /** The server's text is JSON as it is: integers, decimals of few decimals, JSON. */
  readonly isRaw: boolean;
  /** The server's text in quotes: dates, times. */
  readonly isQuoted: boolean;
  readonly isUtf8: boolean;
  /** ENUM: JSON of each label, by index; undefined: another type. */
  readonly labels: readonly string[] | undefined;
}

const RAW = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year', 'bit', 'json']);
const QUOTED = new Set(['date', 'time', 'datetime', 'timestamp', 'uuid', 'inet4', 'inet6']);
/** From here on BigDecimal prints small values with an exponent. */
const EXPONENT_SCALE = 7;

/** Options that keep the server's own text from being the message's. */
export interface RowWriterLimits {
  readonly convertsDates: boolean;
  readonly convertsBits: boolean;
}

/**
 * Writes the columns of row images as members of Maxwell's `data`, straight from the bytes of the event and
 * without a string for each value: this is what a message costs. The encoder beside it says the same by way of
 * values; tests hold the one to the other.
 */
export class MaxwellRowWriter implements RowVisitor {
  readonly #forms: readonly (ColumnForm | undefined)[];
  #out: ByteWriter;
  /** Where each column's value stands in the output; -1: nowhere. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(plan: RowPlan<EncodeValue>, out: ByteWriter, limits: RowWriterLimits) {
    this.#out = out;
    const forms: (ColumnForm | undefined)[] = [];
    for (const one of plan.columns) forms[one.index] = formOf(one, limits);
    this.#forms = forms;
    this.starts = new Int32Array(forms.length).fill(-1);
    this.ends = new Int32Array(forms.length);
  }

  /** `,"a":1,"b":"x"`: the caller makes an object of it. */
  write(images: RowImages, row: number, out: ByteWriter): void {
    this.#out = out;
    images.visit(row, this);
  }

  label(column: number): Buffer {
    return this.#forms[column]?.label ?? NULL;
  }

  absent(column: number): void {
    this.starts[column] = -1;
  }

  null(column: number): void {
    if (this.#begin(column) === undefined) return;
    this.#out.raw(NULL);
    this.#end(column);
  }

  integer(column: number, value: number): void {
    const form = this.#begin(column);
    if (form === undefined) return;
    if (form.isRaw) this.#out.integer(value);
    else if (form.labels !== undefined) this.#out.utf8(form.labels[value] ?? 'null');
    else this.#out.utf8(form.encode(value));
    this.#end(column);
  }

  bigint(column: number, value: bigint): void {
    const form = this.#begin(column);
    if (form === undefined) return;
    if (form.isRaw) this.#out.ascii(value.toString());
    else this.#out.utf8(form.encode(value));
    this.#end(column);
  }

  float(column: number, value: number): void {
    this.#value(column, value);
  }

  double(column: number, value: number): void {
    this.#value(column, value);
  }

  ascii(column: number, value: string): void {
    const form = this.#begin(column);
    if (form === undefined) return;
    const out = this.#out;
    if (form.isRaw) out.ascii(value);
    else if (form.isQuoted) {
      out.byte(QUOTE);
      out.ascii(value);
      out.byte(QUOTE);
    } else out.utf8(form.encode(value));
    this.#end(column);
  }

  json(column: number, value: string): void {
    // Only changes: the plain way says so with the place.
    if (isJsonChanges(value)) throw new RangeError('a partial JSON document');
    this.#value(column, value);
  }

  bytes(column: number, bytes: Buffer, start: number, end: number): void {
    const form = this.#begin(column);
    if (form === undefined) return;
    if (form.isUtf8) writeJsonText(this.#out, bytes, start, end);
    else if (form.charset === undefined) this.#out.utf8(form.encode(bytes.subarray(start, end)));
    else this.#out.utf8(form.encode(decodeText(form.charset, bytes, start, end)));
    this.#end(column);
  }

  #value(column: number, value: ColumnValue): void {
    const form = this.#begin(column);
    if (form === undefined) return;
    this.#out.utf8(form.encode(value));
    this.#end(column);
  }

  #begin(column: number): ColumnForm | undefined {
    const form = this.#forms[column];
    if (form === undefined) return undefined;
    this.#out.raw(form.label);
    this.starts[column] = this.#out.length;
    return form;
  }

  #end(column: number): void {
    this.ends[column] = this.#out.length;
  }
}

function formOf(
  { label, column, encode }: RowPlan<EncodeValue>['columns'][number],
  { convertsDates, convertsBits }: RowWriterLimits,
): ColumnForm {
  const { type, charset, scale, labels } = column;
  const isSmallDecimal = type === 'decimal' && (scale ?? EXPONENT_SCALE) < EXPONENT_SCALE;
  return {
    label: Buffer.from(`,${label}`),
    encode,
    charset,
    isRaw: (RAW.has(type) && !(type === 'bit' && convertsBits)) || isSmallDecimal,
    isQuoted: QUOTED.has(type) && !convertsDates,
    isUtf8: UTF8.has(charset) && type !== 'enum' && type !== 'set',
    labels:
      type === 'enum' ? [encode(''), ...(labels ?? []).map((name) => encode(name))] : undefined,
  };
}

/** Sets come as a bit mask, which only the collector of values can name. */
export function canWriteRows(plan: RowPlan<EncodeValue>): boolean {
  return plan.columns.every(({ column }) => column.type !== 'set');
}
