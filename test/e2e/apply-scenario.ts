import type { ServerTraits } from './value-tables.ts';

/** One point of the scenario: what exists, and what then happens on the source in separate stages. */
export interface ApplyPoint {
  readonly name: string;
  readonly create: readonly string[];
  readonly before: readonly string[];
  readonly then: readonly string[];
}

const KEYLESS: ApplyPoint = {
  name: 'tables without a key',
  create: [
    'CREATE TABLE keyless_text (t TEXT CHARACTER SET utf8, c VARCHAR(20) CHARACTER SET utf8 COLLATE utf8_general_ci, n INT)',
    'CREATE TABLE keyless_numbers (f FLOAT, d DOUBLE, n DECIMAL(20, 10), b BLOB, y BIT(9))',
    'CREATE TABLE keyless_indexed (a VARCHAR(20) CHARACTER SET latin1, b INT, KEY (a), KEY (b))',
    'CREATE TABLE keyless_nullable_unique (a INT, b INT, UNIQUE (a))',
    'CREATE TABLE keyless_one (a INT)',
  ],
  before: [
    `INSERT INTO keyless_text VALUES ('abc', 'abc', 1), ('ABC', 'ABC', 1), ('ábc', 'ábc', 1), ('abc ', 'abc ', 1), ('abc', 'abc', 1),
     ('abc', 'abc', 1), (NULL, NULL, NULL), (NULL, NULL, NULL), ('', '', 0), (' ', ' ', 0)`,
    `INSERT INTO keyless_numbers VALUES (1.1, 1.1, 1.1, 'x', 1), (1.1, 1.1, 1.1, 'x', 1), (16777217, 1e300, 0, REPEAT('b', 3000), 511),
     (-0.0, -0.0, 0, '', 0), (0, 0, 0, '', 0), ('-0', '-0', 0, '', 0), (3.4e38, 5e-324, -1.5, X'00FF', 256), (NULL, NULL, NULL, NULL, NULL)`,
    "INSERT INTO keyless_indexed VALUES ('a', 1), ('A', 1), ('a', 1), ('b', 2), (NULL, 3), (NULL, 3)",
    'INSERT INTO keyless_nullable_unique VALUES (1, 1), (2, 1), (NULL, 1), (NULL, 1), (NULL, NULL)',
    'INSERT INTO keyless_one VALUES (1), (1), (1), (1), (2)',
  ],
  then: [
    "DELETE FROM keyless_text WHERE BINARY c = 'ABC'",
    "UPDATE keyless_text SET n = 2 WHERE BINARY c = 'abc ' ",
    "UPDATE keyless_text SET t = 'abC' WHERE BINARY c = 'abc' LIMIT 1",
    "UPDATE keyless_text SET c = 'ABC' WHERE n = 1 AND BINARY c = 'abc' LIMIT 1",
    'DELETE FROM keyless_text WHERE n IS NULL LIMIT 1',
    "DELETE FROM keyless_text WHERE BINARY c = ' '",
    "UPDATE keyless_numbers SET f = 2.2 WHERE b = 'x' LIMIT 1",
    "DELETE FROM keyless_numbers WHERE d = '-0' AND CONCAT(d) LIKE '-%'",
    "UPDATE keyless_numbers SET d = d * 3, f = -f WHERE b <> ''",
    'DELETE FROM keyless_numbers WHERE n IS NULL',
    "UPDATE keyless_indexed SET b = 9 WHERE BINARY a = 'A'",
    "DELETE FROM keyless_indexed WHERE BINARY a = 'a' LIMIT 1",
    'DELETE FROM keyless_indexed WHERE a IS NULL LIMIT 1',
    'UPDATE keyless_nullable_unique SET b = 7 WHERE a IS NULL AND b = 1 LIMIT 1',
    'UPDATE keyless_nullable_unique SET a = NULL WHERE a = 1',
    'DELETE FROM keyless_nullable_unique WHERE a = 2',
    'DELETE FROM keyless_one WHERE a = 1 LIMIT 2',
    'UPDATE keyless_one SET a = a + 1 WHERE a = 1 LIMIT 1',
    'BEGIN',
    'INSERT INTO keyless_one VALUES (5), (5), (5)',
    'DELETE FROM keyless_one WHERE a = 5 LIMIT 1',
    'UPDATE keyless_one SET a = 6 WHERE a = 5 LIMIT 1',
    'COMMIT',
  ],
};

const UNIQUE: ApplyPoint = {
  name: 'unique values and primary keys that move',
  create: [
    'CREATE TABLE swapped (id INT PRIMARY KEY, u INT, v VARCHAR(10), UNIQUE (u), UNIQUE (v))',
    'CREATE TABLE shifted (id INT PRIMARY KEY, v INT)',
    'CREATE TABLE unique_nulls (id INT PRIMARY KEY, a INT, b INT, UNIQUE (a, b))',
    'CREATE TABLE composite (a INT, b VARCHAR(10) CHARACTER SET latin1, c DATE, v INT, PRIMARY KEY (a, b, c))',
    'CREATE TABLE low_keys (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
    'CREATE TABLE by_unique (a INT NOT NULL, b VARCHAR(9) NOT NULL, v INT, UNIQUE (a, b))',
  ],
  before: [
    "INSERT INTO swapped VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, NULL, NULL), (5, NULL, NULL)",
    'INSERT INTO shifted VALUES (1, 1), (2, 2), (3, 3), (10, 10)',
    'INSERT INTO unique_nulls VALUES (1, 1, NULL), (2, 1, NULL), (3, NULL, 1), (4, 1, 1), (5, NULL, NULL)',
    "INSERT INTO composite VALUES (1, 'x', '2024-01-01', 1), (1, 'y', '2024-01-01', 2), (1, 'x', '0000-00-00', 3)",
    'INSERT INTO low_keys VALUES (0, 0), (-1, -1), (-2147483648, 2), (2147483647, 3)',
    "INSERT INTO by_unique VALUES (1, 'a', 1), (1, 'b', 2)",
  ],
  then: [
    'BEGIN',
    'UPDATE swapped SET u = 99 WHERE id = 1',
    'UPDATE swapped SET u = 10 WHERE id = 2',
    'UPDATE swapped SET u = 20 WHERE id = 1',
    'COMMIT',
    'BEGIN',
    'UPDATE swapped SET v = NULL WHERE id = 3',
    "UPDATE swapped SET v = 'c' WHERE id = 1",
    "UPDATE swapped SET v = 'a' WHERE id = 3",
    'DELETE FROM swapped WHERE id = 2',
    "INSERT INTO swapped VALUES (7, 10, 'b')",
    'COMMIT',
    'UPDATE shifted SET id = id + 1 ORDER BY id DESC',
    'UPDATE shifted SET id = id - 1 ORDER BY id',
    'BEGIN',
    'UPDATE shifted SET id = -1 WHERE id = 1',
    'UPDATE shifted SET id = 1 WHERE id = 2',
    'UPDATE shifted SET id = 2 WHERE id = -1',
    'COMMIT',
    'UPDATE shifted SET id = 100, v = 100 WHERE id = 10',
    'UPDATE unique_nulls SET a = NULL WHERE id = 4',
    'UPDATE unique_nulls SET a = 1, b = 1 WHERE id = 1',
    'DELETE FROM unique_nulls WHERE id = 2',
    "UPDATE composite SET c = '2024-02-02' WHERE b = 'y'",
    'UPDATE composite SET a = a + 1 ORDER BY a DESC',
    "DELETE FROM composite WHERE c = '0000-00-00'",
    'UPDATE low_keys SET v = v + 100',
    'UPDATE low_keys SET id = 5 WHERE id = 0',
    'UPDATE low_keys SET id = 0 WHERE id = -1',
    "UPDATE by_unique SET b = 'c' WHERE b = 'a'",
    "REPLACE INTO swapped VALUES (8, 20, 'c')",
    "INSERT INTO swapped VALUES (4, 40, 'd') ON DUPLICATE KEY UPDATE u = 41",
    "INSERT IGNORE INTO swapped VALUES (4, 42, 'e'), (9, 90, 'n')",
  ],
};

/** Keys that a collation makes equal though their bytes differ. */
function collated({ isMariadb, version }: ServerTraits): ApplyPoint {
  const newest = isMariadb
    ? version > 11
      ? 'utf8mb4_uca1400_ai_ci'
      : 'utf8mb4_unicode_520_nopad_ci'
    : version > 9
      ? 'utf8mb4_0900_ai_ci'
      : 'utf8mb4_unicode_520_ci';
  const tables: readonly (readonly [string, string, string])[] = [
    ['ci_general', 'utf8mb4', 'utf8mb4_general_ci'],
    ['ci_newest', 'utf8mb4', newest],
    ['ci_german', 'latin1', 'latin1_german2_ci'],
    ['cs_binary', 'utf8mb4', 'utf8mb4_bin'],
  ];
  const each = (make: (table: string) => readonly string[]) => tables.flatMap(([t]) => make(t));
  return {
    name: 'keys that a collation compares',
    create: tables.map(
      ([name, charset, collation]) =>
        `CREATE TABLE ${name} (k VARCHAR(20) CHARACTER SET ${charset} COLLATE ${collation} PRIMARY KEY,
         u VARCHAR(20) CHARACTER SET ${charset} COLLATE ${collation}, v INT, UNIQUE (u))`,
    ),
    before: each((t) => [
      `INSERT INTO ${t} VALUES ('abc', 'one', 1), ('def', 'two', 2), ('straße', 'drei', 3), ('x', 'vier', 4), ('émile', NULL, 5)`,
    ]),
    then: each((t) => [
      `UPDATE ${t} SET k = 'ABC' WHERE k = 'abc'`,
      `UPDATE ${t} SET k = 'x  ' WHERE k = 'x'`,
      `UPDATE ${t} SET k = 'Émile', v = 55 WHERE k = 'émile'`,
      'BEGIN',
      `DELETE FROM ${t} WHERE k = 'def'`,
      `INSERT INTO ${t} VALUES ('DÉF', 'TWO', 22)`,
      'COMMIT',
      'BEGIN',
      `UPDATE ${t} SET u = 'tmp' WHERE u = 'one'`,
      `UPDATE ${t} SET u = 'ONE' WHERE u = 'drei'`,
      `UPDATE ${t} SET u = 'Drei' WHERE u = 'tmp'`,
      'COMMIT',
      `UPDATE ${t} SET v = v + 1`,
      'BEGIN',
      `INSERT INTO ${t} VALUES ('temporary', 'gone', 0)`,
      `DELETE FROM ${t} WHERE k = 'TEMPORARY' OR k = 'temporary'`,
      'COMMIT',
      `DELETE FROM ${t} WHERE u = 'vier'`,
    ]),
  };
}

/** A key of every type that can be one. */
const KEY_TYPES: readonly (readonly [string, string, string, string])[] = [
  ['tinyint', '1', '2', '-128'],
  ['bigint unsigned', '18446744073709551615', '0', '9223372036854775808'],
  ['decimal(40,10)', '1.5', '-99999999999999999999.0000000001', '0'],
  ['float', '1.1', '16777217', '-3.4e38'],
  ['double', '0.1', '1e308', '-5e-324'],
  ['bit(64)', "b'1'", "X'FFFFFFFFFFFFFFFF'", "X'8000000000000000'"],
  ['date', "'2024-02-29'", "'0000-00-00'", "'9999-12-31'"],
  [
    'datetime(6)',
    "'2024-02-29 01:02:03.000001'",
    "'0000-00-00 00:00:00'",
    "'9999-12-31 23:59:59.999999'",
  ],
  [
    "timestamp(3) default '2000-01-01 00:00:00'",
    "'2024-02-29 01:02:03.001'",
    "'1970-01-01 00:00:01'",
    "'2038-01-19 03:14:07.999'",
  ],
  ['time(2)', "'-00:01:00'", "'838:59:59'", "'-838:59:59'"],
  ['year', '2024', '0', '2155'],
  ["enum('a','b,c','d''e')", '1', '2', '3'],
  [`set('a','b','c')`, "'a'", "'a,b'", "''"],
  ['char(10) character set utf8', "'a'", "'ö'", "''"],
  ['varchar(10) character set gbk', "CONVERT(_utf8 X'E7B897' USING gbk)", "'a'", "''"],
  ['varchar(10) character set ucs2', "'a'", "CONVERT(_utf8 X'E6BCA2' USING ucs2)", "''"],
  ['binary(4)', "X'00'", "X'01000000'", "X'5C270000'"],
  ['varbinary(10)', "X'00'", "X'0000'", "X''"],
  ['varchar(10) binary', "'a'", "'A'", "'á'"],
];

function keysOfEveryType({ isMariadb }: ServerTraits): ApplyPoint {
  const own: typeof KEY_TYPES = isMariadb
    ? [
        [
          'uuid',
          "'123e4567-e89b-12d3-a456-426614174000'",
          "'f47ac10b-58cc-7372-a567-0e02b2c3d479'",
          "'00000000-0000-0000-0000-000000000000'",
        ],
        ['inet6', "'::1'", "'fe80::2'", "'::'"],
        ['inet4', "'1.2.3.4'", "'0.0.0.0'", "'255.255.255.255'"],
      ]
    : [];
  const types = [...KEY_TYPES, ...own];
  const each = (
    make: (table: string, values: readonly [string, string, string]) => readonly string[],
  ) => types.flatMap(([, a, b, c], index) => make(`key_${index}`, [a, b, c]));
  return {
    name: 'keys of every type',
    create: types.map(
      ([type], index) => `CREATE TABLE key_${index} (k ${type} NOT NULL PRIMARY KEY, v INT)`,
    ),
    before: each((t, [a, b]) => [`INSERT INTO ${t} VALUES (${a}, 1), (${b}, 2)`]),
    then: each((t, [a, b, c]) => [
      `UPDATE ${t} SET v = v + 10`,
      `UPDATE ${t} SET k = ${c} WHERE v = 11`,
      `UPDATE ${t} SET v = 5 WHERE v = 11`,
      `DELETE FROM ${t} WHERE v = 12`,
      `INSERT INTO ${t} VALUES (${a}, 3), (${b}, 4)`,
      'BEGIN',
      `DELETE FROM ${t} WHERE v = 3`,
      `UPDATE ${t} SET k = ${a} WHERE v = 4`,
      'COMMIT',
    ]),
  };
}

const FOREIGN_KEYS: ApplyPoint = {
  name: 'foreign keys',
  create: [
    'CREATE TABLE parent (id INT PRIMARY KEY, v INT)',
    'CREATE TABLE child (id INT PRIMARY KEY, p INT, v INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE)',
    'CREATE TABLE grandchild (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES child (id) ON DELETE CASCADE)',
    'CREATE TABLE loose (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE SET NULL)',
    'CREATE TABLE keyless_child (p INT, v INT, KEY (p), FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)',
    'CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE)',
    'CREATE TABLE plain_child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES parent (id))',
  ],
  before: [
    'INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)',
    'INSERT INTO child VALUES (11, 1, 1), (12, 1, 1), (21, 2, 1), (31, 3, 1), (41, NULL, 1)',
    'INSERT INTO grandchild VALUES (111, 11), (112, 12), (211, 21), (311, 31)',
    'INSERT INTO loose VALUES (1, 1), (2, 2), (3, 3), (4, 3)',
    'INSERT INTO keyless_child VALUES (1, 1), (1, 1), (2, 2), (3, 3), (NULL, 4)',
    'INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, NULL), (6, 5)',
    'INSERT INTO plain_child VALUES (1, 4), (2, 5)',
  ],
  then: [
    'DELETE FROM parent WHERE id = 1',
    'BEGIN',
    'UPDATE child SET v = 2 WHERE id = 21',
    'DELETE FROM keyless_child WHERE p = 2',
    'UPDATE parent SET id = 22 WHERE id = 2',
    'UPDATE child SET v = 3 WHERE id = 21',
    'COMMIT',
    'DELETE FROM tree WHERE id = 1',
    'BEGIN',
    'DELETE FROM plain_child WHERE id = 1',
    'DELETE FROM parent WHERE id = 4',
    'INSERT INTO parent VALUES (4, 44)',
    'INSERT INTO plain_child VALUES (1, 4)',
    'COMMIT',
    'SET SESSION foreign_key_checks = 0',
    'INSERT INTO plain_child VALUES (9, 999)',
    'INSERT INTO child VALUES (91, 900, 1)',
    'DELETE FROM parent WHERE id = 3',
    'UPDATE parent SET id = 55 WHERE id = 5',
    'BEGIN',
    'INSERT INTO tree VALUES (21, 20)',
    'INSERT INTO tree VALUES (20, NULL)',
    'COMMIT',
    'SET SESSION foreign_key_checks = 1',
    'INSERT INTO parent VALUES (900, 900)',
    'DELETE FROM parent WHERE id = 900',
    'DELETE FROM parent WHERE id = 22',
  ],
};

/** Triggers, routines and events: what they did arrives as rows, once. */
const PROGRAMS: ApplyPoint = {
  name: 'triggers, events, views, routines and users',
  create: [
    'CREATE TABLE base (id INT PRIMARY KEY, v INT, w INT)',
    'CREATE TABLE audit (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40))',
    'CREATE TABLE ticks (n INT)',
    'CREATE TRIGGER base_before BEFORE INSERT ON base FOR EACH ROW SET NEW.w = NEW.v * 2',
    "CREATE TRIGGER base_after AFTER INSERT ON base FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('in ', NEW.id))",
    "CREATE TRIGGER base_changed AFTER UPDATE ON base FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('up ', NEW.id))",
    "CREATE TRIGGER base_gone AFTER DELETE ON base FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('out ', OLD.id))",
    'CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO ticks VALUES (1)',
    'CREATE PROCEDURE fill (IN n INT) BEGIN DECLARE i INT DEFAULT 0; WHILE i < n DO INSERT INTO base (id, v) VALUES (100 + i, i); SET i = i + 1; END WHILE; END',
    'CREATE VIEW base_view AS SELECT id, v FROM base',
  ],
  // The event has fired by now where the source runs events; from here on it must not, while tables are compared.
  before: [
    'ALTER EVENT tick DISABLE',
    'INSERT INTO base (id, v) VALUES (1, 10), (2, 20)',
    'CALL fill(5)',
  ],
  then: [
    'UPDATE base SET v = v + 1 WHERE id < 3',
    'DELETE FROM base WHERE id = 2',
    'DROP TRIGGER base_gone',
    'DELETE FROM base WHERE id = 1',
  ],
};

const long = 'n'.repeat(60) + '_end';
const HOSTILE: ApplyPoint = {
  name: 'hostile names',
  create: [
    'CREATE TABLE `select` (`from` INT PRIMARY KEY, `where` INT, `order by` INT)',
    'CREATE TABLE `a``b` (`c``d` INT PRIMARY KEY, `"` INT)',
    'CREATE TABLE `it\'s "quoted"` (`it\'s` INT PRIMARY KEY, `--x` INT, `/*y*/` INT)',
    'CREATE TABLE `dot.ted` (`a.b` INT PRIMARY KEY, `` ` `` INT)'.replace('`` ` ``', '`;`'),
    'CREATE TABLE `sp ace` (`a b` INT, ` lead` INT)',
    'CREATE TABLE `ünï漢字` (`ключ` INT PRIMARY KEY, `값` VARCHAR(20) CHARACTER SET utf8mb4)',
    `CREATE TABLE \`${long}\` (\`${long}\` INT PRIMARY KEY, \`${'c'.repeat(64)}\` INT)`,
    'CREATE TABLE `100%_x` (`1` INT PRIMARY KEY, `\\n` INT, `tailrace_new` INT)',
    'CREATE TABLE `tailrace new` (`VALUES` INT PRIMARY KEY, `DEFAULT` INT, UNIQUE (`DEFAULT`))',
  ],
  before: [
    'INSERT INTO `select` VALUES (1, 1, 1), (2, 2, 2)',
    'INSERT INTO `a``b` VALUES (1, 1), (2, 2)',
    'INSERT INTO `it\'s "quoted"` VALUES (1, 1, 1), (2, 2, 2)',
    'INSERT INTO `dot.ted` VALUES (1, 1), (2, 2)',
    'INSERT INTO `sp ace` VALUES (1, 1), (2, 2)',
    "INSERT INTO `ünï漢字` VALUES (1, 'é😀'), (2, '')",
    `INSERT INTO \`${long}\` VALUES (1, 1), (2, 2)`,
    'INSERT INTO `100%_x` VALUES (1, 1, 1), (2, 2, 2)',
    'INSERT INTO `tailrace new` VALUES (1, 1), (2, 2)',
  ],
  then: [
    'UPDATE `select` SET `where` = NULL, `order by` = 5',
    'UPDATE `a``b` SET `"` = 7, `c``d` = 3 WHERE `c``d` = 1',
    'UPDATE `it\'s "quoted"` SET `--x` = 8, `/*y*/` = 9',
    'UPDATE `dot.ted` SET `;` = 3',
    'UPDATE `sp ace` SET ` lead` = 4 WHERE `a b` = 1',
    "UPDATE `ünï漢字` SET `값` = '漢' WHERE `ключ` = 1",
    `DELETE FROM \`${long}\` WHERE \`${long}\` = 1`,
    'UPDATE `100%_x` SET `\\n` = 3, `tailrace_new` = 4',
    'UPDATE `tailrace new` SET `DEFAULT` = `DEFAULT` + 10',
    'ALTER TABLE `a``b` ADD COLUMN `x``y` INT DEFAULT 5 AFTER `c``d`',
    'UPDATE `a``b` SET `x``y` = 6 WHERE `c``d` = 2',
    'TRUNCATE TABLE `dot.ted`',
  ],
};

function jsonKeyless({ isMariadb, version }: ServerTraits): ApplyPoint[] {
  if (version < 5.7) return [];
  const doc = isMariadb ? '\'{"a": 1}\'' : "JSON_OBJECT('a', 1)";
  return [
    {
      name: 'JSON without a key',
      create: ['CREATE TABLE keyless_json (j JSON, g INT AS (1 + 1) VIRTUAL, n INT)'],
      before: [
        `INSERT INTO keyless_json (j, n) VALUES ('{"a": 1}', 1), ('{"a": 1.0}', 2), (${doc}, 1), ('[1, 2]', 3), ('null', 4), (NULL, 4), ('"é😀"', 5)`,
      ],
      then: [
        'DELETE FROM keyless_json WHERE n = 2',
        'DELETE FROM keyless_json WHERE n = 1 LIMIT 1',
        "UPDATE keyless_json SET j = '[2, 1]' WHERE n = 3",
        'UPDATE keyless_json SET n = 6 WHERE j IS NULL',
        'UPDATE keyless_json SET j = NULL WHERE n = 5',
      ],
    },
  ];
}

export function applyPoints(traits: ServerTraits): readonly ApplyPoint[] {
  return [
    KEYLESS,
    UNIQUE,
    collated(traits),
    keysOfEveryType(traits),
    FOREIGN_KEYS,
    PROGRAMS,
    HOSTILE,
    ...jsonKeyless(traits),
  ];
}
