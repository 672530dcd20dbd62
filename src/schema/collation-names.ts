import { collationById } from '../core/charset.ts';
import type { StatementContext } from '../core/change.ts';

/** What decides which collation a character set's name alone means. */
export interface CollationDefaults {
  readonly flavor: 'mysql' | 'mariadb';
  readonly versionNumber: number;
  readonly context: Pick<StatementContext, 'defaultCollationForUtf8mb4'> | undefined;
}

/** Most bytes of one character, where it is not one. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  big5: 2,
  cp932: 2,
  eucjpms: 3,
  euckr: 2,
  gb18030: 4,
  gb2312: 2,
  gbk: 2,
  sjis: 2,
  ucs2: 2,
  ujis: 3,
  utf16: 4,
  utf16le: 4,
  utf32: 4,
  utf8mb3: 3,
  utf8mb4: 4,
};

/** Default collations that are not `<charset>_general_ci`. */
const DEFAULTS: Readonly<Record<string, string>> = {
  big5: 'big5_chinese_ci',
  binary: 'binary',
  cp932: 'cp932_japanese_ci',
  dec8: 'dec8_swedish_ci',
  eucjpms: 'eucjpms_japanese_ci',
  euckr: 'euckr_korean_ci',
  gb18030: 'gb18030_chinese_ci',
  gb2312: 'gb2312_chinese_ci',
  gbk: 'gbk_chinese_ci',
  hp8: 'hp8_english_ci',
  cp1251: 'cp1251_general_ci',
  latin1: 'latin1_swedish_ci',
  latin5: 'latin5_turkish_ci',
  sjis: 'sjis_japanese_ci',
  swe7: 'swe7_swedish_ci',
  tis620: 'tis620_thai_ci',
  ujis: 'ujis_japanese_ci',
};

/** Since MariaDB 11.5 these have the Unicode 14 collation by default. */
const UCA1400_BY_DEFAULT = new Set(['utf8mb3', 'ucs2', 'utf8mb4', 'utf16', 'utf32']);

export function maxBytesPerCharacter(charset: string): number {
  return MAX_BYTES[charset] ?? 1;
}

/** Lower case, and `utf8` under the name that says what it is. */
export function normalizeCharset(name: string): string {
  const lower = name.toLowerCase();
  return lower === 'utf8' ? 'utf8mb3' : lower;
}

export function normalizeCollation(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith('utf8_') ? `utf8mb3_${lower.slice(5)}` : lower;
}

/** The character set that a collation belongs to: its name says it. */
export function charsetOfCollation(collation: string): string {
  const underscore = collation.indexOf('_');
  return underscore < 0 ? collation : collation.slice(0, underscore);
}

/** The collation that `CHARACTER SET charset` alone means there. */
export function defaultCollation(charset: string, defaults: CollationDefaults): string {
  const { flavor, versionNumber, context } = defaults;
  if (charset === 'utf8mb4' && flavor === 'mysql' && versionNumber >= 80_000) {
    const id = context?.defaultCollationForUtf8mb4;
    const name = id === undefined ? undefined : collationById(id)?.name;
    if (name !== undefined) return name;
  }
  if (flavor === 'mariadb' && versionNumber >= 110_500 && UCA1400_BY_DEFAULT.has(charset)) {
    return `${charset}_uca1400_ai_ci`;
  }
  return compiledCollation(charset, defaults);
}

/** The same before anybody set anything: what CHARACTER SET DEFAULT goes back to. */
export function compiledCollation(
  charset: string,
  { flavor, versionNumber }: Pick<CollationDefaults, 'flavor' | 'versionNumber'>,
): string {
  const isNew = charset === 'utf8mb4' && flavor === 'mysql' && versionNumber >= 80_000;
  if (isNew) return 'utf8mb4_0900_ai_ci';
  return DEFAULTS[charset] ?? `${charset}_general_ci`;
}

export function binaryCollation(charset: string): string {
  return charset === 'binary' ? 'binary' : `${charset}_bin`;
}

/** MariaDB takes `uca1400_ai_ci` for the collation of that name of whatever character set is meant. */
export function completeCollation(name: string, charset: string | undefined): string {
  const normal = normalizeCollation(name);
  return normal.startsWith('uca1400_') && charset !== undefined ? `${charset}_${normal}` : normal;
}
