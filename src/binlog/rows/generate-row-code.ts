import type { ColumnLayout } from '../column/column-layout.ts';
import { KEY_NULL, KEY_VALUE, type RowShape, type ShapeColumn } from './row-code.ts';

/*
 * Source text of row code. `b` bytes, `p` position, `v` visitor, `n0…` bytes of the NULL bitmap, `h`
 * helpers. Only integers and names from our own tables are put into it.
 */

/** The high half of a 64-bit integer that stays within ±2^53. */
const HIGH_LIMIT = 0x20_0000;

/** `return { skip, visit }`. */
export function rowSource(shape: RowShape): string {
  return `return {
skip(b, p) {${readNulls(shape)}${shape.columns.map(skipColumn).join('\n')}
return p;},
visit(b, p, v) {${readNulls(shape)}${shape.columns.map(visitColumn).join('\n')}
}};`;
}

export function readNulls(shape: RowShape): string {
  const reads = Array.from({ length: shape.nullBytes }, (_, i) => `n${i} = b[p + ${i}]`);
  return reads.length === 0 ? '' : `const ${reads.join(', ')};\np += ${shape.nullBytes};\n`;
}

export function isNull({ nullBit }: ShapeColumn): string {
  return `(n${nullBit >> 3} & ${1 << (nullBit & 7)})`;
}

/** The length of a value from its prefix. */
export function prefixedLength(prefix: number): string {
  const low = ['b[p]', 'b[p + 1] << 8', 'b[p + 2] << 16'].slice(0, prefix).join(' | ');
  return prefix === 4 ? `((${low}) + b[p + 3] * 16777216)` : `(${low})`;
}

function advance(layout: ColumnLayout): string {
  if ('fixed' in layout) return `p += ${layout.fixed};`;
  return `p += ${layout.prefix} + ${prefixedLength(layout.prefix)};`;
}

export function skipColumn(column: ShapeColumn): string {
  return column.nullBit < 0 ? '' : `if (${isNull(column)} === 0) { ${advance(column.layout)} }`;
}

function visitColumn(column: ShapeColumn): string {
  if (column.isHidden) return skipColumn(column);
  if (column.nullBit < 0) return `v.absent(${column.column});`;
  return `if (${isNull(column)} !== 0) v.null(${column.column});
else { ${visitValue(column)} }`;
}

function visitValue({ column, layout }: ShapeColumn): string {
  switch (layout.kind) {
    case 'integer':
      return `${visitInteger(column, layout.fixed, layout.isUnsigned)} p += ${layout.fixed};`;
    case 'bit':
      return `${visitBit(column, layout.fixed)} p += ${layout.fixed};`;
    case 'year':
      return `v.integer(${column}, ${YEAR}); p += 1;`;
    case 'float':
    case 'double':
      return `v.${layout.kind}(${column}, h.${layout.kind}(b, p)); p += ${layout.fixed};`;
    case 'text':
      return `v.ascii(${column}, h.${layout.reader}(b, p, ${layout.argument})); p += ${layout.fixed};`;
    case 'bytes':
    case 'json':
    case 'fixed-binary':
    case 'inflated':
    case 'padded':
      return `const s = p + ${layout.prefix}, e = s + ${prefixedLength(layout.prefix)};
${visitLong(column, layout)} p = e;`;
  }
}

export type LongLayout = Extract<ColumnLayout, { prefix: number }>;

/** The value stands from `s` to `e`. */
function visitLong(column: number, layout: LongLayout): string {
  switch (layout.kind) {
    case 'bytes':
      return `v.bytes(${column}, b, s, e);`;
    case 'json':
      return `v.json(${column}, h.json(b, s, e));`;
    case 'fixed-binary':
      return `v.ascii(${column}, h.${layout.reader}(b, s, e));`;
    case 'inflated':
      return `const w = h.inflate(b, s, e); v.bytes(${column}, w, 0, w.length);`;
    case 'padded':
      return `if (e - s >= ${layout.length}) v.bytes(${column}, b, s, e);
else { const w = h.pad(b, s, e, ${layout.length}); v.bytes(${column}, w, 0, w.length); }`;
  }
}

export const YEAR = 'b[p] === 0 ? 0 : 1900 + b[p]';

export const UNSIGNED: Readonly<Record<number, string>> = {
  1: 'b[p]',
  2: '(b[p] | b[p + 1] << 8)',
  3: '(b[p] | b[p + 1] << 8 | b[p + 2] << 16)',
  4: '((b[p] | b[p + 1] << 8 | b[p + 2] << 16 | b[p + 3] << 24) >>> 0)',
};
export const SIGNED: Readonly<Record<number, string>> = {
  1: '(b[p] << 24 >> 24)',
  2: '((b[p] | b[p + 1] << 8) << 16 >> 16)',
  3: '((b[p] | b[p + 1] << 8 | b[p + 2] << 16) << 8 >> 8)',
  4: '(b[p] | b[p + 1] << 8 | b[p + 2] << 16 | b[p + 3] << 24)',
};

/** Declares `l` and `g`, the low and high half of the 8 bytes at p. */
export function readHalves(isUnsigned: boolean): string {
  return `const l = ${UNSIGNED[4] ?? ''}, g = (b[p + 4] | b[p + 5] << 8 | b[p + 6] << 16 | b[p + 7] << 24)${isUnsigned ? ' >>> 0' : ''};`;
}

export function isSmall(isUnsigned: boolean): string {
  return isUnsigned ? `g < ${HIGH_LIMIT}` : `g >= -${HIGH_LIMIT} && g < ${HIGH_LIMIT}`;
}

function visitInteger(column: number, fixed: number, isUnsigned: boolean): string {
  const small = (isUnsigned ? UNSIGNED : SIGNED)[fixed];
  if (small !== undefined) return `v.integer(${column}, ${small});`;
  return `${readHalves(isUnsigned)}
if (${isSmall(isUnsigned)}) v.integer(${column}, g * 4294967296 + l);
else v.bigint(${column}, h.${isUnsigned ? 'bigUint' : 'bigInt'}(b, p));`;
}

/** Up to so many bytes of a BIT value are exact as a number whatever they are. */
export const SHORT_BIT = 6;

/** Big endian, from the front. */
export function readShortBit(fixed: number): string {
  const terms = Array.from({ length: fixed }, (_, i) => `b[p + ${i}] * ${256 ** (fixed - 1 - i)}`);
  return terms.join(' + ');
}

function visitBit(column: number, fixed: number): string {
  if (fixed <= SHORT_BIT) return `v.integer(${column}, ${readShortBit(fixed)});`;
  return `const w = h.wideBit(b, p, ${fixed});
if (w < 9007199254740992n) v.integer(${column}, Number(w)); else v.bigint(${column}, w);`;
}

/** `return (bytes, at) => key`: see the keys' form in row-code.ts. */
export function keySource(shape: RowShape, columns: readonly number[]): string {
  const lastBit = Math.max(...columns.map((column) => shape.columns[column]?.nullBit ?? -1));
  const steps = shape.columns
    .filter(({ nullBit }) => nullBit >= 0 && nullBit <= lastBit)
    .map((column) => {
      if (!columns.includes(column.column)) return skipColumn(column);
      const { column: c } = column;
      return `const s${c} = p; ${skipColumn(column)} const e${c} = p;`;
    });
  const [only] = columns;
  const single = columns.length === 1 && only !== undefined ? shape.columns[only] : undefined;
  const isInteger = single?.layout.kind === 'integer';
  const parts = columns.map((column) => keyPart(shape, column));
  const key = isInteger
    ? singleInteger(single, single.layout.fixed)
    : `return ${parts.join(' + ')};`;
  return `return function (b, p) {${readNulls(shape)}${steps.join('\n')}\n${key}};`;
}

function keyPart(shape: RowShape, index: number): string {
  const column = shape.columns[index];
  const slice = `b.latin1Slice(s${index}, e${index})`;
  if (column?.isNullable !== true) return slice;
  return `(${isNull(column)} !== 0 ? '${KEY_NULL}' : '${KEY_VALUE}' + ${slice})`;
}

function singleInteger(column: ShapeColumn, fixed: number): string {
  const { layout } = column;
  const isUnsigned = layout.kind === 'integer' && layout.isUnsigned;
  const toStart = `if (${isNull(column)} !== 0) return '${KEY_NULL}'; p = s${column.column};`;
  const small = (isUnsigned ? UNSIGNED : SIGNED)[fixed];
  if (small !== undefined) return `${toStart} return ${small};`;
  return `${toStart} ${readHalves(isUnsigned)}
return ${isSmall(isUnsigned)} ? g * 4294967296 + l : b.latin1Slice(p, p + 8);`;
}
