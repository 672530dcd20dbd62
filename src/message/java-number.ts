import { formatFloat32 } from '../lib/float32.ts';

/*
 * Numbers as Java prints them, because the formats were made there:
 *
 * Float/Double.toString   10⁻³ ≤ |x| < 10⁷: plain with at least one decimal (3.0); else 1.0E10, 1.5E-4
 * BigDecimal.toString     plain while scale ≥ 0 and the exponent of the first digit ≥ -6; else 0E-7, 1.50E-8
 *
 * Source: the Java API documentation of these methods.
 */

/** Shortest text of a float32, given as a double. */
export function javaFloat(value: number): string {
  return relayout(formatFloat32(value));
}

export function javaDouble(value: number): string {
  return relayout(Object.is(value, -0) ? '-0' : String(value));
}

/** From the shortest digits as JavaScript lays them out. */
function relayout(text: string): string {
  const negative = text.startsWith('-') ? '-' : '';
  const { digits, pointAt } = digitsOf(negative === '' ? text : text.slice(1));
  if (digits === '0') return `${negative}0.0`;
  // pointAt: digits before the decimal point; 1 for 1.5, -2 for 0.0015.
  const isPlain = pointAt > -3 && pointAt <= 7;
  if (!isPlain) {
    return `${negative}${digits[0] ?? ''}.${digits.slice(1) || '0'}E${pointAt - 1}`;
  }
  if (pointAt <= 0) return `${negative}0.${'0'.repeat(-pointAt)}${digits}`;
  const whole = digits.slice(0, pointAt).padEnd(pointAt, '0');
  return `${negative}${whole}.${digits.slice(pointAt) || '0'}`;
}

/** Significant digits without zeros at the ends, and where the point stands. */
function digitsOf(text: string): { digits: string; pointAt: number } {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const all = `${whole}${fraction}`;
  const leadingZeros = /^0*/.exec(all)?.[0].length ?? 0;
  const digits = all.slice(leadingZeros).replace(/0+$/, '');
  if (digits === '') return { digits: '0', pointAt: 1 };
  return { digits, pointAt: whole.length - leadingZeros + Number(exponent) };
}

const PLAIN_LIMIT = -6;

/** A DECIMAL's text, trailing zeros kept. */
export function javaBigDecimal(text: string): string {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  const scale = fraction.length;
  const unscaled = `${whole}${fraction}`.replace(/^0+(?=\d)/, '');
  // There is no negative zero.
  const sign = negative && unscaled !== '0' ? '-' : '';
  const exponent = unscaled.length - 1 - scale;
  if (exponent >= PLAIN_LIMIT) return `${sign}${whole}${scale === 0 ? '' : `.${fraction}`}`;
  const rest = unscaled.slice(1);
  return `${sign}${unscaled[0] ?? '0'}${rest === '' ? '' : `.${rest}`}E${exponent}`;
}
