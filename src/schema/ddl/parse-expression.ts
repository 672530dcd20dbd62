import type { TableName } from '../../core/table.ts';
import type { Token } from '../sql-token.ts';
import type { TokenCursor } from './token-cursor.ts';

/**
 * Passes over an expression in parentheses. `owner` is the table that it belongs to: where a column is
 * written with that table's name, the name is noted, since it must follow a rewritten table.
 */
export function skipExpression(cursor: TokenCursor, owner: TableName | undefined): void {
  cursor.expect('(');
  for (let depth = 1; depth > 0;) {
    if (cursor.isName() && cursor.peek(1).keyword === '.') {
      skipQualifiedName(cursor, owner);
      continue;
    }
    const token = cursor.next();
    if (token.kind === 'end' || token.kind === 'bad') cursor.fail();
    if (token.keyword === '(') depth++;
    else if (token.keyword === ')') depth--;
  }
}

function skipQualifiedName(cursor: TokenCursor, owner: TableName | undefined): void {
  const parts: Token[] = [cursor.next()];
  while (cursor.accept('.')) {
    if (!cursor.isName()) cursor.fail();
    parts.push(cursor.next());
  }
  const [first, second, third] = parts;
  if (owner === undefined || first === undefined || cursor.at('(')) return;
  if (third !== undefined && second !== undefined && isSame(second, owner.table)) {
    cursor.noteReference(first, second, { database: first.text, table: second.text });
  } else if (third === undefined && isSame(first, owner.table)) {
    cursor.noteReference(first, first, { table: first.text });
  }
}

const isSame = (token: Token, name: string): boolean =>
  token.text.toLowerCase() === name.toLowerCase();

/**
 * Passes over what follows DEFAULT or ON UPDATE: a literal with sign, introducer or type word, a
 * function call, NEXT VALUE FOR, or an expression in parentheses.
 */
export function skipDefault(cursor: TokenCursor, owner: TableName | undefined): void {
  if (cursor.at('(')) {
    skipExpression(cursor, owner);
    return;
  }
  if (cursor.at('+') || cursor.at('-')) cursor.next();
  if (cursor.accept('NEXT', 'VALUE', 'FOR')) {
    cursor.tableName();
    return;
  }
  const token = cursor.next();
  if (token.kind === 'string') while (cursor.peek().kind === 'string') cursor.next();
  else if (token.kind === 'word' || token.kind === 'quoted') skipAfterWord(cursor, token, owner);
  else if (token.kind !== 'number' && token.kind !== 'binary') cursor.fail();
}

function skipAfterWord(cursor: TokenCursor, word: Token, owner: TableName | undefined): void {
  const { kind } = cursor.peek();
  if (word.keyword === 'NEXTVAL' && cursor.at('(')) {
    cursor.next();
    cursor.tableName();
    cursor.expect(')');
  } else if (kind === 'string' || (kind === 'binary' && word.text.startsWith('_'))) {
    cursor.next();
    while (cursor.peek().kind === 'string') cursor.next();
  } else if (cursor.at('(')) skipExpression(cursor, owner);
  else if (cursor.at('.')) {
    cursor.next();
    cursor.name();
    if (cursor.at('(')) skipExpression(cursor, owner);
  }
}
