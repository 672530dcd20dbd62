import type { RowKey, RowVisitor } from '../../core/row.ts';
import type { ColumnLayout } from '../column/column-layout.ts';

/** The key of the row image at `at`. */
export type RowKeyReader = (bytes: Buffer, at: number) => RowKey;

/**
 * Reads row images of one shape: the columns that are there and how each stands in the bytes.
 *
 *   (present columns + 7) / 8 bytes: one bit for each present column, lowest first: 1 is NULL
 *   the values of the present columns that are not NULL, one after the other
 *
 * `skip` says where the image at `at` ends, whatever the bytes are: the caller compares it with the end
 * of the event. The others are called only for images that passed that.
 */
export interface RowCode {
  skip(bytes: Buffer, at: number): number;
  visit(bytes: Buffer, at: number, visitor: RowVisitor): void;
  /** `columns` are present in this shape. */
  keyReader(columns: readonly number[]): RowKeyReader;
}

/** A column of a shape. */
export interface ShapeColumn {
  /** Index in the table. */
  readonly column: number;
  readonly layout: ColumnLayout;
  readonly isNullable: boolean;
  /** Hidden columns are passed over. */
  readonly isHidden: boolean;
  /** Index of its NULL bit; -1: not in the image. */
  readonly nullBit: number;
}

export interface RowShape {
  readonly columns: readonly ShapeColumn[];
  /** Bytes of the NULL bitmap. */
  readonly nullBytes: number;
  /** Equal text, equal shape. */
  readonly signature: string;
}

/*
 * Keys. One integer column: its number; beyond 2^53 its 8 bytes. Otherwise the bytes of the columns as
 * they stand, length prefixes included, as a latin1 string, behind a letter where the column can be
 * NULL. NULL is a letter of its own.
 */
export const KEY_NULL = 'n';
export const KEY_VALUE = 'v';
