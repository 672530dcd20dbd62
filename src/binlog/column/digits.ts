/*
 * Decimal digits. Rows have many of them, and a number of many digits is rarely met again, so they are put together from
 * the texts of all numbers of up to three digits: String() costs three times as much, `padStart` more than the digits.
 */

const THOUSAND = 1000;
/** From here on a number has more than nine digits, or does not fit 32 bits. */
const BILLION = 1_000_000_000;

const numbersOf = (digits: number, before: string): readonly string[] =>
  Array.from({ length: 10 ** digits }, (_, i) => before + String(i).padStart(digits, '0'));

/** '0' to '999'. */
const SHORT: readonly string[] = Array.from({ length: THOUSAND }, (_, i) => String(i));
/** '00' to '99'. */
const TWO = numbersOf(2, '');
const THREE = numbersOf(3, '');
/** By how many digits there are. */
const PADDED: readonly (readonly string[])[] = [[], numbersOf(1, ''), TWO, THREE];
/** The same behind a point. */
const FRACTIONS: readonly (readonly string[])[] = [
  [''],
  numbersOf(1, '.'),
  numbersOf(2, '.'),
  numbersOf(3, '.'),
];

export function pair(value: number): string {
  return TWO[value] ?? String(value);
}

/** An integer without zeros in front. */
export function integerText(value: number): string {
  if (value < THOUSAND) return SHORT[value] ?? String(value);
  if (value >= BILLION) return String(value);
  const thousands = Math.floor(value / THOUSAND);
  const last = THREE[value - thousands * THOUSAND] ?? '';
  if (thousands < THOUSAND) return (SHORT[thousands] ?? '') + last;
  const millions = Math.floor(thousands / THOUSAND);
  return (SHORT[millions] ?? '') + (THREE[thousands - millions * THOUSAND] ?? '') + last;
}

/** At least `digits` of them, up to nine. */
export function padded(value: number, digits: number): string {
  if (digits <= 3) return PADDED[digits]?.[value] ?? String(value);
  if (value >= BILLION) return String(value);
  return digits <= 6
    ? paddedThousands(value, digits)
    : paddedThousands(Math.floor(value / THOUSAND), digits - 3) + (THREE[value % THOUSAND] ?? '');
}

/** Four to six digits. */
function paddedThousands(value: number, digits: number): string {
  const thousands = Math.floor(value / THOUSAND);
  const first = PADDED[digits - 3]?.[thousands] ?? integerText(thousands);
  return first + (THREE[value - thousands * THOUSAND] ?? '');
}

/** `.` and `digits` digits of a fraction given in units of its last digit; nothing for no digits. */
export function fractionText(fraction: number, digits: number): string {
  return FRACTIONS[digits]?.[fraction] ?? (digits === 0 ? '' : `.${padded(fraction, digits)}`);
}
