import type { Column, ColumnType } from '../../core/table.ts';
import type { BoundColumn } from './table-binding.ts';
import { valueFit, type ValueFit } from './value-fit.ts';

/** How the values of one column become literals; made once for each bound column. */
export interface LiteralForm {
  /** What comes before the quoted bytes of a value that is stored: `'`, `_binary'`, `_gbk'`. */
  readonly storeLead: Buffer;
  /** The same for a value that is compared as text, by the column's collation. */
  readonly compareLead: Buffer;
  /** Decimals stand without quotes: quoted they would be compared as doubles. */
  readonly isBareText: boolean;
  /** UCS-2 has no introducer that newer servers take without a warning: compared as UTF-8. */
  readonly isComparedAsUtf8: boolean;
  /** Source ENUM index (or SET bit) → target's; undefined: numbers stand as they are. */
  readonly labels: LabelMap | undefined;
  /** MySQL's JSON type, which makes doubles of decimals in a text. */
  readonly isJson: boolean;
  /** Writing index 0 of an ENUM always gives one warning. */
  readonly isEnum: boolean;
  /** A FLOAT in a text column: its own shortest text, not that of the double. */
  readonly isFloatText: boolean;
  /** undefined: the target keeps or warns. */
  readonly fit: ValueFit | undefined;
}

export interface LabelMap {
  /** By source index (ENUM: from 1, SET: bit number): the target's, or undefined when it has no such label. */
  readonly numbers: readonly (number | undefined)[];
  /** The source's labels by the same index. */
  readonly texts: readonly string[];
  readonly isSet: boolean;
  /** The target column is no ENUM or SET at all: the text is written. */
  readonly isText: boolean;
}

const UTF8_FAMILY: ReadonlySet<string> = new Set(['utf8mb4', 'utf8mb3', 'ascii']);

/** Character sets whose mention MySQL 8+ calls deprecated, with one warning each. */
export const NOISY_CHARSETS: ReadonlySet<string> = new Set([
  'ucs2',
  'macroman',
  'macce',
  'dec8',
  'hp8',
]);

/** Text in this character set, written as it is, is UTF-8 text. */
export function isUtf8(charset: string | undefined): boolean {
  return charset !== undefined && UTF8_FAMILY.has(charset);
}

/** Storing into a column of the same character set copies the bytes, so an introducer `binary` is exact. */
function storeLead(source: Column, targetCharset: string | undefined): string {
  if (source.charset === undefined) return '_binary';
  if (isUtf8(source.charset)) return '';
  return source.charset === targetCharset ? '_binary' : `_${source.charset}`;
}

function compareLead(source: Column): string {
  if (source.charset === undefined) return '_binary';
  return isUtf8(source.charset) || source.charset === 'ucs2' ? '' : `_${source.charset}`;
}

export function literalForm(bound: BoundColumn): LiteralForm {
  const { source, target } = bound;
  return {
    storeLead: Buffer.from(`${storeLead(source, target.charset)}'`),
    compareLead: Buffer.from(`${compareLead(source)}'`),
    isBareText: source.type === 'decimal',
    isComparedAsUtf8: source.charset === 'ucs2' && !isBinaryTarget(target.dataType),
    labels: labelMap(source, target),
    isJson: target.dataType === 'json',
    isEnum: source.type === 'enum' && target.dataType === 'enum',
    isFloatText: source.type === 'float' && target.charset !== undefined,
    fit: valueFit(bound),
  };
}

function isBinaryTarget(dataType: string): boolean {
  return dataType.endsWith('binary') || dataType.endsWith('blob');
}

const LABELLED: ReadonlySet<ColumnType> = new Set(['enum', 'set']);

/** Indexes stand for labels: they are taken over only where both sides number the labels alike. */
function labelMap(source: Column, target: BoundColumn['target']): LabelMap | undefined {
  if (!LABELLED.has(source.type) || source.labels === undefined) return undefined;
  const isSet = source.type === 'set';
  const isText = target.dataType !== source.type;
  const targetLabels = isText ? undefined : target.labels;
  const numbers = source.labels.map((label) => targetLabels?.indexOf(label) ?? -1);
  const isSame = numbers.every((number, index) => number === index);
  if (isSame || (!isText && source.columnType === target.columnType)) return undefined;
  const known = numbers.map((number) => (number === -1 ? undefined : number));
  return isSet
    ? { numbers: known, texts: source.labels, isSet, isText }
    : {
        numbers: [0, ...known.map((number) => (number === undefined ? undefined : number + 1))],
        texts: ['', ...source.labels],
        isSet,
        isText,
      };
}

/** The target's number for a source's ENUM index or SET mask; undefined: only the text says it. */
export function mapLabelNumber(map: LabelMap, value: bigint): bigint | undefined {
  if (map.isText) return undefined;
  if (!map.isSet) {
    const number = map.numbers[Number(value)];
    return number === undefined ? undefined : BigInt(number);
  }
  let mask = 0n;
  for (const bit of setBits(value)) {
    const number = map.numbers[bit];
    if (number === undefined) return undefined;
    mask |= 1n << BigInt(number);
  }
  return mask;
}

/** The labels as text: a target that lacks one then refuses the value by a warning. */
export function labelText(map: LabelMap, value: bigint): string {
  if (!map.isSet) return map.texts[Number(value)] ?? '';
  return setBits(value)
    .map((bit) => map.texts[bit] ?? '')
    .join(',');
}

function setBits(mask: bigint): readonly number[] {
  const bits: number[] = [];
  for (let bit = 0; bit < 64; bit++) if ((mask >> BigInt(bit)) & 1n) bits.push(bit);
  return bits;
}
