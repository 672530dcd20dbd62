import type { TableMap } from './table-map.ts';

/**
 * A value as text-based consumers see it (messages, error texts). Exact: DECIMAL, temporal values and
 * JSON as the server's own text; text columns decoded to Unicode; binary, BIT > 53 bits, geometry as bytes.
 *
 * tinyint…int, bigint within ±2^53, year, bit ≤ 53: number. bigint beyond: bigint. float, double: number.
 * enum: its label (index 0: ''), set: labels joined by ','. vector, geometry, binary: bytes.
 */
export type ColumnValue = string | number | bigint | Uint8Array | null;

/** One row image by column index. undefined: not in the image (MINIMAL, NOBLOB); null: SQL NULL. */
export type RowImage = readonly (ColumnValue | undefined)[];

/** The bytes of some columns as a Map key: equal keys, equal bytes. A number when it is one small integer. */
export type RowKey = string | number;

/**
 * Receives one row image column by column, in column order, straight from its bytes. `column` is an
 * index into `Table.columns`. Nothing is allocated for it but what its arguments are; offsets are
 * valid during the call only.
 */
export interface RowVisitor {
  /** Not in the image. */
  absent(column: number): void;
  null(column: number): void;
  /** tinyint…int, bigint within ±2^53, year, enum (its index), bit and set up to 53 bits. */
  integer(column: number, value: number): void;
  /** bigint beyond ±2^53; bit and set beyond 53 bits (unsigned). */
  bigint(column: number, value: bigint): void;
  /** float: `value` is the double of the float32; its shortest float32 text is `formatFloat32(value)`. */
  float(column: number, value: number): void;
  double(column: number, value: number): void;
  /** decimal, date, time, datetime, timestamp (UTC), uuid, inet4, inet6: the server's text, ASCII. */
  ascii(column: number, value: string): void;
  /** json: the document as exact JSON text, or changes of one that is not in the image: see json-changes.ts. */
  json(column: number, value: string): void;
  /**
   * Text in the column's own character set, binary strings, blobs, geometry (4 bytes SRID + WKB),
   * vector: `bytes[start..end)`. BINARY(n) is already padded, COMPRESSED columns inflated.
   */
  bytes(column: number, bytes: Buffer, start: number, end: number): void;
}

/**
 * How images stand in the bytes of their event, for a target that reads the same format: image `row` is
 * `bytes[startOf(row)..endOf(row))`, all columns of the table map present.
 */
export interface WireImages {
  readonly tableMap: TableMap;
  readonly bytes: Buffer;
  startOf(row: number): number;
  endOf(row: number): number;
  /** undefined: one of the first `count` columns may be NULL. */
  leadOf(count: number): ImageLead | undefined;
}

/** Where the values of the first columns stand in an image that begins at `at`. */
export interface ImageLead {
  startOf(at: number): number;
  endOf(bytes: Buffer, at: number): number;
}

/** The before or the after images of one rows event. Bytes are kept; values are decoded when asked for. */
export interface RowImages {
  readonly length: number;
  /** One flag a column: is it in these images? */
  readonly present: readonly boolean[];
  /** True when every column is present: MINIMAL and NOBLOB images have gaps. */
  readonly isFull: boolean;
  at(row: number): RowImage;
  visit(row: number, visitor: RowVisitor): void;
  /**
   * A function from row number to the key made of these columns, compiled and cached per column list.
   * Throws when a column is not present. NULLs are told apart from every value.
   */
  keyOf(columns: readonly number[]): (row: number) => RowKey;
  /** True when any of these columns is NULL in that row. */
  hasNull(row: number, columns: readonly number[]): boolean;
  /** Bytes of that row's image in the event. */
  byteLength(row: number): number;
  /** undefined: they are not as the source wrote them, or lack columns. */
  readonly wire?: WireImages | undefined;
}
