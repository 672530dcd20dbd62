import { tokenize } from '../schema/sql-lexer.ts';
import type { SqlDialect, Token } from '../schema/sql-token.ts';
import { isSameName } from '../schema/table-definition.ts';

/** One column, key or constraint of a CREATE TABLE. */
export interface CreateItem {
  readonly kind: 'column' | 'primary' | 'unique' | 'key' | 'foreign' | 'other';
  readonly text: string;
}

/** What SHOW CREATE TABLE gives, cut at the commas between its items. */
export interface CreateTableText {
  /** `CREATE TABLE \`t\` (` */
  readonly head: string;
  readonly items: readonly CreateItem[];
  /** From the closing parenthesis on: engine, character set, partitions. */
  readonly tail: string;
}

/** undefined: the text has no list of columns (a sequence). */
export function parseCreateTable(sql: string, dialect: SqlDialect): CreateTableText | undefined {
  const tokens = tokenize(sql, dialect);
  const open = tokens.findIndex(({ kind, text }) => kind === 'symbol' && text === '(');
  const first = tokens[open];
  if (first === undefined) return undefined;
  const items: CreateItem[] = [];
  let depth = 0;
  let start = first.end;
  let begin = open + 1;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    if (token.kind !== 'symbol') continue;
    if (token.text === '(') depth++;
    else if (token.text === ')') depth--;
    if (depth > 1 || (depth === 1 && token.text !== ',')) continue;
    items.push({ kind: kindOf(tokens.slice(begin, at)), text: sql.slice(start, token.start) });
    if (depth === 0) return { head: sql.slice(0, first.end), items, tail: sql.slice(token.start) };
    start = token.end;
    begin = at + 1;
  }
  return undefined;
}

function kindOf(tokens: readonly Token[]): CreateItem['kind'] {
  const [first] = tokens;
  if (first?.kind === 'quoted') return 'column';
  if (tokens.some(({ keyword }) => keyword === 'FOREIGN')) return 'foreign';
  return KINDS.get(first?.keyword ?? '') ?? 'other';
}

const KINDS: ReadonlyMap<string, CreateItem['kind']> = new Map([
  ['PRIMARY', 'primary'],
  ['UNIQUE', 'unique'],
  ['KEY', 'key'],
  ['FULLTEXT', 'key'],
  ['SPATIAL', 'key'],
]);

export function formatCreateTable({ head, items, tail }: CreateTableText): string {
  return `${head}${items.map(({ text }) => text).join(',')}${tail}`;
}

/**
 * Takes the keys out that can be made when the rows are there, which is faster: sorted once instead of
 * looked up for each row. The key of an AUTO_INCREMENT column has to be there from the start.
 */
export function splitKeys(create: CreateTableText, dialect: SqlDialect) {
  const automatic = create.items.find(
    ({ kind, text }) => kind === 'column' && /\bAUTO_INCREMENT\b/i.test(text),
  );
  const needed = automatic && tokenize(automatic.text, dialect)[0]?.text;
  const hasPrimary = create.items.some(({ kind }) => kind === 'primary');
  const isLate = ({ kind: itemKind, text }: CreateItem): boolean => {
    if (itemKind !== 'key' && (itemKind !== 'unique' || !hasPrimary)) return false;
    const tokens = tokenize(text, dialect);
    const open = tokens.findIndex(({ kind, text: part }) => kind === 'symbol' && part === '(');
    return needed === undefined || !isSameName(tokens[open + 1]?.text ?? '', needed);
  };
  return {
    create: { ...create, items: create.items.filter((item) => !isLate(item)) },
    late: create.items.filter(isLate).map(({ text }) => text.trim()),
  };
}
