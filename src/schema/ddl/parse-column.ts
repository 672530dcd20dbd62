import type { TableName } from '../../core/table.ts';
import { acceptCharsetOption } from './parse-charset.ts';
import { skipDefault, skipExpression } from './parse-expression.ts';
import { acceptEnforced, parseReferences } from './parse-key.ts';
import { NO_CHARSET, parseType } from './parse-type.ts';
import type { CharsetSpec, ColumnSpec, KeySpec, TypeSpec } from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What is gathered while the attributes are read, in whatever order they come. */
interface Draft {
  type: TypeSpec;
  charset: CharsetSpec;
  isNullable: boolean | undefined;
  generated: 'virtual' | 'stored' | undefined;
  rowTime: 'start' | 'end' | undefined;
  isInvisible: boolean;
  isCompressed: boolean;
  isVersioned: boolean;
  readonly keys: KeySpec[];
}

/** `name type attributes…`, up to a comma, a closing parenthesis, FIRST, AFTER or the end. */
export function parseColumn(cursor: TokenCursor, owner: TableName): ColumnSpec {
  return parseColumnBody(cursor, cursor.name(), owner);
}

/** The same behind the name. */
export function parseColumnBody(cursor: TokenCursor, name: string, owner: TableName): ColumnSpec {
  const draft: Draft = {
    type: parseType(cursor),
    charset: NO_CHARSET,
    isNullable: undefined,
    generated: undefined,
    rowTime: undefined,
    isInvisible: false,
    isCompressed: false,
    isVersioned: false,
    keys: [],
  };
  if (draft.type.base === 'serial') makeSerial(draft, name);
  while (!isColumnEnd(cursor)) {
    if (!acceptAttribute(cursor, draft, { name, owner })) cursor.fail();
  }
  return { name, ...draft };
}

function isColumnEnd(cursor: TokenCursor): boolean {
  return (
    cursor.isAtEnd || cursor.at(',') || cursor.at(')') || cursor.at('FIRST') || cursor.at('AFTER')
  );
}

interface Owner {
  readonly name: string;
  readonly owner: TableName;
}

function acceptAttribute(cursor: TokenCursor, draft: Draft, { name, owner }: Owner): boolean {
  return (
    acceptNullability(cursor, draft) ||
    acceptTypeAttribute(cursor, draft) ||
    acceptCharset(cursor, draft) ||
    acceptKeyAttribute(cursor, draft, name) ||
    acceptDefault(cursor, draft, { name, owner }) ||
    acceptGenerated(cursor, draft, owner) ||
    acceptConstraint(cursor, owner) ||
    acceptVisibility(cursor, draft) ||
    acceptOption(cursor)
  );
}

function acceptNullability(cursor: TokenCursor, draft: Draft): boolean {
  if (cursor.accept('NOT', 'NULL')) draft.isNullable = false;
  else if (cursor.accept('NULL')) draft.isNullable = true;
  else if (cursor.accept('AUTO_INCREMENT')) draft.isNullable = false;
  else return false;
  return true;
}

function acceptTypeAttribute(cursor: TokenCursor, draft: Draft): boolean {
  const word = cursor.acceptOne(['UNSIGNED', 'SIGNED', 'ZEROFILL', 'COMPRESSED']);
  if (word === undefined) return false;
  if (word === 'COMPRESSED') {
    draft.isCompressed = true;
    if (cursor.accept('=')) cursor.skipValue();
  } else if (word !== 'SIGNED') {
    const isZerofill = word === 'ZEROFILL' || draft.type.isZerofill;
    draft.type = { ...draft.type, isUnsigned: true, isZerofill };
  }
  return true;
}

const CHARSET_WORDS: Readonly<Record<string, string>> = {
  ASCII: 'latin1',
  UNICODE: 'ucs2',
  BYTE: 'binary',
};

function acceptCharset(cursor: TokenCursor, draft: Draft): boolean {
  const option = cursor.at('DEFAULT') ? undefined : acceptCharsetOption(cursor, draft.charset);
  if (option !== undefined) {
    draft.charset = option;
    return true;
  }
  if (cursor.accept('BINARY')) {
    draft.charset = { ...draft.charset, isBinary: true };
    return true;
  }
  const charset = CHARSET_WORDS[cursor.acceptOne(Object.keys(CHARSET_WORDS)) ?? ''];
  if (charset === undefined) return false;
  draft.charset = { ...draft.charset, charset };
  return true;
}

function columnKey(kind: 'primary' | 'unique', column: string): KeySpec {
  const parts = [{ column, prefixLength: undefined, isPeriod: false }];
  return { kind, name: undefined, parts, isHash: false, isIfNotExists: false };
}

function makeSerial(draft: Draft, name: string): void {
  draft.isNullable = false;
  draft.keys.push(columnKey('unique', name));
}

function acceptKeyAttribute(cursor: TokenCursor, draft: Draft, name: string): boolean {
  if (cursor.accept('UNIQUE')) {
    cursor.accept('KEY');
    draft.keys.push(columnKey('unique', name));
  } else if (cursor.accept('PRIMARY', 'KEY') || cursor.accept('PRIMARY') || cursor.accept('KEY')) {
    draft.keys.push(columnKey('primary', name));
  } else return false;
  return true;
}

function acceptDefault(cursor: TokenCursor, draft: Draft, { name, owner }: Owner): boolean {
  if (cursor.accept('SERIAL', 'DEFAULT', 'VALUE')) makeSerial(draft, name);
  else if (cursor.accept('DEFAULT') || cursor.accept('ON', 'UPDATE')) skipDefault(cursor, owner);
  else return false;
  return true;
}

function acceptGenerated(cursor: TokenCursor, draft: Draft, owner: TableName): boolean {
  if (cursor.accept('GENERATED', 'ALWAYS', 'AS', 'ROW') || cursor.accept('AS', 'ROW')) {
    draft.rowTime = cursor.accept('START') ? 'start' : 'end';
    if (draft.rowTime === 'end') cursor.expect('END');
    draft.generated = 'stored';
    draft.isNullable = false;
  } else if (cursor.accept('GENERATED', 'ALWAYS', 'AS') || cursor.accept('AS')) {
    skipExpression(cursor, owner);
    draft.generated = 'virtual';
  } else if (cursor.acceptOne(['STORED', 'PERSISTENT']) !== undefined) draft.generated = 'stored';
  else if (cursor.accept('VIRTUAL')) draft.generated = 'virtual';
  else return false;
  return true;
}

function acceptConstraint(cursor: TokenCursor, owner: TableName): boolean {
  if (cursor.accept('CONSTRAINT')) {
    if (!cursor.at('CHECK') && !cursor.at('REFERENCES')) cursor.name();
    return true;
  }
  if (cursor.accept('CHECK')) {
    skipExpression(cursor, owner);
    acceptEnforced(cursor);
    return true;
  }
  if (!cursor.accept('REFERENCES')) return false;
  parseReferences(cursor);
  return true;
}

function acceptVisibility(cursor: TokenCursor, draft: Draft): boolean {
  if (cursor.accept('INVISIBLE')) draft.isInvisible = true;
  else if (cursor.accept('VISIBLE')) draft.isInvisible = false;
  else if (cursor.accept('WITH', 'SYSTEM', 'VERSIONING')) draft.isVersioned = true;
  else return cursor.accept('WITHOUT', 'SYSTEM', 'VERSIONING');
  return true;
}

const OPTIONS = `COMMENT COLUMN_FORMAT STORAGE SRID REF_SYSTEM_ID ENGINE_ATTRIBUTE
  SECONDARY_ENGINE_ATTRIBUTE`.split(/\s+/);

/** COMMENT and the like; an engine's own attributes have an equals sign. */
function acceptOption(cursor: TokenCursor): boolean {
  if (cursor.accept('NOT', 'SECONDARY')) return true;
  const isKnown = cursor.acceptOne(OPTIONS) !== undefined;
  if (!isKnown) {
    if (!cursor.isName() || cursor.peek(1).keyword !== '=') return false;
    cursor.next();
  }
  cursor.accept('=');
  cursor.skipValue();
  while (isKnown && cursor.peek().kind === 'string') cursor.next();
  return true;
}
