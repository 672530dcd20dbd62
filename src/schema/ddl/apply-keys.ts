import { charsetOfCollation, maxBytesPerCharacter } from '../collation-names.ts';
import { readColumnType } from '../column-type-text.ts';
import {
  findColumn,
  isSameName,
  PRIMARY,
  type ColumnDefinition,
  type KeyDefinition,
  type KeyPart,
} from '../table-definition.ts';
import { autoKeyName } from './auto-names.ts';
import { NotApplicable } from './column-facts.ts';
import type { KeySpec, PeriodSpec } from './parsed-ddl.ts';

export interface KeyEnvironment {
  readonly flavor: 'mysql' | 'mariadb';
  readonly versionNumber: number;
  readonly engine: string;
  readonly columns: readonly ColumnDefinition[];
  readonly periods: readonly PeriodSpec[];
  /** The column that ends a row's time, where the user sees it: part of every unique key. */
  readonly rowEnd: string | undefined;
}

/**
 * The keys with those of a statement. A foreign key brings an index of its own, unless another key
 * begins with its columns, in the table or in the same statement.
 */
export function addKeys(
  keys: readonly KeyDefinition[],
  specs: readonly KeySpec[],
  env: KeyEnvironment,
): KeyDefinition[] {
  let all = [...keys];
  for (const spec of specs) {
    if (spec.kind === 'foreign' && isCovered(spec, specs, all)) continue;
    all = addKey(all, spec, env);
  }
  return all;
}

function isCovered(
  foreign: KeySpec,
  specs: readonly KeySpec[],
  keys: readonly KeyDefinition[],
): boolean {
  const begins = ({ parts }: Pick<KeyDefinition, 'parts'>): boolean =>
    foreign.parts.every((part, i) => isSameName(parts[i]?.column ?? '', part.column ?? ''));
  return keys.some(begins) || specs.some((spec) => spec.kind !== 'foreign' && begins(spec));
}

function addKey(
  keys: readonly KeyDefinition[],
  spec: KeySpec,
  env: KeyEnvironment,
): KeyDefinition[] {
  const isUnique = spec.kind === 'primary' || spec.kind === 'unique';
  const name = spec.kind === 'primary' ? PRIMARY : (spec.name ?? autoKeyName(spec.parts, keys));
  const isTaken = keys.some((key) => isSameName(key.name, name));
  if (isTaken && spec.isIfNotExists) return [...keys];
  if (isTaken) throw new NotApplicable(`key ${name} exists`);
  const parts = isUnique ? buildParts(spec, env) : spec.parts.map((part) => buildPart(part, env));
  const isLongUnique = spec.kind === 'unique' && isLong(parts, spec.isHash, env);
  return [...keys, { name, isUnique, isLongUnique, parts }];
}

function buildParts(spec: KeySpec, env: KeyEnvironment): KeyPart[] {
  const parts: KeyPart[] = [];
  const period: PeriodSpec[] = [];
  for (const part of spec.parts) {
    const found = part.isPeriod
      ? env.periods.find((p) => isSameName(p.name, part.column ?? ''))
      : undefined;
    if (found !== undefined) period.push(found);
    else parts.push(buildPart(part, env));
  }
  for (const { start, end } of period) parts.push(whole(end), whole(start));
  const { rowEnd } = env;
  if (rowEnd !== undefined && !parts.some((part) => isSameName(part.column ?? '', rowEnd))) {
    parts.push(whole(rowEnd));
  }
  return parts;
}

const whole = (column: string): KeyPart => ({ column, prefixLength: undefined });

function buildPart(part: KeyPart, { columns }: KeyEnvironment): KeyPart {
  if (part.column === undefined) return part;
  const column = findColumn(columns, part.column);
  if (column === undefined) throw new NotApplicable(`no column ${part.column}`);
  return fitPart(part.prefixLength, column);
}

const PREFIXED =
  /^(var)?(char|binary)\(|^(tiny|medium|long)?(text|blob)\b|^(multi)?point|^geometry/;

/**
 * A part of a key on this column. A prefix as long as the column is none, a type without prefixes
 * has none, and a POINT is always indexed by its first 25 bytes.
 */
export function fitPart(prefixLength: number | undefined, column: ColumnDefinition): KeyPart {
  const { name, columnType } = column;
  if (columnType === 'point') return { column: name, prefixLength: prefixLength ?? 25 };
  const length = readColumnType(columnType)?.length;
  const isWhole =
    prefixLength === undefined ||
    !PREFIXED.test(columnType) ||
    (length !== undefined && prefixLength >= length);
  return { column: name, prefixLength: isWhole ? undefined : prefixLength };
}

/** Longest key in bytes by engine; unknown ones as InnoDB. */
const MAX_KEY_BYTES: Readonly<Record<string, number>> = { myisam: 1000, aria: 2000 };

/**
 * MariaDB since 10.4 keeps a unique key that its engine can't index (a whole BLOB or TEXT, too many
 * bytes, USING HASH) by a hash in a hidden column.
 */
export function isLong(parts: readonly KeyPart[], isHash: boolean, env: KeyEnvironment): boolean {
  if (env.flavor !== 'mariadb' || env.versionNumber < 100_400 || env.engine === 'memory') {
    return false;
  }
  if (isHash) return true;
  let byteLength = 0;
  for (const part of parts) {
    const column = findColumn(env.columns, part.column ?? '');
    if (column === undefined) continue;
    if (part.prefixLength === undefined && isBlob(column)) return true;
    byteLength += partBytes(column, part);
  }
  return byteLength > (MAX_KEY_BYTES[env.engine] ?? 3072);
}

function isBlob(column: ColumnDefinition): boolean {
  return /^(tiny|medium|long)?(blob|text)\b/.test(column.columnType);
}

function partBytes(column: ColumnDefinition, part: KeyPart): number {
  const length = part.prefixLength ?? readColumnType(column.columnType)?.length ?? 8;
  const { collation } = column;
  return collation === undefined
    ? length
    : length * maxBytesPerCharacter(charsetOfCollation(collation));
}
