import type { TableName } from '../core/table.ts';
import type { SqlLexer } from './sql-lexer.ts';
import type { Token } from './sql-token.ts';

/** A table name comes right behind these. */
const BEFORE_TABLE = new Set(['INTO', 'UPDATE', 'FROM', 'JOIN', 'TABLE', 'USING', 'STRAIGHT_JOIN']);

/** May stand between such a word and the name. */
const MODIFIERS = new Set(['LOW_PRIORITY', 'IGNORE', 'QUICK', 'DELAYED', 'HIGH_PRIORITY', 'ONLY']);

/** Right behind the verb a name may come without INTO. */
const VERBS = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE']);

/** The list of values is long and names no table that is written. */
const END_WORDS = new Set(['VALUES', 'VALUE']);

export interface DmlTables {
  readonly tables: readonly TableName[];
  /** False: it may write other tables than these (a routine's, a function's). */
  readonly isComplete: boolean;
  /** Databases of the stored functions that it calls by their full names: they may write anything there. */
  readonly routineDatabases: readonly string[];
}

/**
 * The tables that a data-changing statement names, those it only reads among them: an answer to
 * "could this have changed one of ours?", where too many are safe and too few are not.
 */
export function findDmlTables(lexer: SqlLexer, verb: string, defaultDatabase: string): DmlTables {
  const tables = new Map<string, TableName>();
  const calls = new CallFinder();
  const state: ScanState = { isExpected: VERBS.has(verb), isInList: false };
  let token = lexer.next();
  while (token.kind !== 'end' && token.kind !== 'bad') {
    if (isTableName(token, state)) {
      const [name, next] = readName(lexer, token, defaultDatabase);
      tables.set(`${name.database}\0${name.table}`, name);
      state.isExpected = false;
      state.isInList = true;
      token = next;
      continue;
    }
    if (END_WORDS.has(token.keyword) && tables.size > 0) break;
    calls.see(token);
    advance(state, token);
    token = lexer.next();
  }
  const isComplete = VERBS.has(verb) || verb === 'LOAD' || verb === 'WITH';
  return {
    tables: [...tables.values()],
    isComplete: isComplete && tables.size > 0,
    routineDatabases: [...calls.databases],
  };
}

/** Finds `database.name(` in a run of tokens: a function that runs alone is logged as SELECT `db`.`f`(…). */
class CallFinder {
  readonly databases = new Set<string>();
  #before: Token[] = [];

  see(token: Token): void {
    const [database, dot, name] = this.#before;
    if (token.keyword === '(' && dot?.keyword === '.' && isName(database) && isName(name)) {
      this.databases.add(database.text);
    }
    this.#before = [...this.#before.slice(-2), token];
  }
}

function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted';
}

interface ScanState {
  /** A name may come now. */
  isExpected: boolean;
  /** Inside `FROM a, b` and `UPDATE a, b`: a comma brings the next name. */
  isInList: boolean;
}

function isTableName(token: Token, state: ScanState): boolean {
  if (!state.isExpected || (token.kind !== 'word' && token.kind !== 'quoted')) return false;
  const { keyword } = token;
  return !MODIFIERS.has(keyword) && !BEFORE_TABLE.has(keyword) && keyword !== 'SELECT';
}

function advance(state: ScanState, token: Token): void {
  const { keyword } = token;
  if (BEFORE_TABLE.has(keyword) || (keyword === ',' && state.isInList)) state.isExpected = true;
  else if (keyword !== '(' && !MODIFIERS.has(keyword)) state.isExpected = false;
  if (keyword === 'SET' || keyword === 'WHERE' || keyword === 'SELECT') state.isInList = false;
}

/** Reads `name` or `database.name`; the second value is the token behind it. */
function readName(lexer: SqlLexer, first: Token, defaultDatabase: string): [TableName, Token] {
  const dot = lexer.next();
  if (dot.keyword !== '.') return [{ database: defaultDatabase, table: first.text }, dot];
  const second = lexer.next();
  return [{ database: first.text, table: second.text }, lexer.next()];
}
