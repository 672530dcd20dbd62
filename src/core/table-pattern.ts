import { TailraceError } from './errors.ts';
import { formatTableName, type TableName } from './table.ts';

/**
 * A pattern over `database.table`: `shop.*`, `shop_?.user*`, or `/regex/` (whole name). A glob stops at
 * the first dot of the pattern: what stands before it is the database.
 */
export interface TablePattern {
  readonly text: string;
  /** How many globs (or groups of the regex) there are to stand for. */
  readonly captureCount: number;
  matches(name: TableName): boolean;
  /** What each glob matched; undefined: it does not match. */
  capture(name: TableName): readonly string[] | undefined;
  /** Could it match any table of this database? A regex that cannot be told apart: yes. */
  mayMatchDatabase(database: string): boolean;
  /** Does it surely match every table of this database? */
  coversDatabase(database: string): boolean;
  /** The captures that come from the database alone; undefined: they can't be told (a regex). */
  captureDatabase(database: string): readonly string[] | undefined;
}

/** Throws CONFIG_INVALID, naming what is wrong. */
export function parseTablePattern(text: string): TablePattern {
  return text.startsWith('/') ? parseRegex(text) : parseGlobs(text);
}

/** The target of a rule: the n-th `*` stands for the n-th capture. */
export function fillTemplate(template: string, captures: readonly string[]): TableName {
  let next = 0;
  const dot = template.indexOf('.');
  const fill = (part: string): string => part.replace(/\*/g, () => captures[next++] ?? '');
  return { database: fill(template.slice(0, dot)), table: fill(template.slice(dot + 1)) };
}

export function countStars(template: string): number {
  return template.split('*').length - 1;
}

function parseGlobs(text: string): TablePattern {
  const dot = text.indexOf('.');
  if (dot < 1 || dot === text.length - 1) {
    throw invalid(`"${text}" is not database.table (with * and ?) and not /regex/`);
  }
  const database = globRegex(text.slice(0, dot));
  const table = globRegex(text.slice(dot + 1));
  return {
    text,
    captureCount: text.split(/[*?]/).length - 1,
    matches: (name) => database.test(name.database) && table.test(name.table),
    capture: (name) => {
      const before = database.exec(name.database);
      const after = before === null ? null : table.exec(name.table);
      return before === null || after === null
        ? undefined
        : [...before.slice(1), ...after.slice(1)];
    },
    mayMatchDatabase: (name) => database.test(name),
    coversDatabase: (name) => text.slice(dot + 1) === '*' && database.test(name),
    captureDatabase: (name) => database.exec(name)?.slice(1),
  };
}

function globRegex(glob: string): RegExp {
  const source = glob.replace(/[*?\\^$.|+()[\]{}/]/g, (char) => {
    if (char === '*') return '(.*)';
    return char === '?' ? '(.)' : `\\${char}`;
  });
  return new RegExp(`^${source}$`, 'su');
}

function parseRegex(text: string): TablePattern {
  if (text.length < 3 || !text.endsWith('/')) throw invalid(`"${text}" is not /regex/`);
  let regex: RegExp;
  let captureCount: number;
  try {
    const source = text.slice(1, -1);
    regex = new RegExp(`^(?:${source})$`, 'su');
    captureCount = (new RegExp(`${source}|`, 'su').exec('')?.length ?? 1) - 1;
  } catch (cause) {
    throw invalid(`"${text}": ${cause instanceof Error ? cause.message : 'not a regex'}`);
  }
  const databasePart = databasePartOf(text.slice(1, -1));
  return {
    text,
    captureCount,
    matches: (name) => regex.test(formatTableName(name)),
    capture: (name) => {
      const match: readonly (string | undefined)[] | null = regex.exec(formatTableName(name));
      return match?.slice(1).map((group) => group ?? '');
    },
    mayMatchDatabase: (name) => databasePart?.test(name) ?? true,
    coversDatabase: (name) =>
      /\\\.(?:\.\*|\(\.\*\))\/$/.test(text) && databasePart?.test(name) === true,
    captureDatabase: () => undefined,
  };
}

/** What stands before the first `\.` of a regex, where that is a regex of its own. */
function databasePartOf(source: string): RegExp | undefined {
  const dot = source.indexOf('\\.');
  if (dot < 1 || hasAlternativeOutside(source)) return undefined;
  try {
    return new RegExp(`^(?:${source.slice(0, dot)})$`, 'su');
  } catch {
    return undefined;
  }
}

/** A `|` that is not inside of parentheses: then nothing holds for the whole of the regex. */
function hasAlternativeOutside(source: string): boolean {
  let depth = 0;
  for (const char of source.replace(/\\./gs, '')) {
    if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) return true;
  }
  return false;
}

function invalid(message: string): TailraceError {
  return new TailraceError('CONFIG_INVALID', message);
}
