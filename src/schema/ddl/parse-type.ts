import { binaryLiteralBytes } from '../xid-text.ts';
import type { CharsetSpec, LabelSpec, TypeSpec } from './parsed-ddl.ts';
import type { TokenCursor } from './token-cursor.ts';

export const NO_CHARSET: CharsetSpec = { charset: undefined, collation: undefined };
const NATIONAL: CharsetSpec = { charset: 'utf8mb3', collation: undefined };
const MARIADB_JSON: CharsetSpec = { charset: 'utf8mb4', collation: 'utf8mb4_bin' };

/** Types of one word, and synonyms of one word. */
const WORDS: Readonly<Record<string, string>> = {
  TINYINT: 'tinyint',
  INT1: 'tinyint',
  SMALLINT: 'smallint',
  INT2: 'smallint',
  MEDIUMINT: 'mediumint',
  MIDDLEINT: 'mediumint',
  INT3: 'mediumint',
  INT: 'int',
  INTEGER: 'int',
  INT4: 'int',
  BIGINT: 'bigint',
  INT8: 'bigint',
  SERIAL: 'serial',
  BOOL: 'bool',
  BOOLEAN: 'bool',
  DECIMAL: 'decimal',
  DEC: 'decimal',
  NUMERIC: 'decimal',
  FIXED: 'decimal',
  FLOAT: 'float',
  FLOAT4: 'float',
  FLOAT8: 'double',
  BIT: 'bit',
  DATE: 'date',
  TIME: 'time',
  DATETIME: 'datetime',
  TIMESTAMP: 'timestamp',
  YEAR: 'year',
  VARCHAR: 'varchar',
  VARCHARACTER: 'varchar',
  BINARY: 'binary',
  VARBINARY: 'varbinary',
  TINYBLOB: 'tinyblob',
  BLOB: 'blob',
  MEDIUMBLOB: 'mediumblob',
  LONGBLOB: 'longblob',
  TINYTEXT: 'tinytext',
  TEXT: 'text',
  MEDIUMTEXT: 'mediumtext',
  LONGTEXT: 'longtext',
  ENUM: 'enum',
  SET: 'set',
  GEOMETRY: 'geometry',
  POINT: 'point',
  LINESTRING: 'linestring',
  POLYGON: 'polygon',
  MULTIPOINT: 'multipoint',
  MULTILINESTRING: 'multilinestring',
  MULTIPOLYGON: 'multipolygon',
  GEOMETRYCOLLECTION: 'geometrycollection',
  GEOMCOLLECTION: 'geometrycollection',
  VECTOR: 'vector',
  UUID: 'uuid',
  INET4: 'inet4',
  INET6: 'inet6',
};

/** What MariaDB's sql_mode ORACLE makes of its words. */
const ORACLE_WORDS: Readonly<Record<string, string>> = {
  DATE: 'datetime',
  VARCHAR2: 'varchar',
  CLOB: 'longtext',
  BLOB: 'longblob',
  RAW: 'varbinary',
};

/** Reads a column's type with its arguments; UNSIGNED and the like come later as attributes. */
export function parseType(cursor: TokenCursor): TypeSpec {
  const token = cursor.next();
  if (token.kind !== 'word') cursor.fail();
  const word = token.keyword;
  if (hasMode(cursor, 'ORACLE')) {
    const oracle = parseOracleType(cursor, word);
    if (oracle !== undefined) return oracle;
  }
  return parseManyWords(cursor, word) ?? parseOneWord(cursor, word);
}

/** Types whose words go on, or mean something else by mode or server. */
function parseManyWords(cursor: TokenCursor, word: string): TypeSpec | undefined {
  switch (word) {
    case 'CHAR':
    case 'CHARACTER':
      return withArgs(cursor, cursor.accept('VARYING') ? 'varchar' : 'char');
    case 'NCHAR':
    case 'NVARCHAR':
    case 'NATIONAL':
      return parseNational(cursor, word);
    case 'LONG':
      return parseLong(cursor);
    case 'DOUBLE':
      cursor.accept('PRECISION');
      return withArgs(cursor, 'double');
    case 'REAL':
      return withArgs(cursor, hasMode(cursor, 'REAL_AS_FLOAT') ? 'float' : 'double');
    case 'JSON':
      return parseJson(cursor);
    default:
      return undefined;
  }
}

function parseJson(cursor: TokenCursor): TypeSpec {
  if (cursor.options.flavor === 'mysql') return withArgs(cursor, 'json');
  return withArgs(cursor, 'longtext', MARIADB_JSON);
}

const hasMode = (cursor: TokenCursor, mode: string): boolean =>
  cursor.options.sqlModeNames?.includes(mode) === true;

function parseOneWord(cursor: TokenCursor, word: string): TypeSpec {
  const base = WORDS[word];
  if (base === undefined) cursor.fail();
  if (base === 'enum' || base === 'set') {
    return { ...plain(base), labels: parseLabels(cursor) };
  }
  return withArgs(cursor, base);
}

function parseOracleType(cursor: TokenCursor, word: string): TypeSpec | undefined {
  if (word === 'NUMBER') {
    const type = withArgs(cursor, 'decimal');
    return type.args.length === 0 ? { ...type, base: 'double' } : type;
  }
  const base = ORACLE_WORDS[word];
  return base === undefined ? undefined : withArgs(cursor, base);
}

/** NATIONAL CHAR, NATIONAL VARCHAR, NATIONAL CHAR VARYING, NCHAR, NCHAR VARCHAR, NVARCHAR. */
function parseNational(cursor: TokenCursor, first: string): TypeSpec {
  const word = cursor.acceptOne(['CHAR', 'CHARACTER', 'VARCHAR', 'VARCHARACTER']);
  if (word === undefined && first === 'NATIONAL') cursor.fail();
  const isVarying =
    cursor.accept('VARYING') || first === 'NVARCHAR' || word?.startsWith('VAR') === true;
  return withArgs(cursor, isVarying ? 'varchar' : 'char', NATIONAL);
}

/** LONG, LONG VARCHAR, LONG CHAR VARYING: mediumtext; LONG VARBINARY: mediumblob. */
function parseLong(cursor: TokenCursor): TypeSpec {
  if (cursor.accept('VARBINARY')) return plain('mediumblob');
  if (cursor.acceptOne(['CHAR', 'CHARACTER']) !== undefined) cursor.expect('VARYING');
  else cursor.acceptOne(['VARCHAR', 'VARCHARACTER']);
  return plain('mediumtext');
}

function plain(base: string, charset?: CharsetSpec): TypeSpec {
  return { base, args: [], labels: [], isUnsigned: false, isZerofill: false, charset };
}

function withArgs(cursor: TokenCursor, base: string, charset?: CharsetSpec): TypeSpec {
  const type = plain(base, charset);
  if (!cursor.accept('(')) return type;
  const args: number[] = [];
  do {
    args.push(cursor.number());
    // Oracle: VARCHAR2(10 CHAR).
    cursor.acceptOne(['CHAR', 'BYTE']);
  } while (cursor.accept(','));
  cursor.expect(')');
  return { ...type, args };
}

function parseLabels(cursor: TokenCursor): LabelSpec[] {
  cursor.expect('(');
  const labels: LabelSpec[] = [];
  do {
    if (cursor.peek().kind === 'word') cursor.next();
    const token = cursor.next();
    if (token.kind === 'binary') labels.push(binaryLiteralBytes(token.text));
    else if (token.kind === 'string') {
      let text = token.text;
      while (cursor.peek().kind === 'string') text += cursor.next().text;
      labels.push(text);
    } else cursor.fail();
  } while (cursor.accept(','));
  cursor.expect(')');
  return labels;
}
