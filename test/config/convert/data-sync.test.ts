import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertDataSync } from '../../../src/config/convert/data-sync.ts';
import { load, noteOf } from './converted.ts';

const FILE = `
strategy_mode = 7
data_mode = "PART"
include_tables = ["orders", "users", "crm.people"]
exclude_tables = ["tmp"]
upsert = true
threads = 4
[regular]
interval = 30
filter_cols = ["password", "users.salt"]
[source]
host = "10.0.0.1"
port = 3307
user = "app"
password = "do not show"
database = "shop"
[source.ssh]
host = "bastion"
port = 2222
user = "ops"
password = "nor this"
[target]
host = "10.0.0.2"
user = "app"
password = "\${TARGET_PW}"
database = "copy"
`;

describe('convert data-sync', () => {
  it('keeps what has a counterpart', () => {
    const draft = convertDataSync(FILE);
    const [task] = load(draft).tasks;
    expect(task?.strategies).toEqual(['stream', 'poll', 'inspect']);
    expect(task?.source).toMatchObject({ hosts: ['10.0.0.1:3307'], user: 'app' });
    expect(task?.source?.ssh).toMatchObject({ host: 'bastion:2222', user: 'ops' });
    expect(task?.target).toMatchObject({ hosts: ['10.0.0.2:3306'] });
    expect(task?.filter.include?.map(({ text }) => text)).toEqual([
      'shop.orders',
      'shop.users',
      'crm.people',
    ]);
    expect(task?.filter.exclude.map(({ text }) => text)).toEqual(['shop.tmp']);
    expect(task?.tables.map(({ match, to, dropColumns }) => [match.text, to, dropColumns])).toEqual(
      [
        ['shop.orders', 'copy.orders', ['password']],
        ['shop.users', 'copy.users', ['password', 'salt']],
        ['crm.people', undefined, ['password']],
        ['shop.*', 'copy.*', []],
      ],
    );
    expect(task?.poll).toMatchObject({ everySeconds: 30, write: 'upsert' });
    expect(draft.toml).not.toMatch(/do not show|nor this/);
    expect(draft.toml).toContain('password = { env = "TARGET_PW" }');
    expect(noteOf(draft, 'threads')).toBe('has no counterpart');
    expect(noteOf(draft, 'source.ssh')).toMatch(/ssh-keyscan bastion/);
  });

  it.each([
    [1, ['stream']],
    [2, ['poll']],
    [4, ['inspect']],
    [5, ['stream', 'inspect']],
    [6, ['poll', 'inspect']],
    [7, ['stream', 'poll', 'inspect']],
  ])('strategy_mode = %i', (mode, strategies) => {
    const text = FILE.replace('strategy_mode = 7', `strategy_mode = ${mode}`);
    expect(load(convertDataSync(text)).tasks[0]?.strategies).toEqual(strategies);
  });

  it('takes all tables of the database, and several tasks', () => {
    const draft = convertDataSync(`
[source]
host = "a"
[[jobs]]
strategy_mode = 2
data_mode = "ALL"
upsert = false
source_database = "x"
target.host = "b"
[[jobs]]
strategy_mode = 4
target.host = "c"
`);
    const tasks = load(draft).tasks;
    expect(tasks.map(({ name, strategies }) => [name, strategies])).toEqual([
      ['data-sync', ['poll']],
      ['data-sync-2', ['inspect']],
    ]);
    expect(tasks.map(({ target }) => target?.hosts)).toEqual([['b:3306'], ['c:3306']]);
    expect(tasks[0]?.filter.include?.map(({ text }) => text)).toEqual(['x.*']);
    expect(tasks[0]?.poll.write).toBe('insert');
  });

  it('refuses what is no file of it', () => {
    expect(() => convertDataSync('strategy_mode = [')).toThrow(/not TOML/);
    expect(() => convertDataSync('strategy_mode = 8')).toThrow(/none of 1, 2, 4, 5, 6, 7/);
    expect(() => convertDataSync('strategy_mode = 0')).toThrow(/none of/);
  });

  it('makes a configuration that loads of any names', () => {
    const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/);
    const file = fc.record({
      mode: fc.constantFrom(1, 2, 4, 5, 6, 7),
      data: fc.constantFrom('ALL', 'PART', 'part', 'x'),
      include: fc.uniqueArray(name, { minLength: 1, maxLength: 4 }),
      exclude: fc.uniqueArray(name, { maxLength: 3 }),
      columns: fc.uniqueArray(name, { maxLength: 3 }),
      database: fc.option(name),
      other: fc.option(name),
      password: fc.string(),
      upsert: fc.boolean(),
    });
    fc.assert(
      fc.property(file, (one) => {
        const list = (names: readonly string[]): string => JSON.stringify(names);
        const text = `
strategy_mode = ${one.mode}
data_mode = "${one.data}"
include_tables = ${list(one.include)}
exclude_tables = ${list(one.exclude)}
upsert = ${String(one.upsert)}
[regular]
filter_cols = ${list(one.columns)}
[source]
host = "s"
user = "u"
password = ${JSON.stringify(one.password)}
${one.database === null ? '' : `database = "${one.database}"`}
[target]
host = "t"
user = "u"
${one.other === null ? '' : `database = "${one.other}"`}
`;
        expect(() => load(convertDataSync(text))).not.toThrow();
      }),
    );
  });
});
