/* Numbers, sizes and spans as a tired person reads them; the page's own script has the same (page/format.js). */

const UNKNOWN = '–';

export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 0.05) return '0 s';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function formatCount(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value < 10_000) return Math.round(value).toLocaleString('en-US');
  if (value < 1e6) return `${(value / 1e3).toFixed(value < 1e5 ? 1 : 0)} k`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} M`;
  return `${(value / 1e9).toFixed(1)} G`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatBytes(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit] ?? ''}`;
}

/** The time of day; with the date where it was another day. */
export function formatTime(iso: string | null, nowMs: number = Date.now()): string {
  if (iso === null) return UNKNOWN;
  const at = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  if (isToday) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

export function formatAge(iso: string | null, nowMs: number = Date.now()): string {
  if (iso === null) return UNKNOWN;
  return `${formatSeconds(Math.max(0, (nowMs - Date.parse(iso)) / 1000))} ago`;
}
