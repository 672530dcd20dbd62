/** '00' to '99'. */
const PAIRS: readonly string[] = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));

export function pair(value: number): string {
  return PAIRS[value] ?? String(value);
}

export function dateText(year: number, month: number, day: number): string {
  return `${pair(Math.floor(year / 100))}${pair(year % 100)}-${pair(month)}-${pair(day)}`;
}

export function timeText(hour: number, minute: number, second: number): string {
  return `${pair(hour)}:${pair(minute)}:${pair(second)}`;
}

/** `.` and `digits` digits of a fraction given in units of its last digit; nothing for no digits. */
export function fractionText(fraction: number, digits: number): string {
  return digits === 0 ? '' : `.${String(fraction).padStart(digits, '0')}`;
}

const SECONDS_OF_DAY = 86_400;

let cachedDay = -1;
let cachedText = '';

/** Rows of one stretch of binlog are mostly of one day. */
function dayText(day: number): string {
  if (day === cachedDay) return cachedText;
  const date = new Date(day * SECONDS_OF_DAY * 1000);
  cachedText = `${dateText(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())} `;
  cachedDay = day;
  return cachedText;
}

/** Seconds since 1970 as `YYYY-MM-DD hh:mm:ss`, UTC. */
export function epochText(seconds: number): string {
  const day = Math.floor(seconds / SECONDS_OF_DAY);
  const rest = seconds - day * SECONDS_OF_DAY;
  const minutes = Math.floor(rest / 60);
  return dayText(day) + timeText(Math.floor(minutes / 60), minutes % 60, rest % 60);
}
