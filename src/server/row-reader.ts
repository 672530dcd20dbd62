import { TailraceError } from '../core/errors.ts';

/** One row as the driver gives it: text for dates, decimals and large numbers. */
export type Row = Readonly<Record<string, unknown>>;

/** The value as text; bytes (SHOW statements give some) as UTF-8. undefined: NULL or no such column. */
export function readOptionalText(row: Row | undefined, name: string): string | undefined {
  const value = row?.[name];
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  throw new TailraceError('INTERNAL_FAULT', `column ${name} is no text: ${typeof value}`);
}

export function readText(row: Row | undefined, name: string): string {
  const text = readOptionalText(row, name);
  if (text === undefined) {
    throw new TailraceError('INTERNAL_FAULT', `the server's answer lacks ${name}`);
  }
  return text;
}

export function readNumber(row: Row | undefined, name: string): number {
  const text = readText(row, name);
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) {
    throw new TailraceError('INTERNAL_FAULT', `column ${name} is no number: ${text}`);
  }
  return value;
}

/** A server variable that is on: 1, ON, YES, TRUE and what says more than off (`ONLY_…`). */
export function readFlag(row: Row | undefined, name: string): boolean {
  const text = (readOptionalText(row, name) ?? '0').toUpperCase();
  return !['0', 'OFF', 'NO', 'FALSE', ''].includes(text);
}

/** The first column whose name is one of these: statements name theirs differently by version. */
export function readFirstText(row: Row | undefined, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = readOptionalText(row, name);
    if (text !== undefined) return text;
  }
  return undefined;
}
