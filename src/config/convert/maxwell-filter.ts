import type { Draft } from './draft.ts';
import { isPlainName, partOfFind, partPattern, usable } from './java-regex.ts';

interface Rule {
  readonly isInclude: boolean;
  readonly database: Name;
  readonly table: Name;
  readonly text: string;
}

/** `*`, a name, or a regular expression that is looked for anywhere in the name. */
interface Name {
  readonly kind: 'all' | 'name' | 'regex';
  readonly text: string;
}

export interface Filter {
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
}

const NAME = String.raw`(?:\*|\/(?:\\.|[^/\\])*\/|"[^"]*"|'[^']*'|${'`[^`]*`'}|[\w$-]+)`;
const RULE = new RegExp(
  String.raw`\s*(include|exclude|blacklist)\s*:\s*(${NAME})\s*\.\s*(${NAME})(?:\s*\.\s*(${NAME})\s*=\s*([^,]*))?\s*(?:,|$)`,
  'iy',
);

/**
 * In Maxwell the last rule that fits counts, and what none fits is included. So a table is left out when an `exclude` fits
 * and no `include` behind it does.
 */
export function convertMaxwellFilter(text: string, draft: Draft): Filter {
  const rules = parseRules(text, draft);
  const all = rules.findLastIndex(({ isInclude, ...rule }) => !isInclude && isAll(rule));
  const behind = rules.slice(all + 1);
  const patternOf = (rule: Rule, except: readonly Rule[]): string[] => {
    const pattern = toPattern(rule, except);
    if (pattern === undefined) {
      draft.note(
        'filter',
        `"${rule.text}": a regular expression that only Java knows; it was left out`,
      );
    }
    return pattern === undefined ? [] : [pattern];
  };
  const included = behind.filter(({ isInclude }) => isInclude);
  const include = all < 0 ? undefined : included.flatMap((rule) => patternOf(rule, []));
  if (include?.length === 0) {
    draft.note('filter', 'excludes every table; ours includes none by a pattern that fits nothing');
  }
  const exclude = behind.flatMap((rule, at) => {
    if (rule.isInclude) return [];
    return patternOf(
      rule,
      behind.slice(at + 1).filter(({ isInclude }) => isInclude),
    );
  });
  return { include: include?.length === 0 ? ['/(?!)/'] : include, exclude };
}

const isAll = ({ database, table }: Pick<Rule, 'database' | 'table'>): boolean =>
  database.kind === 'all' && table.kind === 'all';

function parseRules(text: string, draft: Draft): readonly Rule[] {
  const rules: Rule[] = [];
  for (let at = 0; at < text.trimEnd().length; at = RULE.lastIndex) {
    RULE.lastIndex = at;
    const match = RULE.exec(text);
    if (match === null) {
      draft.note('filter', `"${text.slice(at).trim()}" could not be read; it was left out`);
      break;
    }
    const [whole, verb = '', database = '', table = '', column] = match;
    if (column !== undefined) {
      draft.note(
        'filter',
        `"${whole.replace(/,\s*$/, '').trim()}": rows are not filtered by their values; it was left out`,
      );
      continue;
    }
    rules.push({
      isInclude: verb.toLowerCase() === 'include',
      database: parseName(database),
      table: parseName(table),
      text: whole.replace(/,\s*$/, '').trim(),
    });
  }
  return rules;
}

export function parseName(text: string): Name {
  if (text === '*') return { kind: 'all', text };
  if (text.length > 1 && text.startsWith('/')) return { kind: 'regex', text: text.slice(1, -1) };
  return { kind: 'name', text: /^["'`]/.test(text) ? text.slice(1, -1) : text };
}

function toPattern(rule: Rule, except: readonly Rule[]): string | undefined {
  const parts = [rule.database, rule.table];
  const isGlob = parts.every(
    ({ kind, text }) => kind === 'all' || (kind === 'name' && isPlainName(text)),
  );
  if (isGlob && except.length === 0) return parts.map(({ text }) => text).join('.');
  const others = except.filter((other) => mayOverlap(rule, other)).map(toSource);
  if (isGlob && others.length === 0) return parts.map(({ text }) => text).join('.');
  const not = others.length === 0 ? '' : `(?!(?:${others.join('|')})$)`;
  return usable(`/${not}${toSource(rule)}/`);
}

/** Names that differ can't be of one table. */
function mayOverlap(a: Rule, b: Rule): boolean {
  const differ = (x: Name, y: Name): boolean =>
    x.kind === 'name' && y.kind === 'name' && x.text !== y.text;
  return !differ(a.database, b.database) && !differ(a.table, b.table);
}

function toSource({ database, table }: Rule): string {
  return `${partSource(database)}\\.${partSource(table)}`;
}

function partSource({ kind, text }: Name): string {
  if (kind === 'regex') return partOfFind(text);
  return partPattern(text);
}

/** The lists that the filter language replaced: names and regular expressions of databases, of tables. */
export function filterOfLists(lists: {
  readonly includeDatabases: readonly string[];
  readonly excludeDatabases: readonly string[];
  readonly includeTables: readonly string[];
  readonly excludeTables: readonly string[];
}): string {
  const includes = [
    ...lists.includeDatabases.map((name) => `include: ${name}.*`),
    ...lists.includeTables.map((name) => `include: *.${name}`),
  ];
  const excludes = [
    ...lists.excludeDatabases.map((name) => `exclude: ${name}.*`),
    ...lists.excludeTables.map((name) => `exclude: *.${name}`),
  ];
  return [...(includes.length === 0 ? [] : ['exclude: *.*']), ...includes, ...excludes].join(', ');
}
