import type { DdlEffect, DdlSubject } from '../../core/change.ts';
import type { TableName } from '../../core/table.ts';
import { findPossibleTables } from './possible-tables.ts';
import { acceptWait, parseAlterTable } from './parse-alter-table.ts';
import { acceptCharsetOption } from './parse-charset.ts';
import { parseCreateTable } from './parse-create-table.ts';
import { parseIndexKey, parseKeyOptions } from './parse-key.ts';
import { NO_CHARSET } from './parse-type.ts';
import type { CharsetSpec, DdlOperation, ParsedDdl, ParseDdlOptions } from './parsed-ddl.ts';
import { skipToObject, subjectOf } from './statement-head.ts';
import { TokenCursor, UnknownSyntax } from './token-cursor.ts';

/** What is known of the statement so far: it stands when the parser has to give up. */
interface Draft {
  subject: DdlSubject;
  readonly effects: DdlEffect[];
  readonly operations: DdlOperation[];
  readonly unclear: TableName[];
  /** False: names inside it were not looked at. */
  isWhole: boolean;
  isFromQuery: boolean;
}

/**
 * Reads a DDL statement by recursive descent. It never throws: when it meets something that it does
 * not know, the answer says so and names every table that the statement may have changed, so that the
 * history can learn just those anew.
 */
export function parseDdl(statement: string, options: ParseDdlOptions): ParsedDdl {
  const cursor = new TokenCursor(statement, options);
  const draft: Draft = {
    subject: 'other',
    effects: [],
    operations: [],
    unclear: [],
    isWhole: true,
    isFromQuery: false,
  };
  try {
    parseStatement(cursor, draft);
    if (!cursor.isAtEnd) cursor.fail();
    return finish(cursor, draft, draft.isWhole);
  } catch (thrown) {
    if (!(thrown instanceof UnknownSyntax)) throw thrown;
    giveUp(cursor, draft);
    return finish(cursor, draft, false);
  }
}

function finish(cursor: TokenCursor, draft: Draft, isFullyParsed: boolean): ParsedDdl {
  const { subject, effects, operations, unclear, isFromQuery } = draft;
  const references = [...cursor.references].sort((a, b) => a.start - b.start);
  return { subject, effects, references, isFullyParsed, isFromQuery, operations, unclear };
}

/** Tables are touched by statements about tables, and by those of which nothing is known. */
function giveUp(cursor: TokenCursor, draft: Draft): void {
  const { subject, effects } = draft;
  const isAboutTables = subject === 'table' || subject === 'index' || subject === 'other';
  if (!isAboutTables) return;
  const possible = findPossibleTables(cursor, subject);
  const kind = EFFECT_OF_VERB[cursor.tokens[0]?.keyword ?? ''] ?? 'alter';
  // What was read before is not to be trusted: a list of renames or drops counts as a whole.
  draft.operations.length = 0;
  for (const table of possible) {
    draft.unclear.push(table);
    if (!effects.some((effect) => 'table' in effect && isSameTable(effect.table, table))) {
      effects.push({ kind: subject === 'table' ? kind : 'alter', table });
    }
  }
}

const EFFECT_OF_VERB: Readonly<Record<string, 'create' | 'drop'>> = {
  CREATE: 'create',
  DROP: 'drop',
};

const isSameTable = (a: TableName, b: TableName): boolean =>
  a.database === b.database && a.table === b.table;

const MAINTENANCE = new Set(['ANALYZE', 'OPTIMIZE', 'REPAIR', 'CHECK', 'FLUSH']);

function parseStatement(cursor: TokenCursor, draft: Draft): void {
  const verb = cursor.next().keyword;
  switch (verb) {
    case 'CREATE':
    case 'ALTER':
    case 'DROP':
      parseObject(cursor, draft, verb);
      return;
    case 'RENAME':
      parseRename(cursor, draft);
      return;
    case 'TRUNCATE':
      parseTruncate(cursor, draft);
      return;
    case 'GRANT':
    case 'REVOKE':
      draft.subject = 'user';
      passOver(cursor, draft);
      return;
    default:
      if (!MAINTENANCE.has(verb)) cursor.fail();
      draft.subject = 'maintenance';
      parseMaintenance(cursor);
  }
}

/** A statement that moves no table, whose inside is not looked at. */
function passOver(cursor: TokenCursor, draft: Draft): void {
  draft.isWhole = false;
  while (!cursor.isAtEnd) cursor.next();
}

function parseObject(cursor: TokenCursor, draft: Draft, verb: 'CREATE' | 'ALTER' | 'DROP'): void {
  const head = skipToObject(cursor);
  if (head.object === undefined) cursor.fail();
  // Never in a row-format binlog with an effect on ours: seen by one session only.
  draft.subject = head.isTemporary ? 'other' : subjectOf(head.object);
  if (head.isTemporary) passOver(cursor, draft);
  else if (head.object === 'TABLE') parseTableStatement(cursor, draft, verb);
  else if (head.object === 'DATABASE') parseDatabase(cursor, draft, verb);
  else if (head.object === 'INDEX') parseIndex(cursor, draft, { ...head, verb });
  else if (head.object === 'SEQUENCE') parseSequence(cursor, draft, verb);
  else if (head.object === 'VIEW') parseView(cursor, draft, verb);
  else if (head.object === 'TRIGGER') parseTrigger(cursor, draft, verb);
  else passOver(cursor, draft);
}

function parseTableStatement(
  cursor: TokenCursor,
  draft: Draft,
  verb: 'CREATE' | 'ALTER' | 'DROP',
): void {
  if (verb === 'CREATE') {
    const created = parseCreateTable(cursor);
    draft.effects.push({ kind: 'create', table: created.table });
    if (created.kind === 'unclear') {
      draft.unclear.push(created.table);
      draft.isWhole = false;
      draft.isFromQuery = created.isFromQuery;
    } else draft.operations.push(created);
  } else if (verb === 'ALTER') {
    const altered = parseAlterTable(cursor, () => undefined);
    draft.effects.push(...altered.effects);
    draft.operations.push(...altered.operations);
  } else parseDropTables(cursor, draft);
}

/** `[IF EXISTS] a, b [WAIT n | NOWAIT] [RESTRICT | CASCADE]`. */
function parseDropTables(cursor: TokenCursor, draft: Draft): void {
  cursor.acceptIfExists();
  do {
    const table = cursor.tableName();
    draft.effects.push({ kind: 'drop', table });
    draft.operations.push({ kind: 'drop-table', table });
  } while (cursor.accept(','));
  acceptWait(cursor);
  cursor.acceptOne(['RESTRICT', 'CASCADE']);
}

function parseDatabase(cursor: TokenCursor, draft: Draft, verb: 'CREATE' | 'ALTER' | 'DROP'): void {
  if (verb === 'DROP') {
    cursor.acceptIfExists();
    const database = cursor.databaseName();
    draft.effects.push({ kind: 'drop-database', database });
    draft.operations.push({ kind: 'drop-database', database });
    return;
  }
  const isIfNotExists = cursor.acceptIfNotExists();
  const database = readDatabaseName(cursor, verb);
  const charset = parseDatabaseOptions(cursor);
  const kind = verb === 'CREATE' ? 'create-database' : 'alter-database';
  draft.effects.push({ kind, database });
  draft.operations.push({ kind, database, charset, isIfNotExists });
}

const DATABASE_OPTIONS = `DEFAULT CHARACTER CHARSET CHAR COLLATE ENCRYPTION READ COMMENT
  UPGRADE`.split(/\s+/);

/** ALTER DATABASE without a name means the default one. */
function readDatabaseName(cursor: TokenCursor, verb: 'CREATE' | 'ALTER'): string {
  const isOption = DATABASE_OPTIONS.includes(cursor.peek().keyword);
  if (verb === 'ALTER' && isOption) return cursor.options.defaultDatabase;
  return cursor.databaseName();
}

function parseDatabaseOptions(cursor: TokenCursor): CharsetSpec {
  let charset: CharsetSpec = NO_CHARSET;
  while (!cursor.isAtEnd) {
    const option = acceptCharsetOption(cursor, charset);
    if (option !== undefined) charset = option;
    else if (cursor.accept('UPGRADE', 'DATA', 'DIRECTORY', 'NAME')) continue;
    else {
      cursor.accept('DEFAULT');
      if (!cursor.accept('READ', 'ONLY') && cursor.acceptOne(DATABASE_OPTIONS) === undefined) {
        cursor.fail();
      }
      cursor.accept('=');
      cursor.skipValue();
    }
  }
  return charset;
}

interface IndexHead {
  readonly verb: 'CREATE' | 'ALTER' | 'DROP';
  readonly isUnique: boolean;
  readonly isOrReplace: boolean;
}

/** CREATE [OR REPLACE] [UNIQUE] INDEX name ON t (…), DROP INDEX name ON t: changes of a table. */
function parseIndex(cursor: TokenCursor, draft: Draft, head: IndexHead): void {
  const { verb, isUnique } = head;
  if (verb === 'ALTER') cursor.fail();
  const isIfNotExists = cursor.acceptIfNotExists();
  cursor.acceptIfExists();
  const name = cursor.name();
  if (cursor.acceptOne(['USING', 'TYPE']) !== undefined) cursor.next();
  cursor.expect('ON');
  const table = cursor.tableName();
  draft.effects.push({ kind: 'alter', table });
  if (verb === 'DROP') {
    const changes = [{ kind: 'drop-key', name }] as const;
    draft.operations.push({ kind: 'alter-table', table, changes });
    cursor.skipRest();
    return;
  }
  acceptWait(cursor);
  const key = parseIndexKey(cursor, table);
  parseIndexOptions(cursor);
  const kind = isUnique ? 'unique' : 'index';
  const add = { kind: 'add-key', key: { ...key, kind, name, isIfNotExists } } as const;
  const drop = head.isOrReplace ? [{ kind: 'drop-key', name } as const] : [];
  draft.operations.push({ kind: 'alter-table', table, changes: [...drop, add] });
}

/** `ALGORITHM = …`, `LOCK = …`, mixed with the key's own options. */
function parseIndexOptions(cursor: TokenCursor): void {
  acceptWait(cursor);
  while (!cursor.isAtEnd) {
    if (cursor.acceptOne(['ALGORITHM', 'LOCK']) === undefined) cursor.fail();
    cursor.accept('=');
    cursor.skipValue();
    parseKeyOptions(cursor);
  }
}

function parseSequence(cursor: TokenCursor, draft: Draft, verb: 'CREATE' | 'ALTER' | 'DROP'): void {
  if (verb === 'DROP') {
    parseDropTables(cursor, draft);
    draft.effects.length = 0;
    return;
  }
  cursor.acceptIfNotExists();
  cursor.acceptIfExists();
  const table = cursor.tableName();
  if (verb === 'CREATE') draft.operations.push({ kind: 'create-sequence', table });
  cursor.skipRest();
}

function parseView(cursor: TokenCursor, draft: Draft, verb: 'CREATE' | 'ALTER' | 'DROP'): void {
  if (verb === 'DROP') {
    cursor.acceptIfExists();
    do cursor.tableName();
    while (cursor.accept(','));
    cursor.acceptOne(['RESTRICT', 'CASCADE']);
    return;
  }
  cursor.acceptIfNotExists();
  cursor.tableName();
  passOver(cursor, draft);
}

/** CREATE TRIGGER [IF NOT EXISTS] name time event ON t FOR EACH ROW …. */
function parseTrigger(cursor: TokenCursor, draft: Draft, verb: 'CREATE' | 'ALTER' | 'DROP'): void {
  if (verb === 'CREATE') {
    cursor.acceptIfNotExists();
    while (!cursor.isAtEnd && !cursor.at('ON')) cursor.next();
    cursor.expect('ON');
    cursor.tableName();
  }
  passOver(cursor, draft);
}

/** RENAME TABLE a TO b, c TO d: one after the other, as the server does. */
function parseRename(cursor: TokenCursor, draft: Draft): void {
  if (cursor.accept('USER')) {
    draft.subject = 'user';
    passOver(cursor, draft);
    return;
  }
  draft.subject = 'table';
  if (cursor.acceptOne(['TABLE', 'TABLES']) === undefined) cursor.fail();
  const isIfExists = cursor.acceptIfExists();
  do {
    const table = cursor.tableName();
    acceptWait(cursor);
    cursor.expect('TO');
    const to = cursor.tableName();
    draft.effects.push({ kind: 'rename', table, to });
    draft.operations.push({ kind: 'rename-table', table, to, isIfExists });
  } while (cursor.accept(','));
}

function parseTruncate(cursor: TokenCursor, draft: Draft): void {
  draft.subject = 'table';
  cursor.accept('TABLE');
  draft.effects.push({ kind: 'truncate', table: cursor.tableName() });
  acceptWait(cursor);
}

/** ANALYZE, OPTIMIZE, REPAIR, CHECK [NO_WRITE_TO_BINLOG | LOCAL] TABLE a, b …. */
function parseMaintenance(cursor: TokenCursor): void {
  cursor.acceptOne(['NO_WRITE_TO_BINLOG', 'LOCAL']);
  if (cursor.acceptOne(['TABLE', 'TABLES']) !== undefined && cursor.isName()) {
    do cursor.tableName();
    while (cursor.accept(','));
  }
  while (!cursor.isAtEnd) cursor.next();
}
