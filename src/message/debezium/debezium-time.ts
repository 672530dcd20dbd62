/*
 * Dates and times as numbers since 1970, from the server's own text. Computed from the parts: Date
 * takes the years 0 to 99 for 1900 to 1999, and microseconds of far years are beyond 2^53.
 */

const MICROS = 1_000_000;
const SECONDS_PER_DAY = 86_400;

/** Days since 1970 of `YYYY-MM-DD…`; undefined for zero and impossible dates. */
export function epochDays(text: string): number | undefined {
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

/** A time as whole seconds (rounded down) and the microseconds beyond them. */
interface Moment {
  readonly seconds: number;
  readonly micros: number;
}

/** `YYYY-MM-DD hh:mm:ss[.ffffff]` in UTC. */
export function epochMoment(text: string): Moment | undefined {
  const days = epochDays(text);
  if (days === undefined) return undefined;
  const { seconds, micros } = clockMoment(text.slice(11));
  return { seconds: days * SECONDS_PER_DAY + seconds, micros };
}

/** Milliseconds, rounded down. */
export function momentMillis({ seconds, micros }: Moment): string {
  return String(seconds * 1000 + Math.floor(micros / 1000));
}

export function momentMicros({ seconds, micros }: Moment): string {
  const near = seconds * MICROS + micros;
  return Number.isSafeInteger(near)
    ? String(near)
    : (BigInt(seconds) * BigInt(MICROS) + BigInt(micros)).toString();
}

/** Microseconds of `[-]hh:mm:ss[.ffffff]`; hours may exceed 24. */
export function timeMicros(text: string): string {
  const isNegative = text.startsWith('-');
  const { seconds, micros } = clockMoment(isNegative ? text.slice(1) : text);
  const total = seconds * MICROS + micros;
  return String(isNegative && total !== 0 ? -total : total);
}

function clockMoment(text: string): Moment {
  const minutesAt = text.indexOf(':') + 1;
  const hours = Number(text.slice(0, minutesAt - 1));
  const minutes = Number(text.slice(minutesAt, minutesAt + 2));
  const seconds = Number(text.slice(minutesAt + 3, minutesAt + 5));
  const fraction = text.slice(minutesAt + 6);
  const micros = fraction === '' ? 0 : Number(fraction.padEnd(6, '0'));
  return { seconds: (hours * 60 + minutes) * 60 + seconds, micros };
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
