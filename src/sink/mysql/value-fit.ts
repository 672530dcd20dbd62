import { TailraceError } from '../../core/errors.ts';
import { INTEGER_TYPES } from '../../core/table.ts';
import type { BoundColumn } from './table-binding.ts';

/**
 * What a target column of another type would change without a word: no server warns when it rounds a time or a
 * number, drops the spaces at a text's end or fills up a binary string. Each says whether the value stays as it is.
 */
export interface ValueFit {
  readonly ascii?: (value: string) => boolean;
  readonly double?: (value: number) => boolean;
  readonly integer?: (value: number | bigint) => boolean;
  readonly bytes?: (bytes: Buffer, start: number, end: number) => boolean;
  readonly refuse: (shown: string) => TailraceError;
}

const TIMES: ReadonlySet<string> = new Set(['time', 'datetime', 'timestamp']);
/** Types whose values may have something behind the point. */
const FRACTIONAL: ReadonlySet<string> = new Set(['float', 'double', 'decimal', ...TIMES]);
const WIDE_CHARSETS: ReadonlySet<string> = new Set(['ucs2', 'utf16', 'utf32']);
const SPACE = 0x20;

/** undefined: the target keeps every value as it is, or warns. */
export function valueFit(bound: BoundColumn): ValueFit | undefined {
  const { source, target } = bound;
  if (source.columnType === target.columnType) return undefined;
  const refuse = (shown: string): TailraceError => refusal(bound, shown);
  const tests = testsOf(bound);
  return tests && { ...tests, refuse };
}

function testsOf({ source, target }: BoundColumn): Omit<ValueFit, 'refuse'> | undefined {
  const { dataType } = target;
  if (TIMES.has(dataType)) {
    const digits = sizeOf(target.columnType) ?? 0;
    return digits >= (source.scale ?? 0)
      ? undefined
      : { ascii: (text) => hasFraction(text, digits) };
  }
  if (INTEGER_TYPES.has(dataType)) {
    return FRACTIONAL.has(source.type) ? { double: Number.isInteger, ascii: isWhole } : undefined;
  }
  if (dataType === 'float' && source.type !== 'float') {
    return { double: (value) => Math.fround(value) === value, integer: isExact(Math.fround) };
  }
  if (dataType === 'double') return { integer: isExact((value) => value) };
  return paddingTests({ source, target });
}

function paddingTests({
  source,
  target,
}: Pick<BoundColumn, 'source' | 'target'>): Omit<ValueFit, 'refuse'> | undefined {
  const { dataType } = target;
  if (dataType === 'char' && source.type !== 'char') {
    return { bytes: endsWithoutSpace(source.charset) };
  }
  const length = sizeOf(target.columnType);
  return dataType === 'binary' ? { bytes: (_, start, end) => end - start === length } : undefined;
}

/** The first number in brackets: `datetime(3)`, `binary(16)`. */
function sizeOf(columnType: string): number | undefined {
  const text = /^\w+\((\d+)\)/.exec(columnType)?.[1];
  return text === undefined ? undefined : Number(text);
}

/** Only zeros behind so many digits. */
function hasFraction(text: string, digits: number): boolean {
  const point = text.indexOf('.');
  return point < 0 || /^0*$/.test(text.slice(point + 1 + digits));
}

/** Of a decimal; a time is none. */
function isWhole(text: string): boolean {
  return hasFraction(text, 0);
}

function isExact(stored: (value: number) => number): (value: number | bigint) => boolean {
  return (value) => BigInt(stored(Number(value))) === BigInt(value);
}

function endsWithoutSpace(charset: string | undefined): NonNullable<ValueFit['bytes']> {
  const isWide = charset !== undefined && WIDE_CHARSETS.has(charset);
  return (bytes, start, end) =>
    end === start || bytes[end - 1] !== SPACE || (isWide && bytes[end - 2] !== 0);
}

function refusal({ source, target }: BoundColumn, shown: string): TailraceError {
  return new TailraceError(
    'TARGET_VALUE_REFUSED',
    `the target's column ${target.name}, ${target.columnType}, would change ${shown} without a warning; on the source it is ${source.columnType}`,
    {
      place: { column: target.name },
      next: 'Give the column the type that it has on the source, or list it in drop_columns of [[task.table]].',
    },
  );
}
