import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { referenceKeys } from '../../src/config/reference.ts';

const path = new URL('../../conf/tailrace.toml', import.meta.url).pathname;
const text = readFileSync(path, 'utf8');
const env = (name: string): string | undefined =>
  ({ SOURCE_PASSWORD: 'from-env-1', TARGET_PASSWORD: 'from-env-2' })[name];
const dir = mkdtempSync(join(tmpdir(), 'tailrace-sample-'));

afterAll(() => {
  rmSync(dir, { recursive: true });
});

function load(content: string): unknown {
  const copy = join(dir, 'tailrace.toml');
  writeFileSync(copy, content);
  return JSON.parse(JSON.stringify(loadConfig(copy, { env })));
}

it('conf/consume.toml is a good configuration', () => {
  const consume = new URL('../../conf/consume.toml', import.meta.url).pathname;
  expect(loadConfig(consume, { env }).tasks[0]?.consumeTables).toHaveLength(1);
});

it('conf/poll.toml is a good configuration', () => {
  const poll = new URL('../../conf/poll.toml', import.meta.url).pathname;
  const [task] = loadConfig(poll, { env }).tasks;
  expect(task?.strategies).toEqual(['poll', 'inspect']);
  expect(task?.tables[0]?.poll).toBe('insert');
});

describe('conf/tailrace.toml', () => {
  it('is a good configuration', () => {
    expect(loadConfig(path, { env }).tasks[0]?.name).toBe('shop');
  });

  it('shows the defaults in its comments', () => {
    const uncommented = text
      .split('\n')
      .map((line) => (line.includes('(x)') ? line : line.replace(/^# (?=[a-z_]+ += )/, '')))
      .join('\n');
    expect(uncommented).not.toBe(text);
    expect(load(uncommented)).toEqual(load(text));
  });

  it('has every key of the tables that a replication uses', () => {
    const tables = ['', '[log]', '[http]', '[task.source]', '[task.filter]', '[task.target]'];
    const rare = ['token', 'lanes'];
    const missing = referenceKeys().filter(
      ({ table, key }) =>
        tables.includes(table) &&
        !rare.includes(key) &&
        !new RegExp(`^(# )?${key} += `, 'm').test(text),
    );
    expect(missing).toEqual([]);
  });
});

describe.each(['produce', 'run-and-publish'])('conf/%s.toml', (name) => {
  it('is a good configuration', () => {
    const sample = new URL(`../../conf/${name}.toml`, import.meta.url).pathname;
    expect(loadConfig(sample, { env }).tasks[0]?.kafka?.brokers).toHaveLength(1);
  });
});
