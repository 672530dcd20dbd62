import type { TableName } from '../../../core/table.ts';
import { formatTableName } from '../../../core/table.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import { readText } from '../../../server/row-reader.ts';

/** Ids by `database.table`; a table without InnoDB parts has none. undefined: not to be had. */
export type TableIds = ReadonlyMap<string, readonly string[] | undefined>;

const NO_RIGHT = [1227] as const;
const NO_SUCH_VIEW = [1109, 1146] as const;

/**
 * InnoDB's TABLE_ID of tables, of every partition where there are some. It moves with a rename, and a
 * rebuilt or emptied table gets another, so it shows what the definition alone does not. Reading it
 * takes the PROCESS privilege; undefined: the account lacks it.
 */
export async function readTableIds(
  connection: ServerConnection,
  tables: readonly TableName[],
): Promise<TableIds | undefined> {
  if (tables.length === 0) return new Map();
  const rows = await readInnodbTables(connection, tables);
  if (rows === undefined) return undefined;
  const isFolded = connection.info.lowerCaseTableNames !== 0;
  const ids = new Map<string, readonly string[] | undefined>();
  for (const table of tables) ids.set(formatTableName(table), idsOf(table, rows, isFolded));
  return ids;
}

interface InnodbTable {
  readonly id: string;
  readonly name: string;
}

async function readInnodbTables(
  connection: ServerConnection,
  tables: readonly TableName[],
): Promise<readonly InnodbTable[] | undefined> {
  const pattern = tables.map((table) => `(${filePattern(table)})`).join('|');
  const { flavor, versionNumber } = connection.info;
  const view =
    flavor === 'mysql' && versionNumber >= 80_000 ? 'INNODB_TABLES' : 'INNODB_SYS_TABLES';
  try {
    const rows = await connection.query(
      `SELECT TABLE_ID AS id, NAME AS name FROM information_schema.${view} WHERE NAME REGEXP ?`,
      [`^(${pattern})$`],
    );
    return rows.map((row) => ({ id: readText(row, 'id'), name: readText(row, 'name') }));
  } catch (thrown) {
    if (isServerErrno(thrown, ...NO_RIGHT, ...NO_SUCH_VIEW)) return undefined;
    throw thrown;
  }
}

function idsOf(
  table: TableName,
  rows: readonly InnodbTable[],
  isFolded: boolean,
): readonly string[] | undefined {
  const pattern = new RegExp(`^${filePattern(table)}$`, isFolded ? 'i' : '');
  const mine = rows.filter((row) => pattern.test(row.name));
  const names = new Set(mine.map((row) => row.name.replace(/#p#.*$/i, '')));
  // Names of letters beyond ASCII are known by a pattern only, which two tables may fit.
  return names.size > 1 ? undefined : mine.map((row) => row.id).sort();
}

/** `database/table` as file names spell it, with `#P#partition` behind it or not, as a regular expression. */
function filePattern({ database, table }: TableName): string {
  return `${fileNamePattern(database)}/${fileNamePattern(table)}(#[pP]#.*)?`;
}

/**
 * Letters and digits of ASCII and the underscore stand for themselves, everything else is `@` and four
 * hexadecimal digits, but for letters that have a code of two characters behind the `@`.
 */
function fileNamePattern(name: string): string {
  let pattern = '';
  for (let i = 0; i < name.length; i++) {
    const char = name.charAt(i);
    const code = name.charCodeAt(i);
    if (/\w/.test(char)) pattern += char;
    else if (code < 0xc0) pattern += `@${code.toString(16).padStart(4, '0')}`;
    else pattern += `@(${code.toString(16).padStart(4, '0')}|[0-9A-Za-z][0-9A-Za-z])`;
  }
  return pattern;
}
