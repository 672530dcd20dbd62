import type { ErrorPlace, TailraceError } from '../core/errors.ts';

const PLACE_NAMES: readonly (readonly [keyof ErrorPlace, string])[] = [
  ['task', 'task'],
  ['host', 'host'],
  ['gtid', 'GTID'],
  ['coordinates', 'binlog'],
  ['seq', 'transaction'],
  ['table', 'table'],
  ['column', 'column'],
  ['key', 'key'],
  ['path', 'at'],
  ['errno', 'server error'],
];

/** An error as an operator reads it: what happened, where, what to do next. */
export function formatError(error: TailraceError): string {
  const place = PLACE_NAMES.flatMap(([field, name]) => {
    const value = error.place[field];
    return value === undefined ? [] : [`${name} ${value}`];
  });
  const lines = [`error ${error.code}: ${error.message}`];
  if (place.length > 0) lines.push(`  where: ${place.join(', ')}`);
  lines.push(`  next:  ${error.next}`);
  return `${lines.join('\n')}\n`;
}

/** A URL with a password may stand where no URL was expected; then nobody knows it for a secret. */
export function maskUrls(text: string): string {
  return text.replace(/(:\/\/[^:@\s/]*):.*@/g, '$1:***@');
}
