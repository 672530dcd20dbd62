import type { ServerTraits } from './value-tables.ts';

/** Tables that need more than values in columns: what to run in each stage. */
export interface SpecialTable {
  readonly create: readonly string[];
  readonly inserts: readonly string[];
  readonly changes: readonly string[];
  readonly deletes: readonly string[];
}

const JSON_LONG = "REPEAT('x', 70000)";

const GENERATED: SpecialTable = {
  create: [
    `CREATE TABLE generated_columns (id INT PRIMARY KEY, a INT, v INT AS (a * 2) VIRTUAL, s VARCHAR(40) AS (CONCAT('s', a)) STORED,
     b VARCHAR(10), UNIQUE (s))`,
    'CREATE TABLE generated_keyless (a INT, v INT AS (a + 1) VIRTUAL, s INT AS (a * 3) STORED, b VARCHAR(10))',
  ],
  inserts: [
    "INSERT INTO generated_columns (id, a, b) VALUES (1, 10, 'x'), (2, 20, 'y'), (3, NULL, 'z')",
    "INSERT INTO generated_keyless (a, b) VALUES (1, 'p'), (1, 'p'), (2, NULL)",
  ],
  changes: [
    'UPDATE generated_columns SET a = 11 WHERE id = 1',
    'UPDATE generated_columns SET a = NULL WHERE id = 2',
    "UPDATE generated_keyless SET b = 'q' LIMIT 1",
    'UPDATE generated_keyless SET a = NULL WHERE a = 2',
  ],
  deletes: ['DELETE FROM generated_columns WHERE id = 2', 'DELETE FROM generated_keyless LIMIT 1'],
};

const UNICODE_NAMES: SpecialTable = {
  create: [
    'CREATE TABLE `täßle 漢字` (`schlüssel` INT PRIMARY KEY, `größe 大` VARCHAR(30) CHARACTER SET utf8mb4, `a.b``c"d\'e` INT)',
  ],
  inserts: ["INSERT INTO `täßle 漢字` VALUES (1, 'größe 😀', 1), (2, '😀', 2), (3, '', 3)"],
  changes: ["UPDATE `täßle 漢字` SET `größe 大` = CONCAT(`größe 大`, 'é'), `a.b``c\"d'e` = NULL"],
  deletes: ['DELETE FROM `täßle 漢字` WHERE `schlüssel` = 3'],
};

/** Characters beyond the basic plane have no place in identifiers, on any server: the widest that has. */
const JSON_PARTIAL: SpecialTable = {
  create: ['CREATE TABLE json_partial (id INT PRIMARY KEY, j JSON, k JSON, n INT)'],
  inserts: [
    `INSERT INTO json_partial VALUES
     (1, JSON_OBJECT('a', 1, 'b', JSON_ARRAY(1, 2, 3), 'long', ${JSON_LONG}, '__proto__', 'p'), '[1,2,3]', 0),
     (2, JSON_OBJECT('a', 'text', 'n', NULL, 'd', CAST('1.50' AS DECIMAL(10, 2))), '{"x": {"y": {"z": 1}}}', 0),
     (3, NULL, 'null', 0), (4, '{"k": 1.0, "big": 18446744073709551615}', '[]', 0)`,
  ],
  changes: [
    "UPDATE json_partial SET j = JSON_SET(j, '$.a', 2, '$.new', 'n') WHERE id = 1",
    "UPDATE json_partial SET j = JSON_REMOVE(j, '$.b[1]'), k = JSON_ARRAY_INSERT(k, '$[1]', 'in') WHERE id = 1",
    "UPDATE json_partial SET j = JSON_REPLACE(j, '$.a', JSON_OBJECT('deep', 1.5)), n = n + 1 WHERE id = 2",
    "UPDATE json_partial SET k = JSON_SET(k, '$.x.y.z', CAST('2.50' AS DECIMAL(10, 2)), '$.x.w', NOW(6)) WHERE id = 2",
    "UPDATE json_partial SET j = '{}' WHERE id = 3",
    "UPDATE json_partial SET j = JSON_SET(j, '$.__proto__', 'q', '$.k', 1) WHERE id IN (3, 4)",
    'UPDATE json_partial SET k = NULL WHERE id = 4',
    "UPDATE json_partial SET j = JSON_REMOVE(j, '$.long', '$.__proto__') WHERE id = 1",
    "UPDATE json_partial SET j = JSON_SET(j, '$.big', -9223372036854775808) WHERE id = 4",
  ],
  deletes: ['DELETE FROM json_partial WHERE id = 3'],
};

const INVISIBLE_MYSQL: SpecialTable = {
  create: [
    "CREATE TABLE invisible (id INT PRIMARY KEY, a INT, h VARCHAR(9) INVISIBLE DEFAULT 'dflt', z INT)",
    'CREATE TABLE expression_key (id INT PRIMARY KEY, a VARCHAR(20), UNIQUE KEY f ((LOWER(a))))',
  ],
  inserts: [
    "INSERT INTO invisible (id, a, h) VALUES (1, 1, 'seen')",
    'INSERT INTO invisible VALUES (2, 2, 3)',
    "INSERT INTO expression_key VALUES (1, 'One'), (2, 'Two'), (3, NULL)",
  ],
  changes: [
    'UPDATE invisible SET h = NULL WHERE id = 1',
    "UPDATE invisible SET h = 'set' WHERE id = 2",
    "UPDATE expression_key SET a = CASE id WHEN 1 THEN 'three' ELSE a END",
  ],
  deletes: ['DELETE FROM invisible WHERE id = 1', 'DELETE FROM expression_key WHERE id = 3'],
};

const MARIADB: SpecialTable = {
  create: [
    "CREATE TABLE invisible (id INT PRIMARY KEY, a INT, h VARCHAR(9) INVISIBLE DEFAULT 'dflt', z INT)",
    'CREATE TABLE versioned (id INT PRIMARY KEY, v VARCHAR(20)) WITH SYSTEM VERSIONING',
    'CREATE TABLE versioned_keyless (v VARCHAR(20), n INT) WITH SYSTEM VERSIONING',
    `CREATE TABLE versioned_named (id INT PRIMARY KEY, v INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
     re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING`,
    'CREATE TABLE long_unique (id INT PRIMARY KEY, t TEXT, b BLOB, UNIQUE (t), UNIQUE (b))',
    'CREATE TABLE long_unique_keyless (t TEXT NOT NULL, n INT, UNIQUE (t))',
    'CREATE TABLE long_unique_versioned (id INT PRIMARY KEY, t TEXT, UNIQUE (t)) WITH SYSTEM VERSIONING',
    'CREATE TABLE uuid_key (u UUID PRIMARY KEY, i INET6 NOT NULL, UNIQUE (i))',
    'CREATE TABLE checked (id INT PRIMARY KEY, j JSON, n INT CHECK (n > 0))',
  ],
  inserts: [
    "INSERT INTO invisible (id, a, h) VALUES (1, 1, 'seen')",
    'INSERT INTO invisible VALUES (2, 2, 3)',
    "INSERT INTO versioned VALUES (1, 'a'), (2, 'b'), (3, NULL)",
    "INSERT INTO versioned_keyless VALUES ('a', 1), ('a', 1), (NULL, NULL)",
    'INSERT INTO versioned_named (id, v) VALUES (1, 1), (2, 2)',
    "INSERT INTO long_unique VALUES (1, REPEAT('a', 5000), 'x'), (2, REPEAT('b', 5000), 'y'), (3, NULL, NULL), (4, NULL, 'z')",
    "INSERT INTO long_unique_keyless VALUES ('one', 1), ('two', 2), ('three', NULL)",
    "INSERT INTO long_unique_versioned VALUES (1, 'one'), (2, 'two')",
    "INSERT INTO uuid_key VALUES ('123e4567-e89b-12d3-a456-426614174000', '::1'), ('f47ac10b-58cc-7372-a567-0e02b2c3d479', 'fe80::2')",
    'INSERT INTO checked VALUES (1, \'{"a": [1, 2.0]}\', 5)',
  ],
  changes: [
    'UPDATE invisible SET h = NULL WHERE id = 1',
    "UPDATE versioned SET v = 'changed' WHERE id < 3",
    "UPDATE versioned_keyless SET n = 2 WHERE v = 'a' LIMIT 1",
    'UPDATE versioned_named SET v = v + 1',
    "REPLACE INTO versioned VALUES (3, 'replaced')",
    "INSERT INTO versioned VALUES (3, 'x') ON DUPLICATE KEY UPDATE v = 'on duplicate'",
    'UPDATE versioned SET id = 33 WHERE id = 3',
    // Two rows swap a long unique value by way of a third.
    'BEGIN',
    "UPDATE long_unique SET t = 'tmp' WHERE id = 1",
    "UPDATE long_unique SET t = REPEAT('a', 5000) WHERE id = 2",
    "UPDATE long_unique SET t = REPEAT('b', 5000) WHERE id = 1",
    'COMMIT',
    "UPDATE long_unique_keyless SET t = 'TWO', n = 22 WHERE t = 'two'",
    "UPDATE long_unique_versioned SET t = 'uno' WHERE id = 1",
    "UPDATE uuid_key SET i = '::2' WHERE u = '123e4567-e89b-12d3-a456-426614174000'",
    "UPDATE uuid_key SET u = '00000000-0000-0000-0000-000000000001' WHERE i = '::2'",
    "UPDATE checked SET n = 6, j = '[]'",
  ],
  deletes: [
    'DELETE FROM versioned WHERE id = 2',
    "DELETE FROM versioned_keyless WHERE v = 'a' LIMIT 1",
    'DELETE FROM versioned_named WHERE id = 1',
    'DELETE HISTORY FROM versioned_keyless',
    'BEGIN',
    "INSERT INTO versioned VALUES (50, 'new'), (51, 'stays')",
    "UPDATE versioned SET v = 'newer' WHERE id = 50",
    'DELETE FROM versioned WHERE id = 50',
    "UPDATE versioned SET v = 'last' WHERE id = 51",
    'COMMIT',
    'DELETE FROM long_unique WHERE id IN (1, 3)',
    "DELETE FROM long_unique_keyless WHERE t = 'one'",
    'DELETE FROM long_unique_versioned WHERE id = 2',
    "DELETE FROM uuid_key WHERE i = '::2'",
  ],
};

/** Values that the server sets by itself, which images without all columns may lack. */
export function changesByItself(base: number, { isMariadb, version }: ServerTraits): string[] {
  const hasExpressions = isMariadb || version > 8;
  const table = `by_itself_${base}`;
  return [
    `CREATE TABLE ${table} (id INT PRIMARY KEY, v INT DEFAULT 7, t TEXT,
     ts TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
     dt DATETIME(6) NULL ON UPDATE CURRENT_TIMESTAMP(6)
     ${hasExpressions ? ', u VARCHAR(40) DEFAULT (UUID()), r DOUBLE DEFAULT (RAND())' : ''})`,
    `INSERT INTO ${table} (id) VALUES (1), (2), (3), (4)`,
    `INSERT INTO ${table} (id, v, ts) VALUES (5, NULL, '2001-01-01 00:00:00')`,
    `UPDATE ${table} SET v = 1 WHERE id = 1`,
    `UPDATE ${table} SET v = 2, ts = ts, dt = dt WHERE id = 2`,
    `UPDATE ${table} SET t = 'text' WHERE id = 3`,
    `UPDATE ${table} SET id = 40 WHERE id = 4`,
  ];
}

/** Columns whose values are each server's own: when a row version began and ended. */
export const OWN_COLUMNS: ReadonlySet<string> = new Set(['rs', 're']);

export function specialTables({ isMariadb, version }: ServerTraits): readonly SpecialTable[] {
  if (isMariadb) return [UNICODE_NAMES, GENERATED, MARIADB];
  if (version < 5.7) return [UNICODE_NAMES];
  if (version < 8) return [UNICODE_NAMES, GENERATED, JSON_PARTIAL];
  return [UNICODE_NAMES, GENERATED, JSON_PARTIAL, INVISIBLE_MYSQL];
}
