/** A difference that is made on the target, and what inspect has to say of it. */
export interface Planted {
  readonly table: string;
  /** Runs on the target alone. */
  readonly sql: string;
  readonly key: string;
  readonly kind: 'missing' | 'extra' | 'stale';
  readonly cause: string;
  readonly column?: string;
  /** Rows; default 1. */
  readonly copies?: number;
}

/** On the source; the target has some columns of its own, see TARGET_COLUMNS. */
export const TABLES: readonly string[] = [
  `CREATE TABLE numbers (id INT PRIMARY KEY, i INT, big BIGINT UNSIGNED, tiny SMALLINT,
    d DECIMAL(20,6), d2 DECIMAL(20,6), f FLOAT, x DOUBLE, b BIT(64), y YEAR)`,
  `CREATE TABLE times (id INT PRIMARY KEY, at DATETIME(6), ts TIMESTAMP(3) NULL, day DATE, t TIME(6), whole DATETIME)`,
  `CREATE TABLE texts (id INT PRIMARY KEY, l VARCHAR(200) CHARACTER SET latin1, u VARCHAR(200) CHARACTER SET utf8mb4,
    long_text MEDIUMTEXT CHARACTER SET utf8mb4, raw VARBINARY(100), blobs MEDIUMBLOB, c CHAR(20) CHARACTER SET utf8mb4)`,
  `CREATE TABLE labels (code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, part INT, e ENUM('a','b','c'), s SET('x','y','z'),
    doc JSON, PRIMARY KEY (code, part))`,
  `CREATE TABLE keyless (a INT, b VARCHAR(50) CHARACTER SET utf8mb4, x DOUBLE)`,
  `CREATE TABLE bytes_key (id VARBINARY(16) NOT NULL, v INT, UNIQUE KEY (id))`,
  `CREATE TABLE many (id BIGINT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL, w VARCHAR(30))`,
  `CREATE TABLE empty_there (id INT PRIMARY KEY, v INT)`,
];

export const TARGET_COLUMNS: readonly string[] = [
  'ALTER TABLE numbers MODIFY tiny TINYINT, MODIFY d2 DECIMAL(20,2)',
  'ALTER TABLE times MODIFY whole DATETIME(3)',
];

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

export const ROWS: readonly string[] = [
  `INSERT INTO numbers VALUES ${range(40)
    .map(
      (id) =>
        `(${id}, ${id * 7}, 18446744073709551600 + ${id % 10}, ${id}, ${id}.123456, ${id}.25, ${id}.3, ${id}.1234567890123, ${id}, 2000 + ${id})`,
    )
    .join()}`,
  `INSERT INTO times VALUES ${range(20)
    .map(
      (id) =>
        `(${id}, '2024-03-${10 + id} 12:34:56.123456', '2024-03-${10 + id} 12:34:56.789', '2024-01-${10 + id}', '-10:11:12.500000', '2020-01-01 00:00:${10 + id}')`,
    )
    .join()}`,
  `INSERT INTO texts VALUES ${range(20)
    .map(
      (id) =>
        `(${id}, 'café ${id}', 'naïve 😀 ${id}', REPEAT('long ü ', 4000), x'00ff${id + 10}', REPEAT(x'00010203', 5000), 'fixed')`,
    )
    .join()}`,
  `INSERT INTO labels VALUES ${range(20)
    .map((id) => `('code-${id}', ${id}, 'b', 'x,z', '{"a": ${id}, "b": [1, 2.5, null, "é"]}')`)
    .join()}`,
  `INSERT INTO keyless VALUES ${range(20)
    .map((id) => `(${id}, 'row ${id}', ${id}.5), (${id}, 'row ${id}', ${id}.5)`)
    .join()}, (NULL, NULL, NULL), (NULL, NULL, 1.5)`,
  `INSERT INTO bytes_key VALUES ${range(20)
    .map((id) => `(x'00${(id + 16).toString(16)}27', ${id})`)
    .join()}`,
  `INSERT INTO many (v, w) VALUES ${range(5000)
    .map((id) => `(${id}, 'w${id}')`)
    .join()}`,
  `INSERT INTO empty_there VALUES (1, 1), (2, 2), (3, NULL)`,
];

/** Thirty and some, of as many kinds as there are. */
export const PLANTED: readonly Planted[] = [
  {
    table: 'numbers',
    sql: 'DELETE FROM numbers WHERE id = 1',
    key: 'id=1',
    kind: 'missing',
    cause: 'missing',
  },
  {
    table: 'numbers',
    sql: 'INSERT INTO numbers (id, i) VALUES (-5, 1)',
    key: 'id=-5',
    kind: 'extra',
    cause: 'extra',
  },
  {
    table: 'numbers',
    sql: 'INSERT INTO numbers (id, i) VALUES (1000000, 1)',
    key: 'id=1000000',
    kind: 'extra',
    cause: 'extra',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET i = i + 1 WHERE id = 3',
    key: 'id=3',
    kind: 'stale',
    cause: 'stale',
    column: 'i',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET i = NULL WHERE id = 4',
    key: 'id=4',
    kind: 'stale',
    cause: 'stale',
    column: 'i',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET big = big - 1 WHERE id = 5',
    key: 'id=5',
    kind: 'stale',
    cause: 'stale',
    column: 'big',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET d = 6.12 WHERE id = 6',
    key: 'id=6',
    kind: 'stale',
    cause: 'rounding',
    column: 'd',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET d = 7.12345 WHERE id = 7',
    key: 'id=7',
    kind: 'stale',
    cause: 'truncated',
    column: 'd',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET f = 8.30001 WHERE id = 8',
    key: 'id=8',
    kind: 'stale',
    cause: 'rounding',
    column: 'f',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET x = 9.12345678901 WHERE id = 9',
    key: 'id=9',
    kind: 'stale',
    cause: 'rounding',
    column: 'x',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET b = b + 1 WHERE id = 10',
    key: 'id=10',
    kind: 'stale',
    cause: 'stale',
    column: 'b',
  },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET y = 1999 WHERE id = 11',
    key: 'id=11',
    kind: 'stale',
    cause: 'stale',
    column: 'y',
  },
  // Two values exchanged between rows: sums and XORs of checksums may not see it.
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET i = IF(id = 12, 91, 84) WHERE id IN (12, 13)',
    key: 'id=12',
    kind: 'stale',
    cause: 'stale',
    column: 'i',
  },
  { table: 'numbers', sql: 'DO 0', key: 'id=13', kind: 'stale', cause: 'stale', column: 'i' },
  {
    table: 'numbers',
    sql: 'UPDATE numbers SET id = 500 WHERE id = 14',
    key: 'id=14',
    kind: 'missing',
    cause: 'missing',
  },
  { table: 'numbers', sql: 'DO 0', key: 'id=500', kind: 'extra', cause: 'extra' },
  {
    table: 'times',
    sql: 'UPDATE times SET at = at + INTERVAL 2 HOUR WHERE id = 1',
    key: 'id=1',
    kind: 'stale',
    cause: 'time_zone',
    column: 'at',
  },
  {
    table: 'times',
    sql: 'UPDATE times SET ts = ts - INTERVAL 330 MINUTE WHERE id = 2',
    key: 'id=2',
    kind: 'stale',
    cause: 'time_zone',
    column: 'ts',
  },
  {
    table: 'times',
    sql: "UPDATE times SET at = '2024-03-13 12:34:56' WHERE id = 3",
    key: 'id=3',
    kind: 'stale',
    cause: 'truncated',
    column: 'at',
  },
  {
    table: 'times',
    sql: "UPDATE times SET at = '2024-03-14 12:34:56.123460' WHERE id = 4",
    key: 'id=4',
    kind: 'stale',
    cause: 'rounding',
    column: 'at',
  },
  {
    table: 'times',
    sql: 'UPDATE times SET day = day + INTERVAL 1 DAY WHERE id = 5',
    key: 'id=5',
    kind: 'stale',
    cause: 'stale',
    column: 'day',
  },
  {
    table: 'times',
    sql: "UPDATE times SET t = '-10:11:12.500001' WHERE id = 6",
    key: 'id=6',
    kind: 'stale',
    cause: 'rounding',
    column: 't',
  },
  {
    table: 'texts',
    sql: "UPDATE texts SET l = 'caf? 1' WHERE id = 1",
    key: 'id=1',
    kind: 'stale',
    cause: 'charset',
    column: 'l',
  },
  {
    table: 'texts',
    sql: 'UPDATE texts SET u = CONVERT(CAST(CONVERT(u USING utf8mb4) AS BINARY) USING latin1) WHERE id = 2',
    key: 'id=2',
    kind: 'stale',
    cause: 'charset',
    column: 'u',
  },
  {
    table: 'texts',
    sql: "UPDATE texts SET u = 'naïve ' WHERE id = 3",
    key: 'id=3',
    kind: 'stale',
    cause: 'charset',
    column: 'u',
  },
  {
    table: 'texts',
    sql: 'UPDATE texts SET long_text = LEFT(long_text, 20000) WHERE id = 4',
    key: 'id=4',
    kind: 'stale',
    cause: 'truncated',
    column: 'long_text',
  },
  {
    table: 'texts',
    sql: "UPDATE texts SET raw = x'00fe15' WHERE id = 5",
    key: 'id=5',
    kind: 'stale',
    cause: 'stale',
    column: 'raw',
  },
  {
    table: 'texts',
    sql: 'UPDATE texts SET blobs = LEFT(blobs, 100) WHERE id = 6',
    key: 'id=6',
    kind: 'stale',
    cause: 'truncated',
    column: 'blobs',
  },
  {
    table: 'texts',
    sql: "UPDATE texts SET c = 'FIXED' WHERE id = 7",
    key: 'id=7',
    kind: 'stale',
    cause: 'stale',
    column: 'c',
  },
  {
    table: 'labels',
    sql: "UPDATE labels SET e = 'c' WHERE part = 1",
    key: 'code=code-1, part=1',
    kind: 'stale',
    cause: 'stale',
    column: 'e',
  },
  {
    table: 'labels',
    sql: "UPDATE labels SET s = 'x,y,z' WHERE part = 2",
    key: 'code=code-2, part=2',
    kind: 'stale',
    cause: 'stale',
    column: 's',
  },
  {
    table: 'labels',
    sql: `UPDATE labels SET doc = '{"a": 3, "b": [1, 2.5, null, "e"]}' WHERE part = 3`,
    key: 'code=code-3, part=3',
    kind: 'stale',
    cause: 'stale',
    column: 'doc',
  },
  {
    table: 'labels',
    sql: "UPDATE labels SET code = 'CODE-4' WHERE part = 4",
    key: 'code=code-4, part=4',
    kind: 'missing',
    cause: 'missing',
  },
  { table: 'labels', sql: 'DO 0', key: 'code=CODE-4, part=4', kind: 'extra', cause: 'extra' },
  {
    table: 'keyless',
    sql: 'DELETE FROM keyless WHERE a = 1 LIMIT 1',
    key: 'a=1, b=row 1',
    kind: 'missing',
    cause: 'missing',
  },
  {
    table: 'keyless',
    sql: 'DELETE FROM keyless WHERE a = 2',
    key: 'a=2, b=row 2',
    kind: 'missing',
    cause: 'missing',
    copies: 2,
  },
  {
    table: 'keyless',
    sql: "INSERT INTO keyless VALUES (3, 'row 3', 3.5)",
    key: 'a=3, b=row 3',
    kind: 'extra',
    cause: 'extra',
  },
  {
    table: 'keyless',
    sql: 'DELETE FROM keyless WHERE x = 1.5 AND a IS NULL',
    key: 'a=NULL, b=NULL',
    kind: 'missing',
    cause: 'missing',
  },
  {
    table: 'bytes_key',
    sql: "UPDATE bytes_key SET v = 99 WHERE id = x'001127'",
    key: 'id=0x001127',
    kind: 'stale',
    cause: 'stale',
    column: 'v',
  },
  {
    table: 'bytes_key',
    sql: "DELETE FROM bytes_key WHERE id = x'001227'",
    key: 'id=0x001227',
    kind: 'missing',
    cause: 'missing',
  },
  {
    table: 'many',
    sql: 'UPDATE many SET v = v + 1 WHERE id = 2500',
    key: 'id=2500',
    kind: 'stale',
    cause: 'stale',
    column: 'v',
  },
  {
    table: 'many',
    sql: 'DELETE FROM many WHERE id = 5000',
    key: 'id=5000',
    kind: 'missing',
    cause: 'missing',
  },
  {
    table: 'empty_there',
    sql: 'DELETE FROM empty_there WHERE id < 3',
    key: 'id=1',
    kind: 'missing',
    cause: 'missing',
  },
  {
    table: 'empty_there',
    sql: 'DELETE FROM empty_there',
    key: 'id=2',
    kind: 'missing',
    cause: 'missing',
  },
  { table: 'empty_there', sql: 'DO 0', key: 'id=3', kind: 'missing', cause: 'missing' },
];
