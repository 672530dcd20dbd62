import {
  COMMON_CASES,
  JSON_CASES,
  LATE_TIMESTAMP,
  MARIADB_CASES,
  STRING_CASES,
  VECTOR_MARIADB,
  VECTOR_MYSQL,
  type ValueCase,
} from '../binlog/rows/value-cases.ts';

/** What a server has, for choosing tables. */
export interface ServerTraits {
  readonly isMariadb: boolean;
  /** 5.6, 5.7, 9.7, 10.11, 11.8. */
  readonly version: number;
}

/** Columns whose values are written, changed and deleted in every way. */
export interface ValueTable {
  readonly name: string;
  readonly cases: readonly ValueCase[];
  /** Only servers of the source's own family can hold it. */
  readonly isOwnFamilyOnly?: boolean;
}

/** Bytes that mean something to SQL text, alone and as second bytes. */
const SHARP = '\\\'"`%_\0\n\r\u001a;-- #/*!';

const EIGHT_BIT =
  'latin1 latin2 latin5 latin7 cp850 cp852 cp866 cp1250 cp1251 cp1256 cp1257 dec8 hp8 swe7 koi8r koi8u hebrew tis620 greek armscii8 keybcs2 macce macroman geostd8'.split(
    ' ',
  );
/** Text of each character set; in several of them second bytes are `\`, `'` and `|`. */
const MULTI_BYTE: Readonly<Record<string, string>> = {
  sjis: '表ソ能十噂あｱ漢字',
  cp932: '表ソ能①㈱～髙あｱ',
  ujis: '日本語ｱ漢字表',
  eucjpms: '日本語①～髙ｱ',
  big5: '功許蓋中文表',
  gbk: '縗誠運乗丂中文',
  gb2312: '中文字符汉语',
  euckr: '한국어漢字똠',
  utf8: 'é€漢字\uffee',
  utf8mb4: 'é€漢字😀\u{10fffd}e\u0301',
  ucs2: 'é€漢字\u5c27\u2700',
  utf16: 'é€漢字😀\u5c27\u2700',
  utf16le: 'é€漢字😀\u5c27\u275c',
  utf32: 'é€漢字😀\u5c27',
};

const hex = (value: Buffer | string): string => Buffer.from(value).toString('hex');
const literal = (charset: string, bytes: Buffer): string => `_${charset} X'${hex(bytes)}'`;
const converted = (charset: string, text: string): string =>
  `CONVERT(_utf8mb4 X'${hex(text)}' USING ${charset})`;

/** All 256 bytes where every byte is a character (the rest stands in rows of its own, as bytes alone count). */
function eightBit(charset: string): ValueCase {
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  return {
    type: `varchar(300) character set ${charset}`,
    values: [
      literal(charset, all),
      literal(charset, Buffer.from(`${SHARP}x  `)),
      literal(charset, all.subarray(128, 160)),
      literal(charset, Buffer.from('trailing  ')),
      "''",
    ],
  };
}

function multiByte(charset: string, text: string): ValueCase {
  return {
    type: `varchar(300) character set ${charset}`,
    values: [
      converted(charset, text),
      converted(charset, text + SHARP),
      ...Array.from(text, (char) => converted(charset, `${char}'${char}\\${char}`)),
      "''",
    ],
  };
}

function charsetTables(): ValueTable[] {
  const ascii: ValueCase = {
    type: 'varchar(200) character set ascii',
    values: [literal('ascii', Buffer.from(Array.from({ length: 128 }, (_, byte) => byte))), "''"],
  };
  const multi = Object.entries(MULTI_BYTE).map(([charset, text]) => multiByte(charset, text));
  return [
    ...chunk('bytes', [...EIGHT_BIT.map(eightBit), ascii], 8),
    ...chunk('wide', multi, 5),
    ...chunk(
      'texts',
      ['gbk', 'utf16', 'latin1', 'sjis'].map((charset) => {
        const { values } = multiByte(charset, MULTI_BYTE[charset] ?? 'é€');
        return { type: `mediumtext character set ${charset}`, values };
      }),
      4,
    ),
  ];
}

function chunk(name: string, cases: readonly ValueCase[], size: number): ValueTable[] {
  return Array.from({ length: Math.ceil(cases.length / size) }, (_, index) => ({
    name: `${name}${index}`,
    cases: cases.slice(index * size, (index + 1) * size),
  }));
}

const EXTRA: readonly ValueCase[] = [
  // Dates that no calendar has, as the session's sql_mode lets them in.
  { type: 'date', values: ["'2024-02-31'", "'2023-11-31'"] },
  { type: 'datetime(6)', values: ["'2024-02-31 01:02:03.000100'", "'2023-04-31 00:00:00'"] },
  { type: 'double', values: ["'-0'", '-2.2250738585072014e-308', '1e22', '123456789.123456789'] },
  { type: 'float', values: ["'-0'", '8388609', '0.3', '9.99999e9'] },
  { type: 'int(8) zerofill', values: ['42', '4294967295'] },
  {
    type: "enum('a,b','c''d','e\"f','\\\\','ü','z ')",
    values: ['1', '2', '3', '4', '5', '6', '0'],
  },
  { type: 'bit(64)', values: ["b'1'", "X'8000000000000001'", "X'00000000FFFFFFFF'"] },
];

const BIG: readonly ValueCase[] = [
  { type: 'longblob', values: ["REPEAT(X'00FF5C27', 1250000)", "X''"] },
  { type: 'longtext character set utf8mb4', values: ["REPEAT('long é😀\\'', 20000)", "''"] },
];

const GEOGRAPHIC: readonly ValueCase[] = [
  {
    type: 'geometry srid 4326',
    values: [
      "ST_GeomFromText('POINT(48.2 16.37)', 4326)",
      "ST_GeomFromText('LINESTRING(-90 -180, 90 180)', 4326)",
    ],
  },
  {
    type: 'point',
    values: ["ST_GeomFromText('POINT(1 2)', 3857)", 'ST_PointFromText("POINT(0 0)")'],
  },
];

function jsonTables(version: number): ValueTable[] {
  const [first] = JSON_CASES;
  // MySQL 5.7 breaks the base64 text of long binary values into lines, which is no JSON text any more.
  const isBroken = (value: string) => version < 8 && value.includes("REPEAT(X'AB', 80)");
  const values = (first?.values ?? []).filter((value) => !isBroken(value));
  const isDeep = (value: string) => value.includes("REPEAT('[', 90)");
  return [
    { name: 'json', cases: [{ type: 'json', values: values.filter((value) => !isDeep(value)) }] },
    {
      name: 'json_deep',
      cases: [{ type: 'json', values: values.filter(isDeep) }],
      isOwnFamilyOnly: true,
    },
  ];
}

/** Every type that the server has, with its edges. */
export function valueTables({ isMariadb, version }: ServerTraits): readonly ValueTable[] {
  const tables = [
    ...chunk('common', COMMON_CASES, 24),
    { name: 'extra', cases: EXTRA },
    ...chunk('strings', STRING_CASES, 5),
    ...charsetTables(),
    { name: 'big', cases: BIG },
  ];
  if (isMariadb) {
    tables.push(...chunk('mariadb', MARIADB_CASES, 4));
    if (version > 11) tables.push({ name: 'late', cases: [...LATE_TIMESTAMP, ...VECTOR_MARIADB] });
    return tables;
  }
  if (version >= 5.7) {
    const gb18030 = multiByte('gb18030', '中文字符€漢😀㐀');
    tables.push(...jsonTables(version), {
      name: 'gb18030',
      cases: [gb18030],
      isOwnFamilyOnly: true,
    });
  }
  if (version > 9) tables.push({ name: 'mysql9', cases: [...VECTOR_MYSQL, ...GEOGRAPHIC] });
  return tables;
}
