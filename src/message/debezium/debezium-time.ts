/*
 * Dates and times as numbers since 1970, from the server's own text. Computed from the parts: Date
 * takes the years 0 to 99 for 1900 to 1999, and microseconds of far years are beyond 2^53.
 */

const DATE = /^(\d{4})-(\d\d)-(\d\d)/;
const TIME_OF_DAY = /(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/;
const SECONDS_PER_DAY = 86_400n;

/** Days since 1970 of `YYYY-MM-DD…`; undefined for zero and impossible dates. */
export function epochDays(text: string): number | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

/** Microseconds since 1970 of `YYYY-MM-DD hh:mm:ss[.ffffff]` in UTC. */
export function epochMicros(text: string): bigint | undefined {
  const days = epochDays(text);
  if (days === undefined) return undefined;
  return BigInt(days) * SECONDS_PER_DAY * 1_000_000n + timeMicros(text.slice(11));
}

/** Microseconds of `[-]hh:mm:ss[.ffffff]`; hours may exceed 24. */
export function timeMicros(text: string): bigint {
  const parts = TIME_OF_DAY.exec(text);
  if (parts === null) return 0n;
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = parts;
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  const micros = whole * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return text.startsWith('-') ? -micros : micros;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Proleptic Gregorian, as the servers and java.time count. */
function daysFromCivil(year: number, month: number, day: number): number {
  // The year starts in March, so that the leap day is its last.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
