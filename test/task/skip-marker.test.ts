import { describe, expect, it } from 'vitest';
import type { TaskStore } from '../../src/checkpoint/task-store.ts';
import { addSkip, clearSkips, isMarked, readSkips } from '../../src/task/skip-marker.ts';

function fakeStore(): TaskStore {
  const meta = new Map<string, string>();
  const store = {
    readMeta: (key: string) => meta.get(key),
    writeMeta: (key: string, value: string) => void meta.set(key, value),
  };
  return store as unknown as TaskStore;
}

const marker = (seq: number, gtid?: string) => ({ gtid, seq, reason: 'known' });

describe('skip markers', () => {
  it('are kept until the checkpoint has passed them', () => {
    const store = fakeStore();
    expect(readSkips(store)).toEqual([]);
    addSkip(store, marker(5), 4);
    addSkip(store, marker(6), 4);
    expect(readSkips(store).map(({ seq }) => seq)).toEqual([5, 6]);
    addSkip(store, marker(9), 8);
    expect(readSkips(store).map(({ seq }) => seq)).toEqual([9]);
    clearSkips(store);
    expect(readSkips(store)).toEqual([]);
  });

  it('one for a transaction: the later counts', () => {
    const store = fakeStore();
    addSkip(store, marker(5), 4);
    addSkip(store, { ...marker(5), reason: 'better known' }, 4);
    expect(readSkips(store)).toEqual([{ ...marker(5), reason: 'better known' }]);
  });

  it('mark by GTID, and by number only where there are none', () => {
    expect(isMarked([marker(5, 'a:1')], 'a:1', 99)).toBe(true);
    expect(isMarked([marker(5, 'a:1')], 'a:2', 5)).toBe(false);
    expect(isMarked([marker(5)], undefined, 5)).toBe(true);
    expect(isMarked([], undefined, 5)).toBe(false);
  });
});
