import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/schema.ts';
import { asListen } from '../../src/task/open-http.ts';
import { deriveServerId, selectTasks } from '../../src/task/task-setup.ts';

const config = { tasks: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] } as unknown as Config;
const names = (task?: readonly string[]): string[] =>
  selectTasks(config, { config: 'x.toml', task }).tasks.map(({ name }) => name);

describe('the choice of tasks', () => {
  it('is all of them, or those that are named, in the order of the file', () => {
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(names(['c', 'a', 'c'])).toEqual(['a', 'c']);
  });

  it('refuses a name that is not there, and says which are', () => {
    expect(() => names(['a', 'd'])).toThrow(
      expect.objectContaining({ code: 'USAGE', next: 'Its tasks are: a, b, c.' }),
    );
  });
});

describe('options', () => {
  it('--http takes an address or nothing', () => {
    for (const text of ['', '127.0.0.1:9180', '[::1]:9180', 'localhost:1']) {
      expect(asListen(text)).toBe(text);
    }
    for (const text of ['9180', ':9180', 'localhost', 'a:b', 'h:0', 'h:65536', 'unix:/x', 'x:1/']) {
      expect(() => asListen(text), text).toThrow(expect.objectContaining({ code: 'USAGE' }));
    }
  });
});

describe('deriveServerId', () => {
  it('is the same each time, another for each task and folder, and a legal replica id', () => {
    const ids = ['a', 'b'].flatMap((task) => ['/x', '/y'].map((dir) => deriveServerId(task, dir)));
    expect(new Set(ids).size).toBe(4);
    expect(deriveServerId('a', '/x')).toBe(ids[0]);
    for (const id of ids) {
      expect(id).toBeGreaterThanOrEqual(0x8000_0000);
      expect(id).toBeLessThan(0xffff_ffff);
    }
  });
});
