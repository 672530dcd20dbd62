import type { CharsetSpec } from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The name of a character set or collation: a word, a name in quotes or a string, or DEFAULT. */
function charsetName(cursor: TokenCursor): string {
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
 * undefined: something else comes.
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
  if (!isCharset) return { ...before, collation: name };
  // Before MySQL 8 a later character set brings its default collation again.
  const { flavor, versionNumber } = cursor.options;
  const isForgotten = flavor === 'mysql' && versionNumber < 80_000;
  return { ...before, charset: name, collation: isForgotten ? undefined : before.collation };
}

/** `CHARACTER SET name [COLLATE name]`, as CONVERT TO has it. */
export function parseCharsetPair(cursor: TokenCursor): CharsetSpec {
  if (!acceptCharsetWords(cursor)) cursor.fail();
  const charset = charsetName(cursor);
  const collation = cursor.accept('COLLATE') ? charsetName(cursor) : undefined;
  return { charset, collation };
}
