import { INTEGER_TYPES, type Column } from '../core/table.ts';
import type { ServerEnd } from '../server/connect-options.ts';
import type { ServerInfo } from '../server/server-info.ts';
import { quoteName } from '../server/sql-text.ts';
import type { ValueKind } from './canonical-value.ts';

/** How a pair of columns is read so that equal values read equal, whatever servers hold them. */
export interface ColumnForm {
  readonly kind: ValueKind;
  /** Reads the value itself; its bytes are understood by `kind`. */
  readonly fetch: Readonly<Record<ServerEnd, string>>;
  /**
   * The value as a part of a row's checksum: cheap, and equal wherever that is cheap. Where equal
   * values still differ here, the rows are read and found equal, which costs time and nothing else.
   */
  readonly digest: Readonly<Record<ServerEnd, string>>;
  /** Character set of the bytes of `text`. */
  readonly charset: string | undefined;
  /** Both sides number their labels alike, or have no labels. */
  readonly hasSameLabels: boolean;
}

export interface FormInput {
  readonly source: Column;
  readonly target: Column;
  readonly targetName: string;
  readonly servers: Readonly<Record<ServerEnd, Pick<ServerInfo, 'flavor' | 'versionNumber'>>>;
}

type Expression = (column: string) => string;

const FAMILIES = [
  'integer',
  'year',
  'bit',
  'decimal',
  'float',
  'double',
  'date',
  'time',
  'datetime',
  'enum',
  'set',
  'text',
  'json',
  'bytes',
  'geometry',
  'vector',
  /** UUID and addresses of MariaDB. */
  'ascii',
] as const;

/** Stands for NULL inside a row's text: bytes that no text has. */
const NULL_MARK = "x'1B4E1B'";
const TEMPORALS: ReadonlySet<string> = new Set(['time', 'datetime', 'timestamp']);
const LARGE: ReadonlySet<string> = new Set(
  'tinytext text mediumtext longtext tinyblob blob mediumblob longblob'.split(' '),
);

const bare: Expression = (column) => column;
const asNumber: Expression = (column) => `(${column}+0)`;
/** BIT and SET beyond 63 bits stay unsigned. */
const asBits: Expression = (column) => `(${column}|0)`;
/** Of a bare column: MySQL 8 shortens the text of an expression. */
const asExactText: Expression = (column) => `CONCAT(${column})`;
/** As a double: a float's own text has but six digits. */
const asDoubleText: Expression = (column) => `CONCAT(${column}*1e0)`;
const asBinary: Expression = (column) => `CAST(${column} AS BINARY)`;
const asText: Expression = (column) => `CAST(${column} AS CHAR CHARACTER SET utf8mb4)`;
const asUtf8: Expression = (column) => `CONVERT(${column} USING utf8mb4)`;
const inBytes =
  (inner: Expression): Expression =>
  (column) =>
    `CAST(${inner(column)} AS BINARY)`;
/** A row's text has an end (max_allowed_packet), beyond which it would be NULL. */
const inShort =
  (inner: Expression): Expression =>
  (column) =>
    `CRC32(${inner(column)})`;

/** MySQL 5.7 prints the double 1.0 as 1. */
const withoutZeroFractions: Expression = (column) =>
  [',', ']', '}', ' '].reduce(
    (sql, end) => `REPLACE(${sql},'.0${end}','${end}')`,
    `CONCAT(${asText(column)},' ')`,
  );

type Family = (typeof FAMILIES)[number];

/** Types whose values are read and compared alike. */
function familyOf({ type, charset }: Column): Family {
  const own = FAMILIES.find((family) => family === type);
  if (own !== undefined && own !== 'text') return own;
  if (INTEGER_TYPES.has(type)) return 'integer';
  if (type === 'timestamp') return 'datetime';
  if (/char|text/.test(type) && isText(charset)) return 'text';
  return /char|text|binary|blob/.test(type) ? 'bytes' : 'ascii';
}

function isText(charset: string | undefined): boolean {
  return charset !== undefined && charset !== 'binary';
}

export function columnForm(input: FormInput): ColumnForm {
  const { source, target } = input;
  const family = familyOf(source);
  const other = familyOf(target);
  if (family === other) return sameFamily(family, input);
  const both = new Set([family, other]);
  if (both.has('json') && both.has('text')) return jsonForm(input);
  if (both.has('bytes')) return form(input, 'bytes', asBinary, inShort(asBinary));
  return textForm(input, inBytes(asText));
}

function sameFamily(family: Family, input: FormInput): ColumnForm {
  const { source, target } = input;
  switch (family) {
    case 'integer':
      return form(input, 'integer', isZerofill(source, target) ? asNumber : bare);
    case 'year':
      return form(input, 'integer', asNumber);
    case 'bit':
      return form(input, 'integer', asBits);
    case 'decimal': {
      const isSame = source.columnType === target.columnType && !isZerofill(source, target);
      const wide: Expression = (column) => `CAST(${column} AS DECIMAL(65,30))`;
      return form(input, 'decimal', bare, isSame ? bare : wide);
    }
    case 'float':
      return form(input, 'float', zeroForm(input, asDoubleText));
    case 'double':
      return form(input, 'double', zeroForm(input, asExactText));
    case 'date':
      return form(input, 'temporal', bare);
    case 'time':
    case 'datetime':
      return temporalForm(input);
    case 'enum':
    case 'set':
      return labelForm(input, family === 'enum' ? asNumber : asBits);
    case 'text':
      return charsetForm(input);
    case 'json':
      return jsonForm(input);
    case 'bytes':
      return form(input, 'bytes', asBinary, shortIfLarge(input, asBinary));
    case 'geometry':
    case 'vector':
      return form(input, 'bytes', asBinary, inShort(asBinary));
    case 'ascii':
      return source.type === target.type
        ? form(input, 'ascii', bare)
        : textForm(input, inBytes(asText));
  }
}

/** MariaDB 11 has no -0. */
function zeroForm({ servers }: FormInput, inner: Expression): Expression {
  const hasMariadb = Object.values(servers).some(({ flavor }) => flavor === 'mariadb');
  return hasMariadb ? (column) => `IF(${column}=0,'0',${inner(column)})` : inner;
}

function temporalForm(input: FormInput): ColumnForm {
  const widest = Math.max(input.source.scale ?? 0, input.target.scale ?? 0);
  const padded =
    (column: Column): Expression =>
    (name) => {
      const scale = column.scale ?? 0;
      if (scale === widest) return name;
      return `CONCAT(${name},'${scale === 0 ? '.' : ''}${'0'.repeat(widest - scale)}')`;
    };
  return {
    ...form(input, 'temporal', bare),
    digest: {
      source: digestOf(input, 'source', padded(input.source)),
      target: digestOf(input, 'target', padded(input.target)),
    },
  };
}

function labelForm(input: FormInput, asIndex: Expression): ColumnForm {
  const { source, target } = input;
  const hasSame =
    source.labels !== undefined && source.labels.join('\0') === target.labels?.join('\0');
  if (hasSame) return form(input, 'integer', asIndex);
  return { ...textForm(input, inBytes(asUtf8)), hasSameLabels: false };
}

function charsetForm(input: FormInput): ColumnForm {
  const source = foldUtf8(input.source.charset);
  if (source !== foldUtf8(input.target.charset)) {
    return textForm(input, inBytes(asUtf8));
  }
  return { ...form(input, 'text', asBinary, shortIfLarge(input, asBinary)), charset: source };
}

/** Texts of these are the same bytes. */
function foldUtf8(charset: string | undefined): string | undefined {
  return charset === 'utf8mb3' || charset === 'ascii' ? 'utf8mb4' : charset;
}

function jsonForm(input: FormInput): ColumnForm {
  const isOld = (end: ServerEnd): boolean => {
    const { flavor, versionNumber } = input.servers[end];
    return flavor === 'mysql' && versionNumber < 80_000;
  };
  const digest = isOld('source') === isOld('target') ? asText : withoutZeroFractions;
  return form(input, 'json', inBytes(asText), inShort(digest));
}

/** As bytes in the checksum as well: texts of different character sets do not go into one text. */
function textForm(input: FormInput, fetch: Expression): ColumnForm {
  return { ...form(input, 'text', fetch, shortIfLarge(input, fetch)), charset: 'utf8mb4' };
}

function shortIfLarge({ source, target }: FormInput, inner: Expression): Expression {
  return LARGE.has(source.type) || LARGE.has(target.type) ? inShort(inner) : inner;
}

function form(
  input: FormInput,
  kind: ValueKind,
  fetch: Expression,
  digest: Expression = fetch,
): ColumnForm {
  return {
    kind,
    fetch: { source: fetch(nameAt(input, 'source')), target: fetch(nameAt(input, 'target')) },
    digest: {
      source: digestOf(input, 'source', digest),
      target: digestOf(input, 'target', digest),
    },
    charset: undefined,
    hasSameLabels: true,
  };
}

function digestOf(input: FormInput, end: ServerEnd, expression: Expression): string {
  const text = expression(nameAt(input, end));
  const isNullable = input.source.isNullable || input.target.isNullable;
  return isNullable ? `COALESCE(${text},${NULL_MARK})` : text;
}

function nameAt({ source, targetName }: FormInput, end: ServerEnd): string {
  return quoteName(end === 'source' ? source.name : targetName);
}

function isZerofill(source: Column, target: Column): boolean {
  return [source, target].some(({ columnType }) => /zerofill/i.test(columnType));
}

/** Of these a literal in SQL means exactly one value, so a key of them can be looked up. */
export function canBeKey(column: Column, form: ColumnForm): boolean {
  if (!form.hasSameLabels) return false;
  if (TEMPORALS.has(column.type)) return true;
  return !['float', 'double', 'json'].includes(form.kind) && !isSpatial(column);
}

function isSpatial({ type }: Column): boolean {
  return type === 'geometry' || type === 'vector';
}
