import type { DdlEffect } from '../../core/change.ts';
import type { TableName } from '../../core/table.ts';
import { acceptCharsetOption, parseCharsetPair } from './parse-charset.ts';
import { parseColumn, parseColumnBody } from './parse-column.ts';
import { acceptPeriod, acceptTableOption } from './parse-create-table.ts';
import { skipDefault } from './parse-expression.ts';
import { acceptEnforced, acceptTableKey } from './parse-key.ts';
import { NO_CHARSET } from './parse-type.ts';
import type { AlterChange, ColumnPosition, DdlOperation } from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

export interface ParsedAlter {
  readonly operations: readonly DdlOperation[];
  readonly effects: readonly DdlEffect[];
}

interface AlterDraft {
  readonly table: TableName;
  readonly changes: AlterChange[];
  readonly effects: DdlEffect[];
  /** Done after the changes. */
  readonly operations: DdlOperation[];
  renameTo: TableName | undefined;
}

/** What follows ALTER [ONLINE] [IGNORE] TABLE. `onTable` is told the name as soon as it is read. */
export function parseAlterTable(
  cursor: TokenCursor,
  onTable: (table: TableName) => void,
): ParsedAlter {
  cursor.acceptIfExists();
  const table = cursor.tableName();
  onTable(table);
  acceptWait(cursor);
  const draft: AlterDraft = {
    table,
    changes: [],
    effects: [{ kind: 'alter', table }],
    operations: [],
    renameTo: undefined,
  };
  while (!cursor.isAtEnd) {
    const before = draft.changes.at(-1);
    if (cursor.at('PARTITION', 'BY')) cursor.skipRest();
    else if (!acceptSpecification(cursor, draft)) cursor.fail();
    if (draft.changes.at(-1) === before) draft.changes.push({ kind: 'other' });
    cursor.accept(',');
  }
  return finish(draft);
}

function finish({ table, changes, effects, operations, renameTo }: AlterDraft): ParsedAlter {
  const all: DdlOperation[] = [{ kind: 'alter-table', table, changes }, ...operations];
  if (renameTo === undefined) return { operations: all, effects };
  return {
    operations: [...all, { kind: 'rename-table', table, to: renameTo, isIfExists: false }],
    effects: [...effects, { kind: 'rename', table, to: renameTo }],
  };
}

/** MariaDB: WAIT n, NOWAIT. */
export function acceptWait(cursor: TokenCursor): void {
  if (cursor.accept('WAIT')) cursor.number();
  else cursor.accept('NOWAIT');
}

function acceptSpecification(cursor: TokenCursor, draft: AlterDraft): boolean {
  if (cursor.accept('ADD')) parseAdd(cursor, draft);
  else if (cursor.accept('DROP')) parseDrop(cursor, draft);
  else if (cursor.accept('MODIFY')) parseModify(cursor, draft);
  else if (cursor.accept('CHANGE')) parseChange(cursor, draft);
  else if (cursor.accept('ALTER')) parseAlterElement(cursor, draft);
  else if (cursor.accept('RENAME')) parseRename(cursor, draft);
  else if (cursor.at('CONVERT')) parseConvert(cursor, draft);
  else if (!acceptPartitionWork(cursor, draft)) return acceptOption(cursor, draft);
  return true;
}

function parsePosition(cursor: TokenCursor): ColumnPosition | undefined {
  if (cursor.accept('FIRST')) return { kind: 'first' };
  return cursor.accept('AFTER') ? { kind: 'after', column: cursor.name() } : undefined;
}

function parseAdd(cursor: TokenCursor, draft: AlterDraft): void {
  const { table, changes } = draft;
  if (cursor.at('PARTITION')) {
    cursor.skipRest();
    return;
  }
  if (cursor.accept('SYSTEM', 'VERSIONING')) {
    changes.push({ kind: 'add-versioning' });
    return;
  }
  const period = acceptPeriod(cursor);
  if (period !== undefined) {
    changes.push({ kind: 'add-period', period });
    return;
  }
  const key = acceptTableKey(cursor, table);
  if (key === 'check') return;
  if (key !== undefined) changes.push({ kind: 'add-key', key });
  else parseAddColumns(cursor, draft);
}

function parseAddColumns(cursor: TokenCursor, { table, changes }: AlterDraft): void {
  cursor.accept('COLUMN');
  const isIfNotExists = cursor.acceptIfNotExists();
  if (!cursor.accept('(')) {
    const column = parseColumn(cursor, table);
    const position = parsePosition(cursor) ?? { kind: 'last' };
    changes.push({ kind: 'add-column', column, position, isIfNotExists });
    return;
  }
  do {
    const key = acceptTableKey(cursor, table);
    if (key === 'check') continue;
    if (key !== undefined) changes.push({ kind: 'add-key', key });
    else {
      const column = parseColumn(cursor, table);
      changes.push({ kind: 'add-column', column, position: { kind: 'last' }, isIfNotExists });
    }
  } while (cursor.accept(','));
  cursor.expect(')');
}

function parseDrop(cursor: TokenCursor, { changes }: AlterDraft): void {
  if (cursor.at('PARTITION')) cursor.skipRest();
  else if (cursor.accept('PRIMARY', 'KEY')) changes.push({ kind: 'drop-key', name: 'PRIMARY' });
  else if (cursor.accept('FOREIGN', 'KEY')) {
    cursor.acceptIfExists();
    cursor.name();
  } else if (cursor.accept('SYSTEM', 'VERSIONING')) changes.push({ kind: 'drop-versioning' });
  else if (cursor.accept('PERIOD', 'FOR') || cursor.accept('CHECK')) {
    cursor.acceptIfExists();
    cursor.name();
  } else if (cursor.acceptOne(['INDEX', 'KEY']) !== undefined) {
    cursor.acceptIfExists();
    changes.push({ kind: 'drop-key', name: cursor.name() });
  } else if (cursor.accept('CONSTRAINT')) {
    cursor.acceptIfExists();
    changes.push({ kind: 'drop-constraint', name: cursor.name() });
  } else {
    cursor.accept('COLUMN');
    const isIfExists = cursor.acceptIfExists();
    changes.push({ kind: 'drop-column', column: cursor.name(), isIfExists });
    cursor.acceptOne(['RESTRICT', 'CASCADE']);
  }
}

function parseModify(cursor: TokenCursor, { table, changes }: AlterDraft): void {
  cursor.accept('COLUMN');
  const isIfExists = cursor.acceptIfExists();
  const column = parseColumn(cursor, table);
  const position = parsePosition(cursor);
  changes.push({ kind: 'change-column', from: column.name, column, position, isIfExists });
}

function parseChange(cursor: TokenCursor, { table, changes }: AlterDraft): void {
  cursor.accept('COLUMN');
  const isIfExists = cursor.acceptIfExists();
  const from = cursor.name();
  const column = parseColumnBody(cursor, cursor.name(), table);
  const position = parsePosition(cursor);
  changes.push({ kind: 'change-column', from, column, position, isIfExists });
}

/** ALTER [COLUMN] c …, ALTER INDEX i …, ALTER CHECK c …, ALTER CONSTRAINT c …. */
function parseAlterElement(cursor: TokenCursor, draft: AlterDraft): void {
  if (cursor.acceptOne(['INDEX', 'KEY']) !== undefined) {
    cursor.acceptIfExists();
    cursor.name();
    if (!cursor.accept('NOT', 'IGNORED')) cursor.next();
    return;
  }
  if (cursor.acceptOne(['CHECK', 'CONSTRAINT']) !== undefined) {
    cursor.name();
    acceptEnforced(cursor);
    return;
  }
  cursor.accept('COLUMN');
  cursor.acceptIfExists();
  const column = cursor.name();
  if (cursor.accept('DROP', 'DEFAULT')) return;
  cursor.expect('SET');
  const visibility = cursor.acceptOne(['VISIBLE', 'INVISIBLE']);
  if (visibility !== undefined) {
    draft.changes.push({
      kind: 'set-visibility',
      column,
      isInvisible: visibility === 'INVISIBLE',
    });
    return;
  }
  cursor.expect('DEFAULT');
  skipDefault(cursor, draft.table);
}

function parseRename(cursor: TokenCursor, draft: AlterDraft): void {
  if (cursor.accept('COLUMN')) {
    const isIfExists = cursor.acceptIfExists();
    const from = cursor.name();
    cursor.expect('TO');
    draft.changes.push({ kind: 'rename-column', from, to: cursor.name(), isIfExists });
  } else if (cursor.acceptOne(['INDEX', 'KEY']) !== undefined) {
    cursor.acceptIfExists();
    const from = cursor.name();
    cursor.expect('TO');
    draft.changes.push({ kind: 'rename-key', from, to: cursor.name() });
  } else {
    // `RENAME to` renames to a table called "to" when nothing follows.
    if (cursor.at('=') || cursor.isName(1) || cursor.peek(1).keyword === '.') {
      if (cursor.at('TO') || cursor.at('AS') || cursor.at('=')) cursor.next();
    }
    draft.renameTo = cursor.tableName();
  }
}

/** CONVERT TO CHARACTER SET …; MariaDB: CONVERT PARTITION p TO TABLE t, CONVERT TABLE t TO PARTITION. */
function parseConvert(cursor: TokenCursor, draft: AlterDraft): void {
  cursor.expect('CONVERT');
  if (cursor.accept('TO')) {
    draft.changes.push({ kind: 'convert', charset: parseCharsetPair(cursor) });
  } else if (cursor.accept('PARTITION')) {
    cursor.name();
    cursor.expect('TO', 'TABLE');
    const table = cursor.tableName();
    draft.operations.push({
      kind: 'create-like',
      table,
      like: draft.table,
      isIfNotExists: false,
    });
    draft.effects.push({ kind: 'create', table });
    cursor.skipRest();
  } else {
    cursor.expect('TABLE');
    const table = cursor.tableName();
    draft.operations.push({ kind: 'drop-table', table });
    draft.effects.push({ kind: 'drop', table });
    cursor.skipRest();
  }
}

const PARTITION_WORK = `COALESCE REORGANIZE ANALYZE CHECK OPTIMIZE REBUILD REPAIR TRUNCATE DISCARD
  IMPORT REMOVE UPGRADE`.split(/\s+/);

/** Work on partitions and tablespaces, which moves no definition; it ends the statement. */
function acceptPartitionWork(cursor: TokenCursor, draft: AlterDraft): boolean {
  if (cursor.accept('EXCHANGE', 'PARTITION')) {
    cursor.name();
    cursor.expect('WITH', 'TABLE');
    draft.effects.push({ kind: 'alter', table: cursor.tableName() });
    cursor.skipRest();
    return true;
  }
  const next = cursor.peek(1).keyword;
  const isWork = next === 'PARTITION' || next === 'PARTITIONING' || next === 'TABLESPACE';
  if (!isWork || cursor.acceptOne(PARTITION_WORK) === undefined) return false;
  cursor.skipRest();
  return true;
}

const FLAGS: readonly (readonly string[])[] = [
  ['FORCE'],
  ['ENABLE', 'KEYS'],
  ['DISABLE', 'KEYS'],
  ['WITH', 'VALIDATION'],
  ['WITHOUT', 'VALIDATION'],
  ['SECONDARY_LOAD'],
  ['SECONDARY_UNLOAD'],
];

function acceptOption(cursor: TokenCursor, draft: AlterDraft): boolean {
  if (cursor.accept('ORDER', 'BY')) {
    cursor.skipRest();
    return true;
  }
  if (FLAGS.some((flag) => cursor.accept(...flag))) return true;
  // CHARACTER SET and COLLATE come as two options and mean one thing.
  const last = draft.changes.at(-1);
  const before = last?.kind === 'set-charset' ? last.charset : undefined;
  const charset = acceptCharsetOption(cursor, before ?? NO_CHARSET);
  if (charset !== undefined) {
    if (before !== undefined) draft.changes.pop();
    draft.changes.push({ kind: 'set-charset', charset });
    return true;
  }
  if (cursor.acceptOne(['ENGINE', 'TYPE']) !== undefined) {
    cursor.accept('=');
    draft.changes.push({ kind: 'set-engine', engine: cursor.next().text.toLowerCase() });
    return true;
  }
  return acceptTableOption(cursor);
}
