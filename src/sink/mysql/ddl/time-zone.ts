const MINUTE_MS = 60_000;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2037;

/**
 * The offset of a zone that has had the same one always (`UTC`, `Etc/GMT+3`, …) as `+00:00`; undefined
 * for all others. An ALTER may convert times of any year, so one offset can't stand for a zone that
 * has had several.
 */
export function constantOffset(zone: string): string | undefined {
  const format = formatOf(zone);
  if (format === undefined) return undefined;
  let first: number | undefined;
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) {
    for (const month of [0, 3, 6, 9]) {
      const offset = offsetMinutes(format, Date.UTC(year, month, 1));
      first ??= offset;
      if (offset !== first) return undefined;
    }
  }
  return first === undefined ? undefined : formatOffset(first);
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
}

function offsetMinutes(format: Intl.DateTimeFormat, atMs: number): number {
  const parts = new Map(format.formatToParts(atMs).map((part) => [part.type, Number(part.value)]));
  const value = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const localMs = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  );
  return (localMs - atMs) / MINUTE_MS;
}

function formatOffset(minutes: number): string {
  const absolute = Math.abs(minutes);
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(absolute / 60))}:${pad(absolute % 60)}`;
}
