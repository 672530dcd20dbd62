/*
 * Decimal digits with zeros in front. Rows have many of them: looked up where there are few, and put together
 * without `padStart`, which costs more than the digits.
 */

/** '00' to '99'. */
const PAIRS: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const ZEROS: readonly string[] = Array.from({ length: 10 }, (_, i) => '0'.repeat(i));

export function pair(value: number): string {
  return PAIRS[value] ?? String(value);
}

/** At least `digits` of them, up to nine. */
export function padded(value: number, digits: number): string {
  if (digits === 2) return pair(value);
  const text = String(value);
  return text.length < digits ? (ZEROS[digits - text.length] ?? '') + text : text;
}
