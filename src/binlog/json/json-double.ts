/** Up to how many digits before the point, and zeros after it, MySQL writes no exponent. */
const MOST_WHOLE_DIGITS = 15;
const MOST_LEADING_ZEROS = 14;

/**
 * A double as MySQL prints it inside JSON: the shortest digits that read back as the same double, in
 * plain notation from 1e-15 to below 1e15 and with an exponent beyond. A whole number keeps a `.0`,
 * as MySQL 8 prints it, so that it stays a double when it is read again (5.7 prints `1` for `1.0`).
 * Source: MySQL strings/dtoa.cc, my_gcvt(); sql-common/json_dom.cc.
 */
export function formatJsonDouble(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  if (point < -MOST_LEADING_ZEROS || (point > MOST_WHOLE_DIGITS && digits.length <= point)) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits.slice(0, 1)}${fraction}e${point - 1}`;
  }
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
}
