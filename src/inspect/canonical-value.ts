import { canonicalJson } from './canonical-json.ts';

/** What the bytes of a fetched value mean. */
export const VALUE_KINDS = [
  'integer',
  'decimal',
  'float',
  'double',
  'temporal',
  'ascii',
  'json',
  'text',
  'bytes',
] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** A row as it was fetched: the bytes of each column of the pair; null: SQL NULL. */
export type FetchedRow = readonly (Buffer | null)[];

/**
 * One text for each value, the same whichever server printed it: 1.50 and 1.5 of DECIMAL columns of
 * different scale, JSON with its keys in another order. undefined: NULL.
 */
export function canonicalValue(kind: ValueKind, bytes: Buffer | null): string | undefined {
  if (bytes === null) return undefined;
  switch (kind) {
    case 'integer':
      return bytes.latin1Slice();
    case 'decimal':
      return canonicalDecimal(bytes.latin1Slice());
    case 'float':
      return canonicalNumber(Math.fround(Number(bytes.latin1Slice())));
    case 'double':
      return canonicalNumber(Number(bytes.latin1Slice()));
    case 'temporal':
      return withoutZeros(bytes.latin1Slice());
    case 'ascii':
      return bytes.latin1Slice().toLowerCase();
    case 'json':
      return canonicalJson(bytes.toString('utf8'));
    case 'text':
    case 'bytes':
      // Text by its bytes too: a collation would call different things equal.
      return bytes.latin1Slice();
  }
}

/** The values of a row in one text: equal rows, equal texts. */
export function canonicalRow(kinds: readonly ValueKind[], row: FetchedRow): string {
  let text = '';
  for (const [index, kind] of kinds.entries()) {
    const value = canonicalValue(kind, row[index] ?? null);
    text += value === undefined ? '-;' : `${value.length}:${value};`;
  }
  return text;
}

function canonicalNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function canonicalDecimal(text: string): string {
  const match = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return digits === '0' ? digits : sign + digits;
}

/** `12:00:00.500` → `12:00:00.5`; without a fraction as it is. */
function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
