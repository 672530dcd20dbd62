import type { DdlSubject } from '../../core/change.ts';
import { schemaKey } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import type { Token } from '../sql-token.ts';
import type { TokenCursor } from './token-cursor.ts';

/** Words that may stand where a name is looked for. */
const NO_NAMES = new Set(
  'IF NOT EXISTS TO AS COLUMN INDEX KEY SELECT CHARACTER CHARSET PARTITION'.split(' '),
);

/**
 * The tables that a statement may have changed which the parser could not follow: every name that
 * stands where a changed table can be named. A few too many cost a capture each; all tables of the
 * world would stop the stream.
 */
export function findPossibleTables(cursor: TokenCursor, subject: DdlSubject): TableName[] {
  const { tokens } = cursor;
  const found = new Map<string, TableName>();
  const verb = tokens[0]?.keyword;
  // Lists of tables, and statements that are not known at all.
  const isAnyName = verb === 'DROP' || verb === 'RENAME' || subject === 'other';
  for (const [at, token] of tokens.entries()) {
    if (!isPlainName(token) || !isNameStart(tokens, at)) continue;
    if (!isAnyName && !isBehindTableWord(tokens, at, subject)) continue;
    const name = nameAt(cursor, at, token);
    found.set(schemaKey(name.database, name.table), name);
  }
  // CREATE TABLE changes the first one only.
  if (verb === 'CREATE' && subject === 'table') return [...found.values()].slice(0, 1);
  return [...found.values()];
}

function nameAt(cursor: TokenCursor, at: number, first: Token): TableName {
  const { tokens, options } = cursor;
  const second = tokens[at + 1]?.keyword === '.' ? tokens[at + 2] : undefined;
  if (second === undefined) {
    return {
      database: cursor.foldCase(options.defaultDatabase),
      table: cursor.foldCase(first.text),
    };
  }
  return { database: cursor.foldCase(first.text), table: cursor.foldCase(second.text) };
}

/** Neither the verb nor behind a dot. */
const isNameStart = (tokens: readonly Token[], at: number): boolean =>
  at > 0 && tokens[at - 1]?.keyword !== '.';

function isPlainName(token: Token): boolean {
  if (token.kind === 'quoted') return true;
  return token.kind === 'word' && !NO_NAMES.has(token.keyword);
}

/** TABLE t, TABLE IF [NOT] EXISTS t, RENAME [TO | AS | =] t; of an index: ON t. */
function isBehindTableWord(tokens: readonly Token[], at: number, subject: DdlSubject): boolean {
  const before = tokens[at - 1]?.keyword;
  const beforeThat = tokens[at - 2]?.keyword;
  if (before === 'TABLE' || before === 'TABLES' || before === 'RENAME') return true;
  if (before === 'EXISTS') return beforeThat === 'IF' || beforeThat === 'NOT';
  if (before === 'ON') return subject === 'index';
  return beforeThat === 'RENAME' && (before === 'TO' || before === 'AS' || before === '=');
}
