import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../../src/core/table.ts';
import { type ServerName, testServer } from '../../support/servers.ts';
import { openSql, type Sql } from '../../support/sql.ts';
import { captureRows } from './captured-rows.ts';
import { decodeAll, shown, ValueChecker } from './value-checker.ts';
import { describeTable } from './described-table.ts';
import { makeColumn } from './random-rows.ts';
import {
  COMMON_CASES,
  JSON_CASES,
  LATE_TIMESTAMP,
  MARIADB_CASES,
  STRING_CASES,
  VECTOR_MARIADB,
  VECTOR_MYSQL,
} from './value-cases.ts';

const DATABASE = 'tr_rows';

const _ = undefined;
const BLOB = Buffer.from('blob');
/** [before, after] of each statement above; `_` is absent. */
const MINIMAL_IMAGES = [
  [_, [1, null, _, BLOB, _]],
  [
    [1, _, _, _, _],
    [_, 7, 'x', _, null],
  ],
  [
    [1, _, _, _, _],
    [_, _, _, null, _],
  ],
  [[1, _, _, _, _], _],
];
const NOBLOB_IMAGES = [
  [_, [1, null, null, BLOB, 3]],
  [
    [1, null, null, _, 3],
    [1, 7, 'x', _, null],
  ],
  [
    [1, 7, 'x', _, null],
    [1, 7, 'x', null, null],
  ],
  [[1, 7, 'x', _, null], _],
];

/** Each changes a document in place, which is what makes a partial update. */
const PARTIAL_UPDATES = [
  `SET j = JSON_SET(j, '$.a', 5)`,
  `SET j = JSON_SET(j, '$."odd name"', 'x', '$.arr[1]', 1.0)`,
  `SET j = JSON_REMOVE(j, '$.b')`,
  `SET j = JSON_SET(j, '$.arr[3]', CAST('1.50' AS DECIMAL(10,2)), '$.arr[4]', NULL)`,
  `SET j = JSON_REPLACE(j, '$.deep.x.y', JSON_OBJECT('n', 18446744073709551615))`,
  `SET j = JSON_REMOVE(j, '$.arr[0]'), n = 7`,
  `SET j = JSON_SET(j, '$.new', JSON_ARRAY(1, 'two')), j9 = JSON_SET(j9, '$[0]', 'nine')`,
  `SET j = NULL`,
  `SET j = JSON_OBJECT('whole', 1, 'pad', REPEAT('p', 200))`,
];

async function checkPartialUpdates(sql: Sql): Promise<void> {
  const table = `${DATABASE}.t_partial`;
  const more = Array.from({ length: 9 }, (_, i) => `j${i + 1} json`).join(', ');
  await sql.run(
    `CREATE TABLE ${table} (id int primary key, j json, n int, ${more}, z int)`,
    `INSERT INTO ${table} (id, j, n, j9, z) SELECT id, '{"a": 1, "b": "${'b'.repeat(200)}", "arr": [1, "${'two'.repeat(50)}", 3, 4.0], "deep": {"x": {"y": "${'long'.repeat(30)}"}}, "odd name": "${'o'.repeat(50)}"}', 1, '["${'i'.repeat(50)}"]', 5 FROM (SELECT 1 id UNION SELECT 2) ids`,
    "SET SESSION binlog_row_value_options = 'PARTIAL_JSON'",
  );
  const definition = await describeTable(sql, DATABASE, 't_partial');
  const columns = definition.columns.map(({ name }) => `CAST(${name} AS CHAR) AS ${name}`);
  let partialEvents = 0;
  for (const update of PARTIAL_UPDATES) {
    const captured = await captureRows(sql, DATABASE, () => sql.run(`UPDATE ${table} ${update}`));
    partialEvents += captured.filter(({ rows }) => rows.isPartial).length;
    const stored = await sql.rows(`SELECT ${columns.join(', ')} FROM ${table} t ORDER BY t.id`);
    const after = captured.flatMap((rows) => decodeAll(rows, definition).after);
    const texts = after.map((row) =>
      row.map((value, i) => shown(definition.columns[i] ?? makeColumn('json'), value)),
    );
    expect(texts, update).toEqual(stored.map((row) => Object.values(row) as unknown[]));
  }
  expect(partialEvents).toBeGreaterThanOrEqual(7);
  // Without the document before it a diff cannot be applied: it stops by name, it is never guessed.
  await sql.run('SET SESSION binlog_row_image = MINIMAL');
  const [minimal] = await captureRows(sql, DATABASE, () =>
    sql.run(`UPDATE ${table} SET j = JSON_SET(j, '$.whole', 2)`),
  );
  await sql.run("SET SESSION binlog_row_value_options = '', binlog_row_image = FULL");
  expect(minimal?.rows.isPartial).toBe(true);
  expect(() => minimal && decodeAll(minimal, definition)).toThrow(/and not the document/);
}

describe.each<ServerName>(['src56', 'src57', 'src97', 'src10', 'src11'])('rows of %s', (name) => {
  let sql: Sql;
  let checker: ValueChecker;
  const isMaria = name === 'src10' || name === 'src11';

  beforeAll(async () => {
    sql = await openSql(testServer(name));
    checker = new ValueChecker(sql, DATABASE, name === 'src57');
    await sql.run(
      "SET SESSION sql_mode = '', time_zone = '+00:00'",
      `DROP DATABASE IF EXISTS ${DATABASE}`,
      `CREATE DATABASE ${DATABASE}`,
    );
  });

  afterAll(async () => {
    await sql.run(`DROP DATABASE IF EXISTS ${DATABASE}`);
    await sql.close();
  });

  it('has every type of every server', async () => {
    await checker.checkValues('t_common', COMMON_CASES);
  });

  it('has text and bytes', async () => {
    await checker.checkValues('t_strings', STRING_CASES);
  });

  it.runIf(isMaria)('has the types of MariaDB', async () => {
    await checker.checkValues('t_maria', MARIADB_CASES);
    await sql.run('SET SESSION column_compression_zlib_wrap = ON');
    await checker.checkValues('t_maria_wrap', MARIADB_CASES);
  });

  it.runIf(name === 'src11')('has timestamps to 2106 and vectors', async () => {
    await checker.checkValues('t_late', LATE_TIMESTAMP);
    await checker.checkValues('t_vector', VECTOR_MARIADB);
  });

  it.runIf(name === 'src97')('has vectors', async () => {
    await checker.checkValues('t_vector', VECTOR_MYSQL);
  });

  it.runIf(name === 'src57' || name === 'src97')('has JSON as CAST prints it', async () => {
    await checker.checkValues('t_json', JSON_CASES);
  });

  it.runIf(name !== 'src56')('has generated columns', async () => {
    const virtual = isMaria ? 'PERSISTENT' : 'STORED';
    await sql.run(
      `CREATE TABLE ${DATABASE}.t_generated (id int primary key, a int, v int AS (a + 1) VIRTUAL, s varchar(20) AS (CONCAT('s', a)) ${virtual}, z int)`,
    );
    await checker.checkTable('t_generated', [
      `INSERT INTO ${DATABASE}.t_generated (id, a, z) VALUES (1, 5, 6)`,
      `INSERT INTO ${DATABASE}.t_generated (id, a, z) VALUES (2, NULL, NULL)`,
    ]);
  });

  it.runIf(name === 'src97' || isMaria)('has invisible columns', async () => {
    await sql.run(
      `CREATE TABLE ${DATABASE}.t_invisible (id int primary key, a int INVISIBLE DEFAULT 4, z int)`,
    );
    await checker.checkTable('t_invisible', [
      `INSERT INTO ${DATABASE}.t_invisible (id, z) VALUES (1, 6)`,
      `INSERT INTO ${DATABASE}.t_invisible (id, a, z) VALUES (2, NULL, 7)`,
    ]);
  });

  it.runIf(isMaria)('passes over hidden columns', async () => {
    await sql.run(
      `CREATE TABLE ${DATABASE}.t_hash (id int, b blob UNIQUE, t text, UNIQUE (t)) DEFAULT CHARSET=utf8mb4`,
      `CREATE TABLE ${DATABASE}.t_versioned (id int, a int) WITH SYSTEM VERSIONING`,
    );
    const hash = makeColumn('bigint', { isUnsigned: true, isHidden: true });
    const period = makeColumn('timestamp', { scale: 6, isHidden: true });
    const captured = await captureRows(sql, DATABASE, () =>
      sql.run(
        `INSERT INTO ${DATABASE}.t_hash VALUES (1, 'x', 'y'), (2, NULL, 'z')`,
        `INSERT INTO ${DATABASE}.t_versioned VALUES (1, 2)`,
      ),
    );
    const [hashed, versioned] = captured;
    if (hashed === undefined || versioned === undefined) throw new Error('two events');
    const hiddenHashes = new Array<Column>(hashed.tableMap.columnCount - 3).fill(hash);
    const hashTable = await describeTable(sql, DATABASE, 't_hash', hiddenHashes);
    const { after } = decodeAll(hashed, hashTable);
    expect(after.map((row) => row.slice(0, 3))).toEqual([
      [1, Buffer.from('x'), 'y'],
      [2, null, 'z'],
    ]);
    expect(after[0]?.slice(3).every((value) => value === undefined)).toBe(true);
    const versionedTable = await describeTable(sql, DATABASE, 't_versioned', [period, period]);
    expect(decodeAll(versioned, versionedTable).after).toEqual([[1, 2, undefined, undefined]]);
  });

  it.each(['MINIMAL', 'NOBLOB'])('tells absent from NULL in %s images', async (image) => {
    const table = `t_${image.toLowerCase()}`;
    await sql.run(
      `CREATE TABLE ${DATABASE}.${table} (id int primary key, a int, b varchar(10), c blob, d int DEFAULT 3)`,
      `SET SESSION binlog_row_image = ${image}`,
    );
    const captured = await captureRows(sql, DATABASE, () =>
      sql.run(
        `INSERT INTO ${DATABASE}.${table} (id, a, c) VALUES (1, NULL, 'blob')`,
        `UPDATE ${DATABASE}.${table} SET a = 7, d = NULL, b = 'x' WHERE id = 1`,
        `UPDATE ${DATABASE}.${table} SET c = NULL WHERE id = 1`,
        `DELETE FROM ${DATABASE}.${table} WHERE id = 1`,
      ),
    );
    await sql.run('SET SESSION binlog_row_image = FULL');
    const definition = await describeTable(sql, DATABASE, table);
    const images = captured.map((rows) => decodeAll(rows, definition));
    expect(images.map(({ before: [before], after: [after] }) => [before, after])).toEqual(
      image === 'MINIMAL' ? MINIMAL_IMAGES : NOBLOB_IMAGES,
    );
  });

  it.runIf(name === 'src97')('applies partial updates of JSON', async () => {
    await checkPartialUpdates(sql);
  });
});
