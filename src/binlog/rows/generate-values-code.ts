import { NUMBER_BITS } from '../../core/column-values.ts';
import type { Column, Table } from '../../core/table.ts';
import {
  isNull,
  isSmall,
  type LongLayout,
  prefixedLength,
  readHalves,
  readNulls,
  readShortBit,
  SHORT_BIT,
  SIGNED,
  skipColumn,
  UNSIGNED,
  YEAR,
} from './generate-row-code.ts';
import type { RowShape, ShapeColumn } from './row-code.ts';

/*
 * Source text of what makes all values of a row image at once: see ValueCollector for what they are. As in
 * generate-row-code.ts, and `t` the table, `c0…` its columns, `x` the event's text, `v0…` the values. What a server
 * sent (labels, names, character sets) is reached through `t`, and never put into the source.
 */

/** `return (bytes, at, text) => values`. */
export function valuesSource(shape: RowShape, table: Table): string {
  const columns = shape.columns.map((column) => ({
    ...column,
    definition: table.columns[column.column] as Column,
  }));
  const definitions = columns.map(({ column }) => `const c${column} = t.columns[${column}];`);
  return `${definitions.join('\n')}
return function (b, p, x) {${readNulls(shape)}${columns.map(readColumn).join('\n')}
return [${columns.map(({ column }) => `v${column}`).join(', ')}];};`;
}

interface ValueColumn extends ShapeColumn {
  readonly definition: Column;
}

function readColumn(column: ValueColumn): string {
  const value = `v${column.column}`;
  if (column.isHidden) return `let ${value}; ${skipColumn(column)}`;
  if (column.nullBit < 0) return `const ${value} = undefined;`;
  return `let ${value} = null;
if (${isNull(column)} === 0) { ${readValue(column, value)} }`;
}

function readValue(column: ValueColumn, v: string): string {
  const { layout } = column;
  switch (layout.kind) {
    case 'integer':
      return `${readInteger(column, layout.fixed, v)} p += ${layout.fixed};`;
    case 'bit':
      return `${v} = ${bitValue(layout.fixed, layout.bits)}; p += ${layout.fixed};`;
    case 'year':
      return `${v} = ${YEAR}; p += 1;`;
    case 'float':
    case 'double':
      return `${v} = h.${layout.kind}(b, p); p += ${layout.fixed};`;
    case 'text':
      return `${v} = h.${layout.reader}(b, p, ${layout.argument}); p += ${layout.fixed};`;
    case 'bytes':
    case 'json':
    case 'fixed-binary':
    case 'inflated':
    case 'padded':
      return `const s = p + ${layout.prefix}, e = s + ${prefixedLength(layout.prefix)};
${v} = ${longValue(column, layout)}; p = e;`;
  }
}

function readInteger({ column, layout, definition }: ValueColumn, fixed: number, v: string) {
  const isUnsigned = layout.kind === 'integer' && layout.isUnsigned;
  const meant = (value: string): string => {
    if (definition.type === 'enum') return `h.enumLabel(t, c${column}, ${value})`;
    return definition.type === 'set' ? `h.setLabels(t, c${column}, ${value})` : value;
  };
  const small = (isUnsigned ? UNSIGNED : SIGNED)[fixed];
  if (small !== undefined) return `${v} = ${meant(small)};`;
  const wide = `h.${isUnsigned ? 'bigUint' : 'bigInt'}(b, p)`;
  return `${readHalves(isUnsigned)}
${v} = ${isSmall(isUnsigned)} ? ${meant('g * 4294967296 + l')} : ${definition.type === 'set' ? meant(wide) : wide};`;
}

function bitValue(fixed: number, bits: number): string {
  const isShort = bits <= NUMBER_BITS && fixed <= SHORT_BIT;
  return isShort ? readShortBit(fixed) : `h.wideBits(b, p, ${bits})`;
}

/** The value stands from `s` to `e`. */
function longValue({ column, definition }: ValueColumn, layout: LongLayout): string {
  switch (layout.kind) {
    case 'bytes':
      return bytesValue(column, definition);
    case 'json':
      return `h.wholeDocument(t, c${column}, h.json(b, s, e))`;
    case 'fixed-binary':
      return `h.${layout.reader}(b, s, e)`;
    case 'inflated':
      return `h.wholeBytes(c${column}, h.inflate(b, s, e))`;
    case 'padded':
      return `e - s >= ${layout.length} ? ${bytesValue(column, definition)}
: h.wholeBytes(c${column}, h.pad(b, s, e, ${layout.length}))`;
  }
}

const TEXT_OF: ReadonlyMap<string | undefined, string> = new Map([
  ['utf8mb4', 'h.utf8(x, b, s, e)'],
  ['utf8mb3', 'h.utf8(x, b, s, e)'],
  ['latin1', 'h.latin1(x, b, s, e)'],
  ['ascii', 'h.ascii(x, b, s, e)'],
  [undefined, 'b.subarray(s, e)'],
]);

function bytesValue(column: number, { charset }: Column): string {
  return TEXT_OF.get(charset) ?? `h.bytes(c${column}, b, s, e)`;
}
