import {
  bitBytes,
  bytesValue,
  enumLabel,
  NUMBER_BITS,
  setLabels,
  wholeDocument,
} from '../../core/column-values.ts';
import type { ColumnValue } from '../../core/row.ts';
import type { Column, Table } from '../../core/table.ts';
import { ValueCollector } from '../../core/value-collector.ts';
import {
  canGenerateCode,
  compile,
  MOST_COLUMNS,
  MOST_SHAPES,
  READERS,
  readWideBit,
} from './compile-code.ts';
import { asciiText, type EventText, latin1Text, utf8Text } from './event-text.ts';
import { valuesSource } from './generate-values-code.ts';
import type { RowCode, RowShape } from './row-code.ts';

/** All values of the row image at `at`. */
export type ValuesReader = (
  bytes: Buffer,
  at: number,
  text: EventText | undefined,
) => (ColumnValue | undefined)[];

const HELPERS = {
  ...READERS,
  enumLabel,
  setLabels,
  wholeDocument,
  bytes: bytesValue,
  wholeBytes: (column: Column, bytes: Buffer) => bytesValue(column, bytes, 0, bytes.length),
  wideBits,
  utf8: utf8Text,
  latin1: latin1Text,
  ascii: asciiText,
} as const;

/** A BIT value that may not fit a number; see ValueCollector. */
function wideBits(bytes: Buffer, at: number, bits: number): number | Buffer {
  const value = readWideBit(bytes, at, (bits + 7) >> 3);
  const isNumber = bits <= NUMBER_BITS && value <= Number.MAX_SAFE_INTEGER;
  return isNumber ? Number(value) : bitBytes(bits, value);
}

type MakeReader = (helpers: typeof HELPERS, table: Table) => ValuesReader;

const makers = new Map<string, MakeReader>();

/** Tables whose columns are read alike share the compiled code. */
export function compileValuesReader(shape: RowShape, table: Table): ValuesReader {
  const source = valuesSource(shape, table);
  let make = makers.get(source);
  if (make === undefined) {
    make = compile('h, t', source) as MakeReader;
    if (makers.size >= MOST_SHAPES) makers.clear();
    makers.set(source, make);
  }
  return make(HELPERS, table);
}

/** The same by way of a visitor, where no code can be compiled. */
export function plainValuesReader(shape: RowShape, code: RowCode, table: Table): ValuesReader {
  const bits = shape.columns.map(({ layout }) => (layout.kind === 'bit' ? layout.bits : 0));
  return (bytes, at) => {
    const collector = new ValueCollector(table, bits);
    code.visit(bytes, at, collector);
    return collector.take();
  };
}

export function valuesReaderOf(shape: RowShape, code: RowCode, table: Table): ValuesReader {
  const isPlain = !canGenerateCode || shape.columns.length > MOST_COLUMNS;
  return isPlain ? plainValuesReader(shape, code, table) : compileValuesReader(shape, table);
}
