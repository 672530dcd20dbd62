import { pair } from './digits.ts';

const DATE_SLOTS = 1 << 14;
/** The texts of dates seen before; two whose numbers end alike share a slot. Some 45 years have no such two. */
const dateKeys = new Int32Array(DATE_SLOTS).fill(-1);
const dateTexts = new Array<string>(DATE_SLOTS).fill('');

/** Rows name the same few thousand dates again and again: one that is known is no new string. */
export function dateText(year: number, month: number, day: number): string {
  const key = (year << 9) | (month << 5) | day;
  const slot = ((year * 12 + month) * 31 + day) & (DATE_SLOTS - 1);
  if (dateKeys[slot] === key) return dateTexts[slot] ?? '';
  const text = `${pair(Math.floor(year / 100))}${pair(year % 100)}-${pair(month)}-${pair(day)}`;
  dateKeys[slot] = key;
  dateTexts[slot] = text;
  return text;
}

/** `mm:ss` of each second of an hour. */
const SECONDS_OF_HOUR: readonly string[] = Array.from(
  { length: 3600 },
  (_, second) => `${pair(Math.floor(second / 60))}:${pair(second % 60)}`,
);

/** `hh:`, and the same behind a date. */
const HOURS: readonly string[] = Array.from({ length: 24 }, (_, hour) => `${pair(hour)}:`);
const HOURS_OF_DATE: readonly string[] = HOURS.map((hour) => ` ${hour}`);

export function timeText(hour: number, minute: number, second: number): string {
  return (HOURS[hour] ?? `${pair(hour)}:`) + minuteText(minute, second);
}

/** The parts of time as `timeText` takes them. */
export function datetimeText(date: string, hour: number, minute: number, second: number): string {
  return date + ((HOURS_OF_DATE[hour] ?? ` ${pair(hour)}:`) + minuteText(minute, second));
}

/** Six bits of each are stored: 60 to 63 are no time of day, and are shown as they stand. */
function minuteText(minute: number, second: number): string {
  const known = second < 60 ? SECONDS_OF_HOUR[minute * 60 + second] : undefined;
  return known ?? `${pair(minute)}:${pair(second)}`;
}

const SECONDS_OF_DAY = 86_400;
/** From 0000-03-01 to 1970-01-01, in days. */
const DAYS_TO_1970 = 719_468;
const DAYS_OF_ERA = 146_097;

/** As those of dates, by the day since 1970. */
const dayKeys = new Int32Array(DATE_SLOTS).fill(-1);
const dayTexts = new Array<string>(DATE_SLOTS).fill('');

function dayText(day: number): string {
  const slot = day & (DATE_SLOTS - 1);
  if (dayKeys[slot] === day) return dayTexts[slot] ?? '';
  const text = calendarDate(day);
  dayKeys[slot] = day;
  dayTexts[slot] = text;
  return text;
}

/**
 * The calendar's date of a day since 1970, counted in years that begin in March, so that the leap day is a year's last.
 * Source: H. Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
 */
function calendarDate(day: number): string {
  const shifted = day + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_OF_ERA);
  const ofEra = shifted - era * DAYS_OF_ERA;
  const leapDays =
    Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leapDays) / 365);
  const ofYear =
    ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const dayOfMonth = ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return dateText(era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfMonth);
}

/** Seconds since 1970 as `YYYY-MM-DD hh:mm:ss`, UTC. */
export function epochText(seconds: number): string {
  const day = Math.floor(seconds / SECONDS_OF_DAY);
  const rest = seconds - day * SECONDS_OF_DAY;
  const minutes = Math.floor(rest / 60);
  return datetimeText(dayText(day), Math.floor(minutes / 60), minutes % 60, rest - minutes * 60);
}
