import { decodeText } from '../../core/charset.ts';
import { charsetOfCollation, maxBytesPerCharacter } from '../collation-names.ts';
import { formatLabels } from '../column-type-text.ts';
import type { LabelSpec, TypeSpec } from './parsed-ddl.ts';

export interface TypeEnvironment {
  readonly flavor: 'mysql' | 'mariadb';
  readonly versionNumber: number;
}

type Describe = (type: TypeSpec, collation: string | undefined, env: TypeEnvironment) => string;

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

const bytesPerCharacter = (collation: string | undefined): number =>
  collation === undefined ? 1 : maxBytesPerCharacter(charsetOfCollation(collation));

/** A length of zero is none. */
const lengthOf = ({ args }: TypeSpec): number | undefined => (args[0] === 0 ? undefined : args[0]);

const fixed: Describe = ({ base, args }) => `${base}(${args[0] ?? 1})`;

/** Without strict mode a VARCHAR that is too long becomes a TEXT. */
const varying: Describe = ({ base, args }, collation) => {
  const [length = 0] = args;
  const byteLength = length * bytesPerCharacter(collation);
  if (byteLength <= 65_535) return `${base}(${length})`;
  return sizedType(base === 'varchar' ? 'text' : 'blob', byteLength);
};

const text: Describe = (type, collation) => {
  const length = lengthOf(type);
  return length === undefined ? 'text' : sizedType('text', length * bytesPerCharacter(collation));
};

const blob: Describe = (type) => {
  const length = lengthOf(type);
  return length === undefined ? 'blob' : sizedType('blob', length);
};

const enumeration: Describe = ({ base, labels }, collation) =>
  formatLabels(base === 'set' ? 'set' : 'enum', readLabels(labels, collation ?? 'binary'));

/** Trailing spaces are no part of a label, but for bytes. */
function readLabels(labels: readonly LabelSpec[], collation: string): string[] {
  const charset = charsetOfCollation(collation);
  return labels.map((label) => {
    const read =
      typeof label === 'string' ? label : decodeText(charset, label, 0, label.byteLength);
    return charset === 'binary' ? read : read.replace(/ +$/, '');
  });
}

const suffix = ({ isUnsigned, isZerofill }: TypeSpec): string =>
  `${isUnsigned ? ' unsigned' : ''}${isZerofill ? ' zerofill' : ''}`;

/** Display widths of signed and unsigned integers, where the server still shows them. */
const WIDTHS: Readonly<Record<string, readonly [number, number]>> = {
  tinyint: [4, 3],
  smallint: [6, 5],
  mediumint: [9, 8],
  int: [11, 10],
  bigint: [20, 20],
};

const hasNoWidths = ({ flavor, versionNumber }: TypeEnvironment): boolean =>
  flavor === 'mysql' && versionNumber >= 80_019;

const integer: Describe = (type, _collation, env) => {
  const { base, isUnsigned, isZerofill } = type;
  const given = lengthOf(type);
  const isFlag = base === 'tinyint' && given === 1 && !isUnsigned;
  if (hasNoWidths(env) && !isZerofill && !isFlag) return base + suffix(type);
  const width = given ?? WIDTHS[base]?.[isUnsigned ? 1 : 0] ?? 0;
  return `${base}(${width})${suffix(type)}`;
};

const bool: Describe = (type, collation, env) =>
  integer({ ...type, base: 'tinyint', args: [1] }, collation, env);

const serial: Describe = (type, collation, env) =>
  integer({ ...type, base: 'bigint', isUnsigned: true }, collation, env);

const decimal: Describe = (type) =>
  `decimal(${lengthOf(type) ?? 10},${type.args[1] ?? 0})${suffix(type)}`;

/** FLOAT(25) is a DOUBLE; FLOAT(7,4) keeps its digits. */
const float: Describe = (type) => {
  const [first, second] = type.args;
  if (first === undefined) return type.base + suffix(type);
  if (second !== undefined) return `${type.base}(${first},${second})${suffix(type)}`;
  return (first > 24 ? 'double' : type.base) + suffix(type);
};

const bit: Describe = (type) => `bit(${lengthOf(type) ?? 1})`;

const year: Describe = ({ args }, _collation, env) => {
  if (env.flavor === 'mysql') return hasNoWidths(env) ? 'year' : 'year(4)';
  return `year(${args[0] === 2 ? 2 : 4})`;
};

const temporal: Describe = (type) => {
  const digits = lengthOf(type);
  return digits === undefined ? type.base : `${type.base}(${digits})`;
};

const vector: Describe = ({ args }) => `vector(${args[0] ?? 2048})`;

const collection: Describe = ({ base }, _collation, { flavor, versionNumber }) =>
  flavor === 'mysql' && versionNumber >= 80_011 ? 'geomcollection' : base;

const DESCRIBE: Readonly<Record<string, Describe>> = {
  char: fixed,
  binary: fixed,
  varchar: varying,
  varbinary: varying,
  text,
  blob,
  enum: enumeration,
  set: enumeration,
  tinyint: integer,
  smallint: integer,
  mediumint: integer,
  int: integer,
  bigint: integer,
  bool,
  serial,
  decimal,
  float,
  double: float,
  bit,
  year,
  time: temporal,
  datetime: temporal,
  timestamp: temporal,
  vector,
  geometrycollection: collection,
};

/** COLUMN_TYPE's text as this server writes it. */
export function describeType(
  type: TypeSpec,
  collation: string | undefined,
  env: TypeEnvironment,
): string {
  return DESCRIBE[type.base]?.(type, collation, env) ?? type.base;
}
