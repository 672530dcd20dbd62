import { describe, expect, it } from 'vitest';
import type { Router } from '../../src/core/route.ts';
import type { Column, Table } from '../../src/core/table.ts';
import { parseTablePattern } from '../../src/core/table-pattern.ts';
import { createRouter } from '../../src/pipeline/router.ts';

interface Rule {
  readonly match: string;
  readonly to?: string;
  readonly drop?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
}

function routerOf(
  { include, exclude = [] }: { include?: readonly string[]; exclude?: readonly string[] },
  rules: readonly Rule[] = [],
): Router {
  return createRouter(
    { include: include?.map(parseTablePattern), exclude: exclude.map(parseTablePattern) },
    rules.map(({ match, to, drop = [], rename = {} }) => ({
      match: parseTablePattern(match),
      to,
      dropColumns: drop,
      renameColumns: rename,
    })),
    'tailrace',
  );
}

const name = (text: string) => {
  const [database = '', table = ''] = text.split('.');
  return { database, table };
};

function column(columnName: string, more: Partial<Column> = {}): Column {
  return {
    name: columnName,
    type: 'int',
    columnType: 'int',
    isUnsigned: false,
    charset: undefined,
    collation: undefined,
    labels: undefined,
    isNullable: false,
    generated: undefined,
    isInvisible: false,
    isCompressed: false,
    isHidden: false,
    length: undefined,
    scale: undefined,
    precision: undefined,
    ...more,
  };
}

function table(text: string, more: Partial<Table> = {}): Table {
  const { database, table: tableName } = name(text);
  return {
    database,
    name: tableName,
    columns: ['id', 'mail', 'Password'].map((one) => column(one)),
    primaryKey: [0],
    uniqueKeys: [],
    charset: 'utf8mb4',
    ...more,
  };
}

const invalid = (message: RegExp): Error =>
  expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message) as string,
  }) as Error;

describe('the filter', () => {
  it.each([
    ['shop.users', true],
    ['mysql.user', false],
    ['sys.x', false],
    ['information_schema.x', false],
    ['performance_schema.x', false],
    ['tailrace.anything', false],
    ['Tailrace.anything', false],
    ['other.tailrace_checkpoint', false],
  ])('by default includes %s: %s', (text, expected) => {
    expect(routerOf({}).isIncluded(name(text))).toBe(expected);
    expect(routerOf({ include: ['*.*'] }).isIncluded(name(text))).toBe(expected);
    expect(routerOf({ include: ['/.*/'] }).isIncluded(name(text))).toBe(expected);
  });

  it('takes what is included and not excluded', () => {
    const router = routerOf({ include: ['shop.*', '/crm_\\d\\.a/'], exclude: ['shop.tmp_*'] });
    const included = ['shop.a', 'shop.tmp_a', 'crm_1.a', 'crm_1.b', 'other.a'].filter((text) =>
      router.isIncluded(name(text)),
    );
    expect(included).toEqual(['shop.a', 'crm_1.a']);
  });

  it('a system schema is included only by name', () => {
    expect(routerOf({ include: ['mysql.*'] }).isIncluded(name('mysql.user'))).toBe(true);
    expect(routerOf({ include: ['mysql.*'] }).isDatabaseIncluded('mysql')).toBe(true);
    expect(routerOf({ include: ['m*.*'] }).isIncluded(name('mysql.user'))).toBe(false);
  });

  it('its own state is never included, not even by name', () => {
    const router = routerOf({ include: ['tailrace.*', '*.tailrace_checkpoint'] });
    expect(router.isIncluded(name('tailrace.t'))).toBe(false);
    expect(router.isDatabaseIncluded('tailrace')).toBe(false);
    expect(router.isIncluded(name('x.tailrace_checkpoint'))).toBe(false);
  });

  it.each([
    [{}, 'shop', true],
    [{}, 'sys', false],
    [{ include: ['shop.a'] }, 'shop', true],
    [{ include: ['shop.a'] }, 'crm', false],
    [{ exclude: ['shop.*'] }, 'shop', false],
    [{ exclude: ['shop.a*'] }, 'shop', true],
    [{ include: ['*.*'], exclude: ['/tmp_\\d+\\..*/'] }, 'tmp_5', false],
  ])('of databases: %j, %s: %s', (filter, database, expected) => {
    expect(routerOf(filter).isDatabaseIncluded(database)).toBe(expected);
  });
});

describe('names at the target', () => {
  const router = routerOf({}, [
    { match: 'shop.users', to: 'crm.people' },
    { match: 'shop.*' },
    { match: 'old_?.t_*', to: 'new_*.x_*' },
    { match: 'all.*', to: 'one.*' },
    { match: 'half.a*', to: 'one.*' },
    { match: '/shard_\\d\\.(.*)/', to: 'merged.*', drop: ['x'] },
  ]);

  it.each([
    ['shop.users', 'crm.people'],
    ['shop.orders', 'shop.orders'],
    ['old_7.t_a', 'new_7.x_a'],
    ['none.t', 'none.t'],
    ['shard_1.a', 'merged.a'],
  ])('%s goes to %s by the first rule that fits', (from, to) => {
    expect(router.targetName(name(from))).toEqual(name(to));
    expect(router.isRenamed(name(from))).toBe(from !== to);
  });

  it.each([
    ['none', 'none'],
    ['all', 'one'],
    ['half', undefined],
    ['shop', undefined],
    ['old_7', undefined],
    ['shard_1', 'merged'],
    ['shard_x', 'shard_x'],
  ])('the database %s goes to %s', (from, to) => {
    expect(routerOf({}, [{ match: 'shop.*' }]).targetDatabase('shop')).toBe('shop');
    expect(router.targetDatabase(from)).toBe(to);
  });

  it.each([
    ['none', true],
    ['all', false],
    ['half', true],
  ])('some tables of %s stay in it: %s', (database, expected) => {
    expect(router.keepsDatabase(database)).toBe(expected);
  });

  it('a database by captures of its own, and one that a table decides', () => {
    const captured = routerOf({}, [{ match: 'shard_*.*', to: 'copy_*.*' }]);
    expect(captured.targetDatabase('shard_1')).toBe('copy_1');
    const byTable = routerOf({}, [{ match: 'shop.*', to: '*.t' }]);
    expect(byTable.targetDatabase('shop')).toBeUndefined();
    const byRegex = routerOf({}, [{ match: '/shop\\.(.*)/', to: 'crm.*' }]);
    expect(byRegex.targetDatabase('other')).toBe('other');
  });
});

describe('route', () => {
  it('is made once for each definition', () => {
    const router = routerOf({});
    const one = table('shop.users');
    expect(router.route(one)).toBe(router.route(one));
    expect(router.route(table('shop.users'))).not.toBe(router.route(one));
  });

  it('is the identity without a rule, hidden columns or not', () => {
    const hidden = column('DB_ROW_HASH_1', { isHidden: true });
    const one = table('shop.users', { columns: [column('id'), hidden] });
    const route = routerOf({}).route(one);
    expect(route).toEqual({
      target: name('shop.users'),
      columns: [{ index: 0, name: 'id' }],
      isIdentity: true,
    });
  });

  it('renames and drops columns, whatever their case', () => {
    const router = routerOf({}, [
      { match: 'shop.users', to: 'crm.people', drop: ['PASSWORD'], rename: { Mail: 'email' } },
    ]);
    expect(router.route(table('shop.users'))).toEqual({
      target: name('crm.people'),
      columns: [
        { index: 0, name: 'id' },
        { index: 1, name: 'email' },
      ],
      isIdentity: false,
    });
    expect(router.targetColumn(name('shop.users'), 'password')).toBeUndefined();
    expect(router.targetColumn(name('shop.users'), 'mail')).toBe('email');
    expect(router.targetColumn(name('shop.other'), 'mail')).toBe('mail');
    expect(router.isRenamed(name('shop.users'))).toBe(true);
  });

  it('refuses to drop a column of the key', () => {
    const router = routerOf({}, [{ match: '*.*', drop: ['ID'] }]);
    expect(() => router.route(table('shop.users'))).toThrow(
      invalid(/names id, .* key of shop.users/),
    );
    const identity = { name: 'u', columns: [0, 1], isRowIdentity: true };
    const keyless = table('shop.a', { primaryKey: [], uniqueKeys: [identity] });
    expect(() => router.route(keyless)).toThrow(invalid(/key of shop.a/));
    const free = table('shop.b', { primaryKey: [] });
    expect(router.route(free).columns.map((one) => one.name)).toEqual(['mail', 'Password']);
    const second = { name: 'u', columns: [0], isRowIdentity: true };
    const other = table('shop.c', { primaryKey: [1], uniqueKeys: [second] });
    expect(router.route(other).columns).toHaveLength(2);
  });

  it('refuses two columns of one name', () => {
    const router = routerOf({}, [{ match: '*.*', rename: { mail: 'PASSWORD' } }]);
    expect(() => router.route(table('shop.users'))).toThrow(invalid(/would be called/));
  });

  it('merges tables only where rules say so for each', () => {
    const merged = routerOf({}, [{ match: 'shard_?.users', to: 'all.users' }]);
    merged.route(table('shard_1.users'));
    merged.route(table('shard_2.users'));
    merged.route(table('shard_2.users'));
    expect(() => merged.route(table('all.users'))).toThrow(
      invalid(/shard_1.users and all.users both go to all.users/),
    );
    const otherOrder = routerOf({}, [{ match: 'shop.users', to: 'crm.people' }]);
    otherOrder.route(table('crm.people'));
    expect(() => otherOrder.route(table('shop.users'))).toThrow(invalid(/both go to crm.people/));
  });
});
