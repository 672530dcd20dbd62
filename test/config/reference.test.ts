import { describe, expect, it } from 'vitest';
import { referenceKeys, referenceMarkdown } from '../../src/config/reference.ts';

describe('the reference', () => {
  it('says what each key means, in the tables of the file', () => {
    const keys = referenceKeys();
    expect(keys.filter(({ meaning }) => meaning === '')).toEqual([]);
    expect([...new Set(keys.map(({ table }) => table))]).toEqual([
      '',
      '[log]',
      '[http]',
      '[[task]]',
      '[task.source]',
      '[task.source.ssh]',
      '[task.source.ssh.jump]',
      '[task.filter]',
      '[[task.table]]',
      '[[task.consume_table]]',
      '[task.target]',
      '[task.target.ssh]',
      '[task.target.ssh.jump]',
      '[task.kafka]',
      '[task.kafka.sasl]',
      '[task.kafka.maxwell]',
      '[task.kafka.canal]',
      '[task.kafka.debezium]',
      '[task.snapshot]',
      '[task.poll]',
      '[task.inspect]',
    ]);
  });

  it('has type, default and need of a key', () => {
    const find = (table: string, key: string) =>
      referenceKeys().find((one) => one.table === table && one.key === key);
    expect(find('[task.target]', 'ddl')).toMatchObject({
      type: '`apply` `ignore` `stop`',
      defaultValue: '"apply"',
      isRequired: false,
    });
    expect(find('[task.source]', 'hosts')).toMatchObject({
      type: 'list of strings',
      isRequired: true,
    });
    expect(find('[task.source]', 'password')?.type).toBe('secret');
    expect(find('', 'state_dir')?.defaultValue).toBe('"./state"');
  });

  it('is Markdown', () => {
    expect(referenceMarkdown()).toContain('| `user` | string | **required** |');
  });
});
