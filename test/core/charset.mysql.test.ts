import { describe, expect, it } from 'vitest';
import { collationById, decodeText } from '../../src/core/charset.ts';
import { type ServerName, testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';

const SINGLE_BYTE =
  `latin1 ascii tis620 greek hebrew koi8r koi8u cp850 cp852 cp866 cp1250 cp1251 cp1256
  cp1257 latin2 latin5 latin7 macroman macce armscii8 dec8 hp8 swe7 keybcs2 geostd8`.split(/\s+/);
const DOUBLE_BYTE = ['sjis', 'cp932', 'ujis', 'eucjpms', 'euckr', 'gbk', 'gb2312', 'big5'];
const UNICODE = ['ucs2', 'utf16', 'utf16le'];

const DIGITS = `(${Array.from({ length: 16 }, (_, i) => `SELECT ${i}${i === 0 ? ' d' : ''}`).join(' UNION ALL ')})`;

/** What the server makes of every code of `byteCount` bytes after `prefix` that the character set takes as it is. */
async function serverTexts(sql: Sql, charset: string, byteCount: 1 | 2, prefix = '') {
  const digits = byteCount * 2;
  const from = Array.from({ length: digits }, (_, i) => `${DIGITS} d${i}`).join(', ');
  const hex = Array.from({ length: digits }, (_, i) => `HEX(d${i}.d)`)
    .map((digit) => `RIGHT(${digit}, 1)`)
    .join(', ');
  const text = `CONVERT(CONVERT(UNHEX(h) USING ${charset}) USING utf8mb4)`;
  return await sql.rows(
    `SELECT h, HEX(${text}) u FROM (SELECT CONCAT('${prefix}', ${hex}) h FROM ${from}) codes WHERE HEX(CONVERT(UNHEX(h) USING ${charset})) = h`,
  );
}

/**
 * Not characters: a surrogate alone; half a character at the end, which MySQL 5.7 takes in eucjpms and
 * drops when it converts.
 */
const NO_CHARACTER: Readonly<Record<string, RegExp>> = {
  ucs2: /^D[89A-F]/,
  eucjpms: /^[0-7].[89A-F]/,
};

/** Codes with another text than the server's. */
function differences(charset: string, rows: readonly Record<string, unknown>[]): string[] {
  const found: string[] = [];
  for (const { h, u } of rows as readonly { h: string; u: string | null }[]) {
    // NULL: the server refuses to convert it, so no column can hold it.
    if (u === null) continue;
    const bytes = Buffer.from(h, 'hex');
    const text = decodeText(charset, bytes, 0, bytes.length);
    if (Buffer.from(text).toString('hex').toUpperCase() !== u)
      found.push(`${h}: ${text}, not ${u}`);
  }
  return found;
}

describe.each<ServerName>(['src57', 'src11'])('decodeText against %s', (name) => {
  async function withSql(work: (sql: Sql) => Promise<void>): Promise<void> {
    const sql = await openSql(testServer(name));
    try {
      await work(sql);
    } finally {
      await sql.close();
    }
  }

  it('is equal for every byte of every single-byte character set', async () => {
    await withSql(async (sql) => {
      for (const charset of SINGLE_BYTE) {
        const rows = await serverTexts(sql, charset, 1);
        expect(rows).toHaveLength(256);
        expect(differences(charset, rows), charset).toEqual([]);
      }
    });
  });

  it.each([...DOUBLE_BYTE, ...UNICODE])(
    'is equal for every code of two bytes of %s',
    async (charset) => {
      await withSql(async (sql) => {
        const rows = await serverTexts(sql, charset, 2);
        expect(rows.length).toBeGreaterThan(20_000);
        const characters = rows.filter(({ h }) => NO_CHARACTER[charset]?.test(String(h)) !== true);
        expect(differences(charset, characters)).toEqual([]);
      });
    },
  );

  it.each(['ujis', 'eucjpms'])('is equal for every code of three bytes of %s', async (charset) => {
    await withSql(async (sql) => {
      const rows = await serverTexts(sql, charset, 2, '8F');
      expect(rows.length).toBeGreaterThan(8000);
      expect(differences(charset, rows)).toEqual([]);
    });
  });

  it.runIf(name === 'src57')('is equal for codes of gb18030', async () => {
    await withSql(async (sql) => {
      const rows = [
        ...(await serverTexts(sql, 'gb18030', 2)),
        ...(await fourByteRows(sql, '8130')),
        ...(await fourByteRows(sql, '8431')),
        ...(await fourByteRows(sql, '9439')),
      ];
      expect(rows.length).toBeGreaterThan(40_000);
      expect(differences('gb18030', rows)).toEqual([]);
    });
  });
});

async function fourByteRows(sql: Sql, prefix: string) {
  const rows = await serverTexts(sql, 'gb18030', 2, prefix);
  expect(rows.length).toBeGreaterThan(1000);
  return rows;
}

describe.each<ServerName>(['src56', 'src57', 'src97', 'src10', 'src11'])(
  'collationById against %s',
  (name) => {
    it('knows every collation', async () => {
      const isMaria = name === 'src10' || name === 'src11';
      const sql = await openSql(testServer(name));
      const query = isMaria
        ? 'SELECT ID id, FULL_COLLATION_NAME name, CHARACTER_SET_NAME charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY'
        : 'SELECT ID id, COLLATION_NAME name, CHARACTER_SET_NAME charset FROM information_schema.COLLATIONS';
      const rows = await sql.rows(query).finally(() => sql.close());
      expect(rows.length).toBeGreaterThan(200);
      const utf8mb3 = (text: string): string => text.replace(/^utf8(?=_|$)/, 'utf8mb3');
      for (const row of rows as unknown as { id: string; name: string; charset: string }[]) {
        expect(collationById(Number(row.id), isMaria ? 'mariadb' : 'mysql'), row.name).toEqual({
          name: utf8mb3(row.name),
          charset: utf8mb3(row.charset),
        });
      }
    });
  },
);
