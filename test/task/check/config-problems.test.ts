import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../../src/config/load-config.ts';
import type { TaskConfig } from '../../../src/config/schema.ts';
import type { TableDefinition } from '../../../src/schema/table-definition.ts';
import { findConfigProblems, findIdleRules } from '../../../src/task/check/config-problems.ts';

function taskOf(lines: { source?: string; target?: string; more?: string }): TaskConfig {
  const text = `[[task]]
name = "t"
[task.source]
hosts = ["127.0.0.1"]
user = "u"
${lines.source ?? ''}
[task.target]
hosts = ["127.0.0.2"]
user = "u"
${lines.target ?? ''}
${lines.more ?? ''}`;
  const env = (): string => 'from-the-environment';
  const { config, issues } = checkConfig(text, { env, baseDir: '/' });
  const task = config?.tasks[0];
  if (task === undefined) throw new Error(JSON.stringify(issues));
  return task;
}

const found = (task: TaskConfig): string[] =>
  findConfigProblems(task).map(({ severity, code, finding }) => `${severity} ${code} ${finding}`);

describe('the configuration alone', () => {
  it('of a plain task has a note on DDL, and none where DDL is not applied', () => {
    expect(found(taskOf({}))).toEqual([expect.stringMatching(/^note GUARANTEE a DDL/)]);
    expect(found(taskOf({ target: 'ddl = "stop"' }))).toEqual([]);
    expect(found(taskOf({ target: 'ddl = "stop"\nlanes = 2' }))).toEqual([]);
  });

  it.each([
    [{ source: 'password = "in-the-file"' }, /^warning PASSWORD_IN_FILE task\.source/],
    [{ target: 'password = "in-the-file"' }, /^warning PASSWORD_IN_FILE task\.target/],
    [{ target: 'on_conflict = "overwrite"' }, /^warning GUARANTEE on_conflict/],
    [{ target: 'on_conflict = "skip"' }, /^warning GUARANTEE on_conflict/],
    [{ target: 'allow_nontransactional = true' }, /^warning GUARANTEE allow_non/],
    [{ target: 'lanes = 2\napply = "in_order"' }, /^warning SETTING_UNUSED lanes/],
  ])('%j is told', (lines, expected) => {
    expect(found(taskOf(lines))).toContainEqual(expect.stringMatching(expected));
  });

  it('takes a secret from the environment without a word', () => {
    const task = taskOf({ source: 'password = { env = "PW" }', target: 'ddl = "stop"' });
    expect(found(task)).toEqual([]);
  });
});

describe('patterns and columns that fit nothing', () => {
  const table = (name: string, ...columns: string[]): TableDefinition => ({
    database: 'shop',
    name,
    collation: undefined,
    engine: 'innodb',
    columns: columns.map((column) => ({
      name: column,
      columnType: 'int',
      collation: undefined,
      isNullable: false,
      generated: undefined,
      isInvisible: false,
    })),
    keys: [],
    versioning: undefined,
    isSequence: false,
  });

  it('are named, those that fit are not', () => {
    const task = taskOf({
      more: `[task.filter]
include = ["shop.*", "shpo.*"]
[[task.table]]
match = "shop.a"
drop_columns = ["X", "y"]
rename_columns = { z = "zz" }
[[task.table]]
match = "shop.none"
drop_columns = ["x"]`,
    });
    expect(
      findIdleRules(task, [table('a', 'x'), table('b', 'z')]).map((one) => one.finding),
    ).toEqual([
      'include "shpo.*" fits no table that the account sees on the source',
      '[[task.table]] "shop.a" names a column y that is not there',
      '[[task.table]] "shop.a" names a column z that is not there',
      '[[task.table]] "shop.none" fits no replicated table',
    ]);
  });
});
