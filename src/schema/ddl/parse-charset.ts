import type { CharsetSpec } from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The name of a character set or collation: a word, a name in quotes or a string; undefined: DEFAULT. */
function charsetName(cursor: TokenCursor): string | undefined {
  if (cursor.accept('DEFAULT')) return undefined;
  if (!cursor.isName() && cursor.peek().kind !== 'string') cursor.fail();
  return cursor.next().text;
}

export function acceptCharsetWords(cursor: TokenCursor): boolean {
  return (
    cursor.accept('CHARSET') || cursor.accept('CHARACTER', 'SET') || cursor.accept('CHAR', 'SET')
  );
}

/**
 * `[DEFAULT] CHARACTER SET [=] name` or `[DEFAULT] COLLATE [=] name`, merged into what was read before;
 * undefined: something else comes. A later character set undoes an earlier collation of another one.
 */
export function acceptCharsetOption(
  cursor: TokenCursor,
  before: CharsetSpec,
): CharsetSpec | undefined {
  const offset = cursor.at('DEFAULT') ? 1 : 0;
  const { keyword } = cursor.peek(offset);
  const isCharset =
    keyword === 'CHARSET' ||
    ((keyword === 'CHARACTER' || keyword === 'CHAR') && cursor.peek(offset + 1).keyword === 'SET');
  if (!isCharset && keyword !== 'COLLATE') return undefined;
  cursor.accept('DEFAULT');
  if (isCharset) acceptCharsetWords(cursor);
  else cursor.next();
  cursor.accept('=');
  const name = charsetName(cursor);
  return isCharset ? { ...before, charset: name } : { ...before, collation: name };
}

/** `CHARACTER SET name [COLLATE name]`, as CONVERT TO has it. */
export function parseCharsetPair(cursor: TokenCursor): CharsetSpec {
  if (!acceptCharsetWords(cursor)) cursor.fail();
  const charset = charsetName(cursor);
  const collation = cursor.accept('COLLATE') ? charsetName(cursor) : undefined;
  return { charset, collation };
}
