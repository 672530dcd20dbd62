import { describe, expect, it } from 'vitest';
import type { Router } from '../../../../src/core/route.ts';
import { planDdl } from '../../../../src/sink/mysql/ddl/plan.ts';
import { makeChange, makeRouter, type ChangeOptions } from './ddl-fixtures.ts';

const plan = (statement: string, router: Router, options: ChangeOptions = {}) =>
  planDdl(makeChange(statement, { database: 'shop', ...options }), router);
const text = (statement: string, router: Router, options: ChangeOptions = {}) =>
  plan(statement, router, options)?.statement;

describe('names of a DDL at the target', () => {
  const moved = makeRouter({ databases: { shop: 'crm' } });

  it('stay as they are written where nothing is renamed', () => {
    const statement = '/* c */ ALTER TABLE `a` ADD KEY (v) -- end';
    expect(plan(statement, makeRouter())).toMatchObject({
      statement,
      database: 'shop',
      isVerbatim: true,
    });
  });

  it.each([
    ['CREATE TABLE a (id INT)', 'CREATE TABLE a (id INT)'],
    ['CREATE TABLE shop.a (id INT)', 'CREATE TABLE `crm`.`a` (id INT)'],
    ['CREATE TABLE `shop` . `a` (id INT)', 'CREATE TABLE `crm`.`a` (id INT)'],
    ['CREATE TABLE a LIKE shop.b', 'CREATE TABLE a LIKE `crm`.`b`'],
    ['CREATE TABLE other.a LIKE b', 'CREATE TABLE other.a LIKE b'],
    [
      'CREATE TABLE a (p INT, FOREIGN KEY (p) REFERENCES shop.p (id))',
      'CREATE TABLE a (p INT, FOREIGN KEY (p) REFERENCES `crm`.`p` (id))',
    ],
    ['ALTER TABLE shop.a ADD x INT', 'ALTER TABLE `crm`.`a` ADD x INT'],
    ['ALTER TABLE shop.a RENAME TO shop.b', 'ALTER TABLE `crm`.`a` RENAME TO `crm`.`b`'],
    [
      'RENAME TABLE shop.a TO b, other.c TO other.d',
      'RENAME TABLE `crm`.`a` TO b, other.c TO other.d',
    ],
    ['DROP TABLE IF EXISTS shop.a, b', 'DROP TABLE IF EXISTS `crm`.`a`, b'],
    ['TRUNCATE shop.a', 'TRUNCATE `crm`.`a`'],
    ['CREATE UNIQUE INDEX i ON shop.a (v)', 'CREATE UNIQUE INDEX i ON `crm`.`a` (v)'],
    ['DROP INDEX i ON shop.a', 'DROP INDEX i ON `crm`.`a`'],
    ['CREATE DATABASE shop', 'CREATE DATABASE `crm`'],
    ['ALTER DATABASE shop CHARACTER SET utf8', 'ALTER DATABASE `crm` CHARACTER SET utf8'],
    ['DROP DATABASE IF EXISTS shop', 'DROP DATABASE IF EXISTS `crm`'],
  ])('%s', (statement, expected) => {
    expect(plan(statement, moved)).toMatchObject({ statement: expected, database: 'crm' });
  });

  it('of sequences too', () => {
    const options = { isMariadb: true };
    expect(plan('CREATE SEQUENCE shop.s', moved, options)).toMatchObject({
      statement: 'CREATE SEQUENCE `crm`.`s`',
      effects: [{ kind: 'create', table: { database: 'crm', table: 's' } }],
    });
    expect(text('DROP SEQUENCE s', moved, options)).toBe('DROP SEQUENCE s');
  });

  it('are quoted, however hostile', () => {
    const router = makeRouter({ tables: { 'shop.a': { database: 'c`; DROP', table: '`x` -- ' } } });
    expect(text('TRUNCATE a', router)).toBe('TRUNCATE `c``; DROP`.```x`` -- `');
    expect(text('DROP TABLE `a`', router)).toBe('DROP TABLE `c``; DROP`.```x`` -- `');
  });

  it('become qualified where the default database goes elsewhere', () => {
    const router = makeRouter({ tables: { 'shop.a': { database: 'crm', table: 'people' } } });
    expect(text('ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES b (id)', router)).toBe(
      'ALTER TABLE `crm`.`people` ADD FOREIGN KEY (x) REFERENCES b (id)',
    );
  });

  it('leave excluded tables where they are', () => {
    const router = makeRouter({ databases: { shop: 'crm' }, exclude: ['shop.b'] });
    expect(text('CREATE TABLE a LIKE b', router)).toBe('CREATE TABLE a LIKE `shop`.`b`');
  });

  it('can not be given to a statement that was not parsed to its end', () => {
    const statement = 'CREATE TABLE a SELECT * FROM b';
    expect(text(statement, makeRouter())).toBe(statement);
    expect(() => text(statement, moved)).toThrow(
      expect.objectContaining({ code: 'TARGET_DDL_UNREWRITABLE' }),
    );
  });

  it('can not be found for a database whose tables go to several', () => {
    const split: Router = { ...makeRouter(), targetDatabase: () => undefined };
    const gone: Router = { ...split, keepsDatabase: () => false };
    const refused = expect.objectContaining({ code: 'TARGET_DDL_UNREWRITABLE' }) as unknown;
    expect(() => text('DROP DATABASE shop', split)).toThrow(refused);
    expect(() => text('CREATE DATABASE shop', gone)).toThrow(refused);
  });

  it('is that of the tables that stay, where rules move only some of them', () => {
    const split: Router = { ...makeRouter(), targetDatabase: () => undefined };
    for (const statement of ['CREATE DATABASE shop', 'ALTER DATABASE shop CHARACTER SET utf8']) {
      expect(plan(statement, split)).toMatchObject({ statement, isVerbatim: true });
    }
  });
});

describe('what is not included', () => {
  const router = makeRouter({ include: /^shop\./, exclude: ['shop.b'] });

  it.each([
    'DROP TABLE b',
    'CREATE TABLE other.a (id INT)',
    'CREATE DATABASE other',
    'RENAME TABLE b TO other.b',
  ])('%s is left out', (statement) => {
    expect(plan(statement, router)).toBeUndefined();
  });

  it.each([
    ['DROP TABLE IF EXISTS a, b, c', 'DROP TABLE IF EXISTS `shop`.`a`, `shop`.`c`'],
    ['DROP TABLE a, b', 'DROP TABLE `shop`.`a`'],
    ['RENAME TABLE a TO x, b TO other.b', 'RENAME TABLE `shop`.`a` TO `shop`.`x`'],
  ])('%s is reduced', (statement, expected) => {
    expect(text(statement, router)).toBe(expected);
  });
});

it('CREATE TABLE … START TRANSACTION loses that clause', () => {
  expect(
    text(
      'CREATE TABLE `a` (\n  `start` int COMMENT "START TRANSACTION"\n) START TRANSACTION',
      makeRouter(),
    ),
  ).toBe('CREATE TABLE `a` (\n  `start` int COMMENT "START TRANSACTION"\n) ');
});
