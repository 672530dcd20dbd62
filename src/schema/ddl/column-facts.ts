import { decodeText } from '../../core/charset.ts';
import {
  binaryCollation,
  charsetOfCollation,
  completeCollation,
  defaultCollation,
  maxBytesPerCharacter,
  normalizeCharset,
  type CollationDefaults,
} from '../collation-names.ts';
import { formatLabels, isSpatial } from '../column-type-text.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import type { CharsetSpec, ColumnSpec, LabelSpec, TypeSpec } from './parsed-ddl.ts';

/** What a column's definition depends on besides its own words. */
export interface ColumnEnvironment extends CollationDefaults {
  /** The table's default. undefined: not known. */
  readonly tableCollation: string | undefined;
  /** MariaDB and MySQL before 8: TIMESTAMP without NULL means NOT NULL. */
  readonly isTimestampNotNull: boolean;
}

/** The statement depends on something that is not known, or contradicts what is known. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

/** The collation that a column or table gets; `inherited` where it says nothing itself. */
export function resolveCollation(
  spec: CharsetSpec,
  inherited: string | undefined,
  defaults: CollationDefaults,
): string {
  const { isBinary = false } = spec;
  const charset = spec.charset === undefined ? undefined : normalizeCharset(spec.charset);
  if (spec.collation !== undefined) {
    const own = inherited === undefined ? undefined : charsetOfCollation(inherited);
    return completeCollation(spec.collation, charset ?? own);
  }
  if (charset !== undefined) {
    return isBinary ? binaryCollation(charset) : defaultCollation(charset, defaults);
  }
  if (inherited === undefined) throw new NotApplicable('the default character set is not known');
  return isBinary ? binaryCollation(charsetOfCollation(inherited)) : inherited;
}

const TEXT_LENGTHS: readonly (readonly [string, number])[] = [
  ['tiny', 255],
  ['', 65_535],
  ['medium', 16_777_215],
];

/** `tinytext`, `text`, … that holds so many bytes. */
export function sizedType(suffix: 'text' | 'blob', byteLength: number): string {
  const found = TEXT_LENGTHS.find(([, limit]) => byteLength <= limit);
  return `${found === undefined ? 'long' : found[0]}${suffix}`;
}

const TEXT_BASES = new Set('char varchar tinytext text mediumtext longtext enum set'.split(' '));

/** The same type for bytes: what CHARACTER SET binary makes of a text type. */
export function binaryBase(base: string): string {
  if (base === 'char') return 'binary';
  if (base === 'varchar') return 'varbinary';
  return base.endsWith('text') ? base.replace('text', 'blob') : base;
}

/** A column as information_schema would describe it. */
export function describeColumn(spec: ColumnSpec, env: ColumnEnvironment): ColumnDefinition {
  const { type } = spec;
  const isText = TEXT_BASES.has(type.base);
  let collation: string | undefined;
  if (isText) collation = resolveCollation(mergeCharset(spec), env.tableCollation, env);
  const isBinary = collation === 'binary';
  const base = isBinary ? binaryBase(type.base) : type.base;
  const columnType = describeType({ ...type, base }, collation, env);
  return {
    name: spec.name,
    columnType: spec.isCompressed ? `${columnType} /*M!100301 COMPRESSED*/` : columnType,
    collation: isBinary ? undefined : collation,
    isNullable: spec.isNullable ?? !(type.base === 'timestamp' && env.isTimestampNotNull),
    generated: spec.generated,
    isInvisible: spec.isInvisible,
  };
}

/** The type's own character set stands unless the column names one. */
function mergeCharset({ type, charset }: ColumnSpec): CharsetSpec {
  const own = type.charset;
  if (own === undefined || charset.charset !== undefined) return charset;
  return charset.collation === undefined
    ? { ...charset, ...own }
    : { ...own, ...charset, charset: own.charset };
}

/** COLUMN_TYPE's text. */
function describeType(
  type: TypeSpec,
  collation: string | undefined,
  env: ColumnEnvironment,
): string {
  const { base, args } = type;
  const [length = 0] = args;
  switch (base) {
    case 'char':
    case 'binary':
      return `${base}(${args.length === 0 ? 1 : length})`;
    case 'varchar':
    case 'varbinary':
      return describeVarying(base, length, collation);
    case 'tinytext':
    case 'mediumtext':
    case 'longtext':
      return base;
    case 'text':
      return length === 0 ? base : sizedType('text', length * bytesPerCharacter(collation));
    case 'blob':
      return length === 0 ? base : sizedType('blob', length);
    case 'enum':
    case 'set':
      return formatLabels(base, readLabels(type.labels, collation ?? 'binary'));
    default:
      return isSpatial(base) ? describeSpatial(base, env) : describePlain(type, env);
  }
}

const bytesPerCharacter = (collation: string | undefined): number =>
  collation === undefined ? 1 : maxBytesPerCharacter(charsetOfCollation(collation));

/** Without strict mode a VARCHAR that is too long becomes a TEXT. */
function describeVarying(base: string, length: number, collation: string | undefined): string {
  const byteLength = length * bytesPerCharacter(collation);
  if (byteLength <= 65_535) return `${base}(${length})`;
  return sizedType(base === 'varchar' ? 'text' : 'blob', byteLength);
}

function readLabels(labels: readonly LabelSpec[], collation: string): string[] {
  const charset = charsetOfCollation(collation);
  return labels.map((label) => {
    const text =
      typeof label === 'string' ? label : decodeText(charset, label, 0, label.byteLength);
    return charset === 'binary' ? text : text.replace(/ +$/, '');
  });
}

function describeSpatial(base: string, env: ColumnEnvironment): string {
  const isNew = env.flavor === 'mysql' && env.versionNumber >= 80_011;
  return base === 'geometrycollection' && isNew ? 'geomcollection' : base;
}

/** Display widths of signed and unsigned integers, where the server still shows them. */
const WIDTHS: Readonly<Record<string, readonly [number, number]>> = {
  tinyint: [4, 3],
  smallint: [6, 5],
  mediumint: [9, 8],
  int: [11, 10],
  bigint: [20, 20],
};

function describePlain(type: TypeSpec, env: ColumnEnvironment): string {
  const { base, args, isUnsigned, isZerofill } = type;
  const suffix = `${isUnsigned ? ' unsigned' : ''}${isZerofill ? ' zerofill' : ''}`;
  const [first, second] = args;
  switch (base) {
    case 'bool':
      return describeInteger({ ...type, base: 'tinyint', args: [1] }, env);
    case 'serial':
      return describeInteger({ ...type, base: 'bigint', isUnsigned: true }, env);
    case 'decimal':
      return `decimal(${first === undefined || first === 0 ? 10 : first},${second ?? 0})${suffix}`;
    case 'float':
    case 'double':
      return describeFloat(type) + suffix;
    case 'bit':
      return `bit(${first === undefined || first === 0 ? 1 : first})`;
    case 'year':
      return describeYear(first, env);
    case 'time':
    case 'datetime':
    case 'timestamp':
      return first === undefined || first === 0 ? base : `${base}(${first})`;
    case 'vector':
      return `vector(${first ?? 2048})`;
    default:
      return base in WIDTHS ? describeInteger(type, env) : base;
  }
}

function describeInteger(type: TypeSpec, env: ColumnEnvironment): string {
  const { base, args, isUnsigned, isZerofill } = type;
  const [signedWidth, unsignedWidth] = WIDTHS[base] ?? [0, 0];
  const given = args[0] === 0 ? undefined : args[0];
  const width = given ?? (isUnsigned ? unsignedWidth : signedWidth);
  const isBare = env.flavor === 'mysql' && env.versionNumber >= 80_019;
  const isFlag = base === 'tinyint' && given === 1 && !isUnsigned;
  const text = isBare && !isZerofill && !isFlag ? base : `${base}(${width})`;
  return `${text}${isUnsigned ? ' unsigned' : ''}${isZerofill ? ' zerofill' : ''}`;
}

/** FLOAT(25) is a DOUBLE; FLOAT(7,4) keeps its digits. */
function describeFloat({ base, args }: TypeSpec): string {
  const [first, second] = args;
  if (first === undefined) return base;
  if (second !== undefined) return `${base}(${first},${second})`;
  return first > 24 ? 'double' : base;
}

function describeYear(width: number | undefined, env: ColumnEnvironment): string {
  if (env.flavor === 'mysql') return env.versionNumber >= 80_019 ? 'year' : 'year(4)';
  return `year(${width === 2 ? 2 : 4})`;
}
