import { describe, expect, it } from 'vitest';
import { collationById, decodeText } from '../../src/core/charset.ts';

const decode = (charset: string, hex: string): string => {
  const bytes = Buffer.from(`ff${hex}ff`, 'hex');
  return decodeText(charset, bytes, 1, bytes.length - 1);
};

describe('collationById', () => {
  it.each([
    [8, 'latin1_swedish_ci', 'latin1'],
    [33, 'utf8mb3_general_ci', 'utf8mb3'],
    [45, 'utf8mb4_general_ci', 'utf8mb4'],
    [63, 'binary', 'binary'],
    [255, 'utf8mb4_0900_ai_ci', 'utf8mb4'],
    [1032, 'latin1_swedish_nopad_ci', 'latin1'],
    [1071, 'latin1_nopad_bin', 'latin1'],
    [2304, 'utf8mb4_uca1400_ai_ci', 'utf8mb4'],
    [2816, 'utf16_uca1400_ai_ci', 'utf16'],
  ])('knows %i', (id, name, charset) => {
    expect(collationById(id)).toEqual({ name, charset });
  });

  it('names the Croatian collations as the server does', () => {
    expect(collationById(213, 'mysql')?.name).toBe('utf8mb3_croatian_ci');
    expect(collationById(213, 'mariadb')?.name).toBe('utf8mb3_croatian_mysql561_ci');
    expect(collationById(576, 'mariadb')?.name).toBe('utf8mb3_croatian_ci');
  });

  it('is undefined for what no server has', () => {
    for (const id of [0, 17, 1000, 1087, 4000]) expect(collationById(id)).toBeUndefined();
  });
});

describe('decodeText', () => {
  it.each([
    ['latin1', '41e9808190ff', 'Aé€\u0081\u0090ÿ'],
    ['utf8mb4', 'f09f9880efbbbf', '😀\ufeff'],
    ['utf8mb3', 'e6b189', '汉'],
    ['ucs2', 'feff6c49', '\ufeff汉'],
    ['utf16', 'd83dde00', '😀'],
    ['utf16le', '3dd800de', '😀'],
    ['utf32', '0001f6000000fffe', '😀\ufffe'],
    ['sjis', '8365b15c815f', 'テｱ\\\\'],
    ['gb18030', '9439fc36d6d0', '😀中'],
    ['ujis', '8fb0a1f5a141', '丂\ue000A'],
    ['gbk', 'a140', '?'],
    ['swe7', '7b', 'ä'],
  ])('%s', (charset, hex, text) => {
    expect(decode(charset, hex)).toBe(text);
  });

  it('does not take bytes beyond the end', () => {
    expect(decode('gbk', 'd6')).toBe('?');
    expect(decode('gb18030', '9439fc')).toMatch(/^\?/);
  });

  it('refuses a character set that it does not know', () => {
    expect(() => decode('klingon', '41')).toThrow(/"klingon" is not known/);
    expect(() => decode('__proto__', '41')).toThrow(/not known/);
  });
});
