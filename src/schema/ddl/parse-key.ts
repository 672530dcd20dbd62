import type { TableName } from '../../core/table.ts';
import { skipExpression } from './parse-expression.ts';
import type { KeyPartSpec, KeySpec } from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `(part, …)`: a column, a prefix of it, an expression, or a period without overlaps. */
export function parseKeyParts(cursor: TokenCursor, owner: TableName | undefined): KeyPartSpec[] {
  cursor.expect('(');
  const parts: KeyPartSpec[] = [];
  do parts.push(parseKeyPart(cursor, owner));
  while (cursor.accept(','));
  cursor.expect(')');
  return parts;
}

function parseKeyPart(cursor: TokenCursor, owner: TableName | undefined): KeyPartSpec {
  let column: string | undefined;
  let prefixLength: number | undefined;
  if (cursor.at('(')) skipExpression(cursor, owner);
  else {
    column = cursor.name();
    if (cursor.accept('(')) {
      prefixLength = cursor.number();
      cursor.expect(')');
    }
  }
  const isPeriod = cursor.accept('WITHOUT', 'OVERLAPS');
  cursor.acceptOne(['ASC', 'DESC']);
  return { column, prefixLength, isPeriod };
}

/** `USING HASH`, `TYPE BTREE`; the value tells whether it was HASH. */
function acceptUsing(cursor: TokenCursor): boolean | undefined {
  if (cursor.acceptOne(['USING', 'TYPE']) === undefined) return undefined;
  return cursor.name().toUpperCase() === 'HASH';
}

/** Options behind a key's columns; the value tells whether it is USING HASH. */
export function parseKeyOptions(cursor: TokenCursor): boolean {
  let isHash = false;
  for (;;) {
    const using = acceptUsing(cursor);
    if (using !== undefined) isHash = using;
    else if (!acceptKeyOption(cursor)) return isHash;
  }
}

function acceptKeyOption(cursor: TokenCursor): boolean {
  if (cursor.accept('WITH', 'PARSER')) {
    cursor.name();
    return true;
  }
  if (cursor.acceptOne(['VISIBLE', 'INVISIBLE', 'IGNORED']) !== undefined) return true;
  if (cursor.accept('NOT', 'IGNORED')) return true;
  const isKnown = cursor.acceptOne([
    'KEY_BLOCK_SIZE',
    'COMMENT',
    'CLUSTERING',
    'ENGINE_ATTRIBUTE',
    'SECONDARY_ENGINE_ATTRIBUTE',
  ]);
  // Options of the engine's own have an equals sign.
  if (isKnown === undefined && !(cursor.isName() && cursor.peek(1).keyword === '=')) return false;
  if (isKnown === undefined) cursor.next();
  cursor.accept('=');
  cursor.skipValue();
  return true;
}

const KEY_WORDS = ['INDEX', 'KEY'] as const;

/**
 * A key or constraint of a table: PRIMARY KEY, UNIQUE, INDEX, FULLTEXT, SPATIAL, VECTOR, FOREIGN KEY,
 * CHECK, each with CONSTRAINT in front or not. 'check': a constraint that is no key. undefined:
 * something else comes.
 */
export function acceptTableKey(
  cursor: TokenCursor,
  owner: TableName,
): KeySpec | 'check' | undefined {
  let constraint: string | undefined;
  if (cursor.accept('CONSTRAINT')) {
    cursor.acceptIfNotExists();
    if (!cursor.at('PRIMARY') && !cursor.at('UNIQUE') && !isConstraintBody(cursor)) {
      constraint = cursor.name();
    }
  }
  if (cursor.accept('PRIMARY', 'KEY')) return parseKey(cursor, 'primary', { owner, constraint });
  if (cursor.accept('UNIQUE')) {
    cursor.acceptOne(KEY_WORDS);
    return parseKey(cursor, 'unique', { owner, constraint });
  }
  if (cursor.accept('FOREIGN', 'KEY')) return parseForeignKey(cursor, constraint);
  if (cursor.accept('CHECK')) {
    skipExpression(cursor, owner);
    acceptEnforced(cursor);
    return 'check';
  }
  return acceptPlainIndex(cursor, owner);
}

function isConstraintBody(cursor: TokenCursor): boolean {
  return cursor.at('FOREIGN', 'KEY') || cursor.at('CHECK');
}

export function acceptEnforced(cursor: TokenCursor): void {
  if (!cursor.accept('NOT', 'ENFORCED')) cursor.accept('ENFORCED');
}

function acceptPlainIndex(cursor: TokenCursor, owner: TableName): KeySpec | undefined {
  const special = cursor.acceptOne(['FULLTEXT', 'SPATIAL']);
  if (special !== undefined || cursor.at('VECTOR', 'INDEX') || cursor.at('VECTOR', 'KEY')) {
    if (special === undefined) cursor.next();
    cursor.acceptOne(KEY_WORDS);
    return parseKey(cursor, 'index', { owner, constraint: undefined });
  }
  if (cursor.acceptOne(KEY_WORDS) === undefined) return undefined;
  return parseKey(cursor, 'index', { owner, constraint: undefined });
}

interface KeyContext {
  readonly owner: TableName;
  readonly constraint: string | undefined;
}

/** What follows the key's words: [IF NOT EXISTS] [name] [USING …] (parts) [options]. */
function parseKey(
  cursor: TokenCursor,
  kind: 'primary' | 'unique' | 'index',
  { owner, constraint }: KeyContext,
): KeySpec {
  const isIfNotExists = cursor.acceptIfNotExists();
  let name: string | undefined;
  if (!cursor.at('(') && !cursor.at('USING') && !isTypeOption(cursor)) name = cursor.name();
  const before = acceptUsing(cursor) ?? false;
  const parts = parseKeyParts(cursor, owner);
  const isHash = parseKeyOptions(cursor) || before;
  return { kind, name: name ?? constraint, parts, isHash, isIfNotExists };
}

/** `TYPE BTREE (` is the old USING; `type (` is a key named so. */
function isTypeOption(cursor: TokenCursor): boolean {
  return cursor.at('TYPE') && cursor.peek(1).keyword !== '(';
}

/** What follows the table's name in CREATE INDEX. */
export function parseIndexKey(cursor: TokenCursor, owner: TableName): KeySpec {
  const parts = parseKeyParts(cursor, owner);
  const isHash = parseKeyOptions(cursor);
  return { kind: 'index', name: undefined, parts, isHash, isIfNotExists: false };
}

function parseForeignKey(cursor: TokenCursor, constraint: string | undefined): KeySpec {
  const isIfNotExists = cursor.acceptIfNotExists();
  const name = cursor.at('(') ? undefined : cursor.name();
  const parts = parseKeyParts(cursor, undefined);
  cursor.expect('REFERENCES');
  parseReferences(cursor);
  return { kind: 'foreign', name: name ?? constraint, parts, isHash: false, isIfNotExists };
}

/** What follows REFERENCES: table [(columns)] [MATCH …] [ON DELETE …] [ON UPDATE …]. */
export function parseReferences(cursor: TokenCursor): void {
  cursor.tableName();
  if (cursor.at('(')) parseKeyParts(cursor, undefined);
  for (;;) {
    if (cursor.accept('MATCH')) cursor.next();
    else if (cursor.accept('ON', 'DELETE') || cursor.accept('ON', 'UPDATE')) {
      if (cursor.acceptOne(['RESTRICT', 'CASCADE']) !== undefined) continue;
      if (cursor.accept('NO', 'ACTION') || cursor.accept('SET', 'NULL')) continue;
      cursor.expect('SET', 'DEFAULT');
    } else return;
  }
}
