import { describe, expect, it } from 'vitest';
import { planDdl } from '../../../../src/sink/mysql/ddl/plan.ts';
import { makeChange, makeRouter, type ChangeOptions } from './ddl-fixtures.ts';

const router = makeRouter({
  columns: {
    'shop.a': { mail: 'email', secret: null, gone: null, date: 'day', '10': 'ten' },
    'shop.p': { id: 'key`' },
  },
});
const text = (statement: string, options: ChangeOptions = {}) =>
  planDdl(makeChange(statement, { database: 'shop', ...options }), router)?.statement;

describe('columns with other names at the target', () => {
  it.each([
    ['CREATE TABLE a (id INT, secret INT)', 'CREATE TABLE a (id INT)'],
    ['CREATE TABLE a (secret INT, gone TEXT, id INT)', 'CREATE TABLE a (id INT)'],
    ['CREATE TABLE a (id INT, Mail VARCHAR(9))', 'CREATE TABLE a (id INT, `email` VARCHAR(9))'],
    [
      'CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY, date DATE, d DECIMAL(10,2), KEY mail (mail (3) DESC, date), UNIQUE secret (secret))',
      'CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY, `day` DATE, d DECIMAL(10,2), KEY mail (`email` (3) DESC, `day`))',
    ],
    [
      "CREATE TABLE a (`mail` TEXT DEFAULT 'mail' COMMENT 'secret', x INT AS (LENGTH(a.`mail`) + date(`date`)) STORED, CHECK (secret > 1), CHECK (mail <> ''))",
      "CREATE TABLE a (`email` TEXT DEFAULT 'mail' COMMENT 'secret', x INT AS (LENGTH(a.`email`) + date(`day`)) STORED, CHECK (`email` <> ''))",
    ],
    [
      'CREATE TABLE a (mail INT, `10` INT, gone INT, CONSTRAINT mail FOREIGN KEY (mail) REFERENCES p (id), FOREIGN KEY (gone) REFERENCES p (id)) ENGINE=InnoDB',
      'CREATE TABLE a (`email` INT, `ten` INT, CONSTRAINT mail FOREIGN KEY (`email`) REFERENCES p (`key```)) ENGINE=InnoDB',
    ],
    [
      'CREATE TABLE a (mail INT, secret INT, KEY ((mail + 1), id)) PARTITION BY HASH (mail) PARTITIONS 2',
      'CREATE TABLE a (`email` INT, KEY ((`email` + 1), id)) PARTITION BY HASH (`email`) PARTITIONS 2',
    ],
    [
      'CREATE TABLE a (`id` int, `secret` int /*!80023 INVISIBLE */) /*!50100 PARTITION BY RANGE (mail) (PARTITION mail VALUES LESS THAN (1)) */',
      'CREATE TABLE a (`id` int) /*!50100 PARTITION BY RANGE (`email`) (PARTITION mail VALUES LESS THAN (1)) */',
    ],
    ['ALTER TABLE a ADD COLUMN x INT AFTER mail', 'ALTER TABLE a ADD COLUMN x INT AFTER `email`'],
    [
      'ALTER TABLE a ADD x INT AFTER secret, ALGORITHM=COPY',
      'ALTER TABLE a ADD x INT , ALGORITHM=COPY',
    ],
    ['ALTER TABLE a ADD secret INT, ADD x INT', 'ALTER TABLE a ADD x INT'],
    ['ALTER TABLE a ADD (secret INT, x INT, gone INT)', 'ALTER TABLE a ADD (x INT)'],
    ['ALTER TABLE a ADD x INT, DROP `secret`, DROP gone', 'ALTER TABLE a ADD x INT'],
    [
      'ALTER TABLE a DROP COLUMN mail, DROP KEY mail',
      'ALTER TABLE a DROP COLUMN `email`, DROP KEY mail',
    ],
    ['ALTER TABLE a MODIFY MAIL TEXT', 'ALTER TABLE a MODIFY `email` TEXT'],
    ['ALTER TABLE a CHANGE mail date DATE', 'ALTER TABLE a CHANGE `email` `day` DATE'],
    ['ALTER TABLE a CHANGE x mail INT', 'ALTER TABLE a CHANGE x `email` INT'],
    ['ALTER TABLE a RENAME COLUMN mail TO x', 'ALTER TABLE a RENAME COLUMN `email` TO x'],
    ['ALTER TABLE a ALTER mail SET DEFAULT 1', 'ALTER TABLE a ALTER `email` SET DEFAULT 1'],
    ['ALTER TABLE a ADD KEY k (mail), ADD KEY s (secret)', 'ALTER TABLE a ADD KEY k (`email`)'],
    ['CREATE INDEX mail ON a (mail)', 'CREATE INDEX mail ON a (`email`)'],
    ['DROP INDEX mail ON a', 'DROP INDEX mail ON a'],
  ])('%s', (statement, expected) => {
    expect(text(statement)).toBe(expected);
  });

  it.each([
    'ALTER TABLE a ADD COLUMN secret TEXT AFTER mail',
    'ALTER TABLE a DROP COLUMN secret, DROP COLUMN gone',
    'ALTER TABLE a RENAME COLUMN secret TO gone',
    'ALTER TABLE a RENAME COLUMN mail TO email',
    'CREATE INDEX i ON a (mail, secret)',
  ])('%s is about nothing that the target has', (statement) => {
    expect(text(statement)).toBe(undefined);
  });

  it.each([
    'CREATE TABLE a (id INT, secret INT, g INT AS (secret + 1))',
    'CREATE TABLE a (secret INT)',
    'CREATE TABLE a (mail INT, x INT AS (date + 1))',
    'ALTER TABLE a CHANGE secret x INT',
    'ALTER TABLE a RENAME COLUMN mail TO secret',
    'ALTER TABLE a ORDER BY mail',
    'ALTER TABLE a /*!80000 ADD secret INT, */ ADD x INT',
  ])('%s stops', (statement) => {
    expect(() => text(statement)).toThrow(
      expect.objectContaining({ code: 'TARGET_DDL_UNREWRITABLE' }),
    );
  });

  it.each([
    "ALTER TABLE a ADD COLUMN x VARCHAR(9) DEFAULT 'mail' COMMENT 'secret'",
    'ALTER TABLE a /* mail */ ADD KEY (other) # secret',
    'DROP TABLE a',
    'RENAME TABLE a TO mail',
    'TRUNCATE a',
    'CREATE TABLE b (mail INT)',
  ])('%s stays as it is', (statement) => {
    expect(text(statement)).toBe(statement);
  });

  it('are seen behind double quotes where those quote names', () => {
    const context = { sqlModeNames: ['ANSI_QUOTES'] };
    expect(text('ALTER TABLE a DROP COLUMN "mail"', { context })).toBe(
      'ALTER TABLE a DROP COLUMN `email`',
    );
  });
});
