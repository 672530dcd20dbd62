/*
 * The server's own text of dates and times from numbers since 1970: the way back of debezium-time.ts.
 */

const DAY_SECONDS = 86_400n;

/** Units of a second: 3 digits are milliseconds. */
export type FractionDigits = 0 | 3 | 6 | 9;

/** `YYYY-MM-DD` of days since 1970. */
export function dateText(days: number): string {
  // Howard Hinnant's algorithm; the year begins in March.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** `YYYY-MM-DD hh:mm:ss[.f]` of a count since 1970 in UTC. */
export function datetimeText(count: bigint, digits: FractionDigits, scale: number): string {
  const unit = 10n ** BigInt(digits);
  const seconds = floorDivide(count, unit);
  const days = floorDivide(seconds, DAY_SECONDS);
  const time = clockText(Number(seconds - days * DAY_SECONDS));
  return `${dateText(Number(days))} ${time}${fractionText(count - seconds * unit, digits, scale)}`;
}

/** `[-]hh:mm:ss[.f]`; hours may exceed 24. */
export function timeText(count: bigint, digits: FractionDigits, scale: number): string {
  const unit = 10n ** BigInt(digits);
  const absolute = count < 0n ? -count : count;
  const seconds = absolute / unit;
  const fraction = fractionText(absolute - seconds * unit, digits, scale);
  return `${count < 0n ? '-' : ''}${clockText(Number(seconds))}${fraction}`;
}

function clockText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  return `${pad(hours, 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
}

/** As many digits as the column has, and more where there is more than zeros. */
function fractionText(fraction: bigint, digits: FractionDigits, scale: number): string {
  const all = digits === 0 ? '' : fraction.toString().padStart(digits, '0');
  const significant = all.replace(/0+$/, '').length;
  const length = Math.max(scale, Math.min(significant, 6));
  return length === 0 ? '' : `.${all.padEnd(length, '0').slice(0, length)}`;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
