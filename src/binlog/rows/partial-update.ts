import { TailraceError } from '../../core/errors.ts';
import { JSON_CHANGES } from '../json/json-layout.ts';
import { applyJsonDiffs } from '../json/json-diff.ts';
import type { ImageShape } from './image-shape.ts';
import { PlainRowCode, type ValueRange } from './plain-row-code.ts';
import { hasBit } from './image-shape.ts';
import type { ShapeColumn } from './row-code.ts';

/*
 * After image in PARTIAL_UPDATE_ROWS (39), which MySQL writes with binlog_row_value_options=PARTIAL_JSON:
 *
 *      …  length-encoded integer: value options, bit 0: partial JSON
 *      …  with that bit: one bit for each JSON column of the table (not only of the image), lowest
 *         first: 1, the value is a list of diffs
 *      …  NULL bitmap and values as ever; a list of diffs stands behind 4 bytes of length like a
 *         JSON value
 *
 * Source: MySQL libs/mysql/binlog/event/rows_event.h, Rows_event; sql/log_event.cc, unpack_row().
 */

const PARTIAL_JSON = 1;
const JSON_PREFIX = 4;
const CHANGES = Buffer.of(JSON_CHANGES);

/** One row of an event: where its before image starts, and its partial after image. */
export interface PartialRow {
  readonly before: number;
  readonly start: number;
  readonly end: number;
}

/** Full after images built so far. */
export class FullImages {
  readonly #reader: PartialUpdateReader;
  readonly #parts: Buffer[] = [];
  readonly #offsets: number[] = [0];
  #length = 0;

  constructor(reader: PartialUpdateReader) {
    this.#reader = reader;
  }

  /** Returns where the partial image ends. */
  add(bytes: Buffer, row: PartialRow): number {
    const { parts, next } = this.#reader.read(bytes, row);
    for (const part of parts) {
      this.#parts.push(part);
      this.#length += part.length;
    }
    this.#offsets.push(this.#length);
    return next;
  }

  finish(): { bytes: Buffer; offsets: readonly number[] } {
    return { bytes: Buffer.concat(this.#parts, this.#length), offsets: this.#offsets };
  }
}

/**
 * Makes full after images of partial ones: the diffs are applied to the before image's binary JSON, so
 * that everyone after the decoder sees ordinary images and no value loses its type or digits. A MINIMAL or
 * NOBLOB before image lacks the document: the diffs are handed on then, marked as such.
 */
export class PartialUpdateReader {
  readonly #before: ImageShape;
  readonly #after: ImageShape;
  readonly #beforeCode: PlainRowCode;
  readonly #afterCode: PlainRowCode;
  readonly #jsonColumns: readonly number[];
  readonly #name: string;

  constructor(before: ImageShape, after: ImageShape, name: string) {
    this.#before = before;
    this.#after = after;
    this.#beforeCode = new PlainRowCode(before.rowShape);
    this.#afterCode = new PlainRowCode(after.rowShape);
    this.#jsonColumns = after.rowShape.columns
      .filter(({ layout }) => layout.kind === 'json')
      .map(({ column }) => column);
    this.#name = name;
  }

  begin(): FullImages {
    return new FullImages(this);
  }

  read(bytes: Buffer, row: PartialRow): { parts: Buffer[]; next: number } {
    const options = bytes[row.start] ?? 0;
    if (options > PARTIAL_JSON) throw this.#undecodable(`the value options ${options}`);
    const bitmapAt = row.start + 1;
    const isPartial = options === PARTIAL_JSON;
    const bitmapBytes = isPartial ? (this.#jsonColumns.length + 7) >> 3 : 0;
    const start = bitmapAt + bitmapBytes;
    const next = this.#after.code.skip(bytes, start);
    if (!(next <= row.end)) throw this.#undecodable('a length beyond its end');
    if (!isPartial) return { parts: [bytes.subarray(start, next)], next };
    const bitmap = bytes.subarray(bitmapAt, start);
    const changed = new Set(this.#jsonColumns.filter((_, i) => hasBit(bitmap, i)));
    return { parts: this.#mend(bytes, { ...row, start }, changed), next };
  }

  /** The image at `row.start` with the diffs of these columns applied. */
  #mend(bytes: Buffer, row: PartialRow, changed: ReadonlySet<number>): Buffer[] {
    const documents = this.#documentsBefore(bytes, row.before, changed);
    const nullBytes = this.#after.rowShape.nullBytes;
    const parts: Buffer[] = [bytes.subarray(row.start, row.start + nullBytes)];
    this.#afterCode.eachColumn(bytes, row.start, (column, range) => {
      if (range === undefined) return;
      if (!changed.has(column.column)) {
        parts.push(bytes.subarray(range.start, range.end));
        return;
      }
      const document = documents.get(column.column);
      if (document === undefined) {
        if (this.#before.present[column.column] === true) throw this.#missing(column);
        const diffs = bytes.subarray(range.valueStart, range.end);
        parts.push(jsonPrefix(1 + diffs.length), CHANGES, diffs);
        return;
      }
      const mended = applyJsonDiffs(document, bytes, range.valueStart, range.end);
      parts.push(jsonPrefix(mended.length), mended);
    });
    return parts;
  }

  #documentsBefore(
    bytes: Buffer,
    at: number,
    changed: ReadonlySet<number>,
  ): ReadonlyMap<number, Buffer> {
    const documents = new Map<number, Buffer>();
    this.#beforeCode.eachColumn(bytes, at, (column, range: ValueRange | undefined) => {
      if (range === undefined || !changed.has(column.column)) return;
      documents.set(column.column, bytes.subarray(range.valueStart, range.end));
    });
    return documents;
  }

  #missing({ column }: ShapeColumn): TailraceError {
    return new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `A partial update of ${this.#name} changes the JSON value of column ${column} that is NULL in its before image.`,
      { place: { table: this.#name } },
    );
  }

  #undecodable(why: string): TailraceError {
    return new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `A partial update of ${this.#name} has ${why}.`,
      { place: { table: this.#name } },
    );
  }
}

function jsonPrefix(length: number): Buffer {
  const prefix = Buffer.alloc(JSON_PREFIX);
  prefix.writeUInt32LE(length);
  return prefix;
}
