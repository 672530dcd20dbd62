import {
  binaryCollation,
  charsetOfCollation,
  compiledCollation,
  completeCollation,
  defaultCollation,
  normalizeCharset,
  type CollationDefaults,
} from '../collation-names.ts';
import type { ColumnDefinition } from '../table-definition.ts';
import { describeType } from './describe-type.ts';
import type { CharsetSpec, ColumnSpec } from './parsed-ddl.ts';

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
  const own = inherited === undefined ? undefined : charsetOfCollation(inherited);
  if (isDefault(spec.charset)) return compiledCollation(known(own), defaults);
  const charset = spec.charset === undefined ? undefined : normalizeCharset(spec.charset);
  if (spec.collation !== undefined) {
    if (isDefault(spec.collation)) return defaultCollation(known(charset ?? own), defaults);
    return completeCollation(spec.collation, charset ?? own);
  }
  if (spec.isBinary === true) return binaryCollation(known(charset ?? own));
  return charset === undefined ? known(inherited) : defaultCollation(charset, defaults);
}

const isDefault = (name: string | undefined): boolean => name?.toUpperCase() === 'DEFAULT';

function known(value: string | undefined): string {
  if (value === undefined) throw new NotApplicable('the default character set is not known');
  return value;
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
