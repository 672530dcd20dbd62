/** A column and SQL expressions for its values; rows take them in turn. */
export interface ValueCase {
  readonly type: string;
  readonly values: readonly string[];
}

const text = (value: string): string => `CONVERT(_utf8mb4 X'${hex(value)}' USING utf8mb4)`;
const hex = (value: string): string => Buffer.from(value).toString('hex');

function integers(): ValueCase[] {
  return (
    [
      ['tinyint', 8n],
      ['smallint', 16n],
      ['mediumint', 24n],
      ['int', 32n],
      ['bigint', 64n],
    ] as const
  ).flatMap(([type, bits]) => {
    const half = 2n ** (bits - 1n);
    const around = bits === 64n ? [2n ** 53n, 2n ** 53n - 1n, 2n ** 53n + 1n] : [];
    return [
      {
        type,
        values: [0n, 1n, -1n, -half, half - 1n, ...around, ...around.map((n) => -n)].map(String),
      },
      {
        type: `${type} unsigned`,
        values: [0n, 1n, half, 2n * half - 1n, ...around].map(String),
      },
    ];
  });
}

function decimals(): ValueCase[] {
  const nines = (n: number) => '9'.repeat(n);
  const wide = `${nines(35)}.${nines(30)}`;
  return [
    {
      type: 'decimal(65,30)',
      values: ['0', wide, `-${wide}`, '-0.000000000000000000000000000001', '1.5', '-0'],
    },
    { type: 'decimal(65,0)', values: [nines(65), `-${nines(65)}`, '-1', '1000000000'] },
    { type: 'decimal(30,30)', values: [`0.${nines(30)}`, '-0.1', '0.000000001'] },
    { type: 'decimal(10,2)', values: ['12345678.90', '-0.01', '0', '-12345678.90'] },
    { type: 'decimal(9,9)', values: ['0.123456789', '-0.000000001'] },
    { type: 'decimal(18,9)', values: ['100000000.000000001', '-1.1'] },
    { type: 'decimal(1,0)', values: ['-9', '9', '0'] },
    { type: 'decimal(19,4) unsigned', values: ['999999999999999.9999', '0.0001'] },
  ];
}

function floats(): ValueCase[] {
  return [
    {
      type: 'float',
      values: [
        '1.1',
        '16777217',
        '-0.1',
        '3.4028234e38',
        '1.17549435e-38',
        '1e-45',
        '0',
        '123456.7',
      ],
    },
    { type: 'float(7,3)', values: ['1234.567', '-0.001'] },
    {
      type: 'double',
      values: ['0.1', '1.7976931348623157e308', '5e-324', '-1e100', '9007199254740993', '0'],
    },
    { type: 'double(10,2)', values: ['12345678.91', '-0.05'] },
  ];
}

function bits(): ValueCase[] {
  return [1, 7, 8, 9, 16, 31, 32, 33, 48, 49, 53, 54, 63, 64].map((width) => ({
    type: `bit(${width})`,
    values: ['0', '1', `b'${'1'.repeat(width)}'`, `b'1${'0'.repeat(width - 1)}'`],
  }));
}

function temporals(): ValueCase[] {
  const cases: ValueCase[] = [
    {
      type: 'date',
      values: [
        "'2024-02-29'",
        "'0000-00-00'",
        "'9999-12-31'",
        "'2024-00-00'",
        "'0001-01-01'",
        "'2024-05-00'",
      ],
    },
    { type: 'year', values: ['2024', '0', '1901', '2155'] },
  ];
  for (let digits = 0; digits <= 6; digits++) {
    cases.push(
      {
        type: `time(${digits})`,
        values: [
          "'00:00:00'",
          "'-00:01:00'",
          "'-01:00:00'",
          "'838:59:59'",
          "'-838:59:59'",
          "'-00:00:00.100000'",
          "'-00:00:01.999999'",
          "'12:34:56.123456'",
          "'-12:34:56.000001'",
        ],
      },
      {
        type: `datetime(${digits})`,
        values: [
          "'2024-02-29 12:34:56.123456'",
          "'0000-00-00 00:00:00'",
          "'1000-01-01 00:00:00'",
          "'9999-12-31 23:59:59'",
          "'2024-00-15 01:02:03.9'",
          "'0003-00-00 00:00:01'",
          "'2024-01-01 23:59:59.000009'",
        ],
      },
      {
        type: `timestamp(${digits}) null`,
        values: [
          "'2024-03-31 01:30:00.123456'",
          "'0000-00-00 00:00:00'",
          "'1970-01-01 00:00:01'",
          "'2038-01-19 03:14:07'",
          "'2001-09-09 01:46:40.000001'",
        ],
      },
    );
  }
  return cases;
}

function strings(): ValueCase[] {
  const long = "REPEAT('ä€', 100)";
  return [
    {
      type: 'char(10) character set utf8mb4',
      values: ["''", "'abc'", text('äöü€😀'), "'trail  '"],
    },
    { type: 'char(255) character set utf8mb4', values: ["''", long, "REPEAT('😀', 255)"] },
    { type: 'char(100) character set utf8', values: ["'x'", "REPEAT('€', 100)"] },
    {
      type: 'varchar(50) character set utf8mb4',
      values: ["''", text('a\'b"\\\n\0é'), "'trail  '"],
    },
    { type: 'varchar(255) character set latin1', values: ["REPEAT('x', 255)", "''", "'é€'"] },
    { type: 'varchar(256) character set latin1', values: ["REPEAT('x', 256)", "''"] },
    { type: 'tinytext', values: ["'tiny'", "''"] },
    { type: 'text character set utf8mb4', values: ["REPEAT('text😀', 5000)", "''"] },
    { type: 'mediumtext', values: ["REPEAT('m', 70000)", "''"] },
    { type: 'longtext', values: ["'long'", "''"] },
    {
      type: 'binary(16)',
      values: ["X'00'", "X'0102000000'", "''", "X'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00'"],
    },
    { type: 'binary(255)', values: ["X'01'", "REPEAT('z', 255)"] },
    { type: 'varbinary(20)', values: ["X'000100'", "''", "X'20'"] },
    { type: 'varbinary(300)', values: ["REPEAT(X'00FF', 150)", "''"] },
    { type: 'tinyblob', values: ["X'00'", "''"] },
    { type: 'blob', values: ["REPEAT(X'00FE', 1000)", "''"] },
    { type: 'mediumblob', values: ["REPEAT(X'01', 70000)", "''"] },
    { type: 'longblob', values: ["X'DEADBEEF'", "''"] },
  ];
}

function labelled(): ValueCase[] {
  const members = (n: number) => Array.from({ length: n }, (_, i) => `'m${i}'`).join(',');
  const all = (n: number) => `'${Array.from({ length: n }, (_, i) => `m${i}`).join(',')}'`;
  return [
    {
      type: "enum('a','b,c','it''s','') ",
      values: ["'a'", "'b,c'", "'it''s'", "''", "'none'", '0'],
    },
    { type: `enum(${members(300)})`, values: ["'m0'", "'m255'", "'m299'", "'none'"] },
    { type: "enum('ä','€') character set latin1", values: [text('ä'), text('€')] },
    { type: "set('a','b c','it''s')", values: ["''", "'a,it''s'", "'b c'"] },
    { type: `set(${members(9)})`, values: [all(9), "'m8'"] },
    { type: `set(${members(33)})`, values: [all(33), "'m32'", "''"] },
    { type: `set(${members(64)})`, values: [all(64), "'m63'", "'m0,m53'", "''"] },
  ];
}

const GEOMETRY_TEXTS = [
  'POINT(1 2)',
  'LINESTRING(0 1,1 2)',
  'POLYGON((0 0,0 1,1 1,0 0))',
  'GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 1,1 2))',
  'MULTIPOINT(0 0,1 1)',
];

function geometries(): ValueCase[] {
  const values = GEOMETRY_TEXTS.flatMap((wkt, i) => {
    const fromText = `ST_GeomFromText('${wkt}'`;
    return i === 0 ? [`${fromText})`, `${fromText}, 4326)`] : [`${fromText})`];
  });
  return [{ type: 'geometry', values }];
}

/** What every server of 5.6 and later has. */
export const COMMON_CASES: readonly ValueCase[] = [
  ...integers(),
  ...decimals(),
  ...floats(),
  ...bits(),
  ...temporals(),
  ...labelled(),
  ...geometries(),
];

/** Text and bytes are wide: a table of their own. */
export const STRING_CASES: readonly ValueCase[] = strings();

export const MARIADB_CASES: readonly ValueCase[] = [
  {
    type: 'uuid',
    values: [
      "'123e4567-e89b-12d3-a456-426614174000'",
      "'f47ac10b-58cc-7372-a567-0e02b2c3d479'",
      "'f47ac10b-58cc-4372-a567-0e02b2c3d479'",
      "'00000000-0000-0000-0000-000000000000'",
      "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
      "'01890a5d-ac96-774b-bcce-b302099a8057'",
    ],
  },
  { type: 'inet4', values: ["'1.2.3.4'", "'0.0.0.0'", "'255.255.255.0'"] },
  {
    type: 'inet6',
    values: [
      "'::'",
      "'::1'",
      "'2001:db8::1'",
      "'::ffff:1.2.3.4'",
      "'::1.2.3.4'",
      "'1:0:0:2:0:0:0:3'",
      "'1:0:2:3:4:5:6:7'",
      "'fe80::'",
      "'0:1:2:3:4:5:6:7'",
      "'1:2:3:4:5:6:7:0'",
      "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'",
    ],
  },
  {
    type: 'varchar(2000) compressed character set utf8mb4',
    values: ["''", "'short'", "REPEAT('long é ', 200)", "' '"],
  },
  { type: 'varbinary(100) compressed', values: ["''", "X'00'", "REPEAT(X'00', 100)"] },
  { type: 'text compressed', values: ["''", "REPEAT('t', 60000)"] },
  { type: 'longblob compressed', values: ["''", "REPEAT(X'00FF', 100000)"] },
  { type: 'json', values: ['\'{"a": 1.0, "b":[]}\'', "'[]'"] },
];

export const VECTOR_MYSQL: readonly ValueCase[] = [
  { type: 'vector(3)', values: ["TO_VECTOR('[1,2,3]')", "TO_VECTOR('[-0.5,0,1e10]')"] },
];

export const VECTOR_MARIADB: readonly ValueCase[] = [
  { type: 'vector(3)', values: ["VEC_FromText('[1,2,3]')", "VEC_FromText('[-0.5,0,1e10]')"] },
];

/** MariaDB 11.5 and later: beyond 2038. */
export const LATE_TIMESTAMP: readonly ValueCase[] = [
  { type: 'timestamp(3) null', values: ["'2106-02-07 06:28:15.999'", "'2038-01-19 03:14:08'"] },
];

/** Documents as literals and as SQL values inside. */
export const JSON_CASES: readonly ValueCase[] = [
  {
    type: 'json',
    values: [
      "'null'",
      "'{}'",
      "'[]'",
      '\'{"b": 1, "a": 2, "bb": 3, "__proto__": {"x": 1}, "": 0}\'',
      "'[1.0, 1, 1.50, -0.0, 1e100, 1e15, 123456789012345.6, 5e-324, 0.1]'",
      "'[32767, 32768, -32768, -32769, 65535, 65536, 2147483647, 2147483648, 4294967295, 4294967296, -2147483649]'",
      "'[9223372036854775807, 18446744073709551615, -9223372036854775808, 12345678901234567890123]'",
      '\'"\\\\u0001\\\\"\\\\\\\\/\\\\b\\\\n é 😀 \\\\u2028"\'',
      "JSON_ARRAY(CAST('1.50' AS DECIMAL(10,2)), CAST('-0.001' AS DECIMAL(65,30)), CAST(15 AS DECIMAL(5,0)))",
      "JSON_ARRAY(CAST('2024-02-29' AS DATE), CAST('-12:34:56.5' AS TIME(6)), CAST('2024-02-29 12:34:56.123456' AS DATETIME(6)), TIMESTAMP'2024-01-01 00:00:00')",
      "JSON_ARRAY(b'101', X'00FF', CAST('x' AS BINARY), REPEAT(X'AB', 80))",
      "JSON_OBJECT('t', CAST(REPEAT('é', 35000) AS CHAR), 'u', 1)",
      "CAST(CONCAT('[', REPEAT('\"abcdefgh\",', 9000), '1]') AS JSON)",
      "CAST(CONCAT('{\"k\":', REPEAT('[', 90), '1', REPEAT(']', 90), '}') AS JSON)",
      "JSON_OBJECT(REPEAT('k', 300), JSON_OBJECT('n', NULL, 't', TRUE, 'f', FALSE))",
    ],
  },
];
