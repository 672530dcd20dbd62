import type { TableName } from '../../core/table.ts';
import { acceptCharsetOption } from './parse-charset.ts';
import { parseColumn } from './parse-column.ts';
import { acceptTableKey } from './parse-key.ts';
import { NO_CHARSET } from './parse-type.ts';
import type {
  CharsetSpec,
  ColumnSpec,
  DdlOperation,
  KeySpec,
  PeriodSpec,
  TableSpec,
} from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

/** What CREATE TABLE makes. 'unclear': its columns are not all there to be read. */
export type CreatedTable =
  | Extract<DdlOperation, { kind: 'create-table' | 'create-like' }>
  | { readonly kind: 'unclear'; readonly table: TableName; readonly isFromQuery: boolean };

interface TableDraft {
  readonly columns: ColumnSpec[];
  readonly keys: KeySpec[];
  readonly periods: PeriodSpec[];
  charset: CharsetSpec;
  engine: string | undefined;
  isVersioned: boolean;
  isFromQuery: boolean;
}

/** What follows CREATE … TABLE. */
export function parseCreateTable(cursor: TokenCursor): CreatedTable {
  const isIfNotExists = cursor.acceptIfNotExists();
  const table = cursor.tableName();
  const like = acceptLike(cursor);
  if (like !== undefined) return { kind: 'create-like', table, like, isIfNotExists };
  const draft: TableDraft = {
    columns: [],
    keys: [],
    periods: [],
    charset: NO_CHARSET,
    engine: undefined,
    isVersioned: false,
    isFromQuery: false,
  };
  if (cursor.at('(') && !isQuery(cursor, 1)) parseElements(cursor, table, draft);
  parseTableOptions(cursor, draft);
  parsePartitioning(cursor);
  if (acceptQuery(cursor)) draft.isFromQuery = true;
  if (!cursor.isAtEnd) cursor.fail();
  const { isFromQuery } = draft;
  if (isFromQuery || draft.columns.length === 0) return { kind: 'unclear', table, isFromQuery };
  // MariaDB logs IF NOT EXISTS only where the table was made; MySQL always.
  const mayExist = isIfNotExists && cursor.options.flavor === 'mysql';
  return { kind: 'create-table', table, spec: toSpec(draft), isIfNotExists: mayExist };
}

function toSpec(draft: TableDraft): TableSpec {
  const { columns, keys, periods, charset, engine } = draft;
  const isVersioned = draft.isVersioned || columns.some((column) => column.isVersioned);
  return { columns, keys, periods, charset, engine, isVersioned };
}

/** `LIKE t` or `(LIKE t)`. */
function acceptLike(cursor: TokenCursor): TableName | undefined {
  if (cursor.accept('(', 'LIKE')) {
    const like = cursor.tableName();
    cursor.expect(')');
    return cursor.isAtEnd ? like : cursor.fail();
  }
  if (!cursor.accept('LIKE')) return undefined;
  const like = cursor.tableName();
  return cursor.isAtEnd ? like : cursor.fail();
}

function parseElements(cursor: TokenCursor, table: TableName, draft: TableDraft): void {
  cursor.expect('(');
  do parseElement(cursor, table, draft);
  while (cursor.accept(','));
  cursor.expect(')');
}

function parseElement(cursor: TokenCursor, table: TableName, draft: TableDraft): void {
  const key = acceptTableKey(cursor, table);
  if (key === 'check') return;
  if (key !== undefined) {
    draft.keys.push(key);
    return;
  }
  const period = acceptPeriod(cursor);
  if (period !== undefined) {
    draft.periods.push(period);
    return;
  }
  const column = parseColumn(cursor, table);
  draft.columns.push(column);
  draft.keys.push(...column.keys);
}

/** MariaDB: `PERIOD FOR name (start, end)`. */
export function acceptPeriod(cursor: TokenCursor): PeriodSpec | undefined {
  if (!cursor.accept('PERIOD', 'FOR')) return undefined;
  const name = cursor.name();
  cursor.expect('(');
  const start = cursor.name();
  cursor.expect(',');
  const end = cursor.name();
  cursor.expect(')');
  return { name, start, end };
}

function parseTableOptions(cursor: TokenCursor, draft: TableDraft): void {
  for (;;) {
    cursor.accept(',');
    if (cursor.isAtEnd || cursor.at('PARTITION', 'BY') || isQuery(cursor, 0)) return;
    const charset = acceptCharsetOption(cursor, draft.charset);
    if (charset !== undefined) draft.charset = charset;
    else if (cursor.accept('WITH', 'SYSTEM', 'VERSIONING')) draft.isVersioned = true;
    else if (cursor.acceptOne(['ENGINE', 'TYPE']) !== undefined) {
      cursor.accept('=');
      draft.engine = cursor.next().text.toLowerCase();
    } else if (!acceptTableOption(cursor)) cursor.fail();
  }
}

/** Options of two words. */
const TWO_WORDS = ['DATA', 'INDEX'];

/** Any other table option: passed over, but tables that it names are noted. */
export function acceptTableOption(cursor: TokenCursor): boolean {
  if (cursor.accept('START', 'TRANSACTION')) return true;
  if (cursor.accept('UNION')) {
    cursor.accept('=');
    cursor.expect('(');
    while (!cursor.accept(')')) {
      cursor.tableName();
      cursor.accept(',');
    }
    return true;
  }
  if (!cursor.isName()) return false;
  if (TWO_WORDS.includes(cursor.peek().keyword)) {
    cursor.next();
    cursor.expect('DIRECTORY');
  } else cursor.next();
  cursor.accept('=');
  cursor.skipValue();
  // 4M, 128K: the lexer reads these as one word or as a number and a word.
  return true;
}

/** Does `SELECT`, `(SELECT`, `AS SELECT`, `IGNORE SELECT`, `WITH …` come? */
function isQuery(cursor: TokenCursor, offset: number): boolean {
  const first = cursor.peek(offset).keyword;
  const second = cursor.peek(offset + 1).keyword;
  if (first === 'WITH') return second !== 'SYSTEM';
  if (first === 'AS' || first === 'IGNORE' || first === 'REPLACE') return true;
  if (first === '(') return isQuery(cursor, offset + 1);
  return first === 'SELECT' || first === 'VALUES' || first === 'TABLE';
}

function acceptQuery(cursor: TokenCursor): boolean {
  if (cursor.isAtEnd || !isQuery(cursor, 0)) return false;
  cursor.skipRest();
  return true;
}

/** PARTITION BY … up to the end or a query. */
function parsePartitioning(cursor: TokenCursor): void {
  if (!cursor.accept('PARTITION', 'BY')) return;
  while (!cursor.isAtEnd && !isQuery(cursor, 0)) {
    if (cursor.at('(')) cursor.skipParentheses();
    else if (cursor.at(')')) cursor.fail();
    else cursor.next();
  }
}
