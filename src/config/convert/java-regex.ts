import { parseTablePattern } from '../../core/table-pattern.ts';

const PLAIN = /^[\w$-]+$/;

/**
 * A regular expression over `schema.table`, as Java's matches() takes it, as a pattern of ours; undefined: it
 * has what JavaScript's do not know. What means no more than a glob is written as one.
 */
export function patternOfRegex(source: string): string | undefined {
  const bare = source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  const glob = /^(.+?)\\\.(.+)$/s.exec(bare);
  const [database, table] = [partGlob(glob?.[1]), partGlob(glob?.[2])];
  if (database !== undefined && table !== undefined) return `${database}.${table}`;
  return usable(`/${bare}/`);
}

function partGlob(part: string | undefined): string | undefined {
  if (part === undefined) return undefined;
  if (part === '.*' || part === '.+') return '*';
  const match = /^([\w$-]*)(\.\*)?$/.exec(part);
  if (match === null) return undefined;
  return `${match[1] ?? ''}${match[2] === undefined ? '' : '*'}`;
}

/** One name or `*` of a list of names. */
export function partPattern(name: string): string {
  return name === '*' ? '.*' : name.replace(/[\\^$.|?*+()[\]{}/]/g, '\\$&');
}

/** Java's find(): anywhere in the name, unless it is anchored. */
export function partOfFind(source: string): string {
  const begin = source.startsWith('^');
  const end = /(?<!\\)\$$/.test(source);
  const inner = source.slice(begin ? 1 : 0, end ? -1 : undefined);
  return `${begin ? '' : '.*'}(?:${inner})${end ? '' : '.*'}`;
}

export function isPlainName(name: string): boolean {
  return PLAIN.test(name);
}

/** The pattern when we can read it. */
export function usable(pattern: string): string | undefined {
  try {
    parseTablePattern(pattern);
    return pattern;
  } catch {
    return undefined;
  }
}
