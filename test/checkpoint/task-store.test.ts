import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openForReading } from '../../src/checkpoint/open-database.ts';
import { openTaskStore, readTaskStore, TaskStore } from '../../src/checkpoint/task-store.ts';
import type { CheckpointStep } from '../../src/core/checkpoint.ts';
import { parseGtidSet } from '../../src/core/gtid-set-parse.ts';
import { formatPosition } from '../../src/core/position.ts';
import { createLogger } from '../../src/lib/logger.ts';

let stateDir = '';
const open: TaskStore[] = [];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'tailrace-store-'));
});
afterEach(() => {
  for (const store of open.splice(0)) store.close();
  rmSync(stateDir, { recursive: true, force: true });
});

async function openStore(more: Partial<Parameters<typeof openTaskStore>[0]> = {}) {
  const store = await openTaskStore({ stateDir, task: 'shop', lockTimeoutMs: 0, ...more });
  open.push(store);
  return store;
}

function close(store: TaskStore): void {
  open.splice(open.indexOf(store), 1);
  store.close();
}

function step(seq: number, schemaDelta?: CheckpointStep['schemaDelta']): CheckpointStep {
  const coordinates = { file: 'binlog.000001', offset: seq * 100 };
  return { seq, position: { kind: 'coordinates', coordinates }, schemaDelta };
}

const unusable = (part: RegExp): Error =>
  expect.objectContaining({
    code: 'STATE_UNUSABLE',
    message: expect.stringMatching(part) as string,
  }) as Error;

describe('TaskStore', () => {
  it('has nothing at first and gives back what was saved, after a restart too', async () => {
    const store = await openStore();
    expect(store.load('target')).toBeUndefined();
    const gtidSet = parseGtidSet('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:tag:9', 'mysql');
    const coordinates = { file: 'binlog.000009', offset: 5_000_000_000 };
    store.save(
      {
        seq: 5,
        position: { kind: 'gtid', gtidSet, coordinates },
        schemaDelta: new Map([
          ['d\0a', '{"v":1}'],
          ['d\0b', '{}'],
        ]),
      },
      'target',
    );
    store.save(
      { ...step(6), schemaDelta: new Map<string, string | null>([['d\0b', null]]) },
      'target',
    );
    store.save(step(2), 'kafka');
    close(store);

    const again = await openStore();
    const state = again.load('target');
    expect(state?.checkpoint.seq).toBe(6);
    expect(state && formatPosition(state.checkpoint.position)).toBe('binlog.000001:600');
    expect(state?.schema).toEqual(new Map([['d\0a', '{"v":1}']]));
    expect(again.load('kafka')).toEqual({
      checkpoint: { seq: 2, position: step(2).position },
      schema: new Map(),
    });
    expect(again.sinks).toEqual(['kafka', 'target']);
    const [, first] = again.history('target').reverse();
    expect(first).toBeUndefined();
    expect(formatPosition(again.history('target')[0]?.position ?? step(0).position)).toBe(
      gtidSet.toString(),
    );
  });

  it('saves checkpoint and schema delta both or neither', async () => {
    const store = await openStore();
    store.save(step(1), 'target');
    const broken = new Map<string, string | null>([
      ['d\0a', '{}'],
      ['d\0b', true as unknown as string],
    ]);
    expect(() => {
      store.save(step(2, broken), 'target');
    }).toThrow(unusable(/shop\.sqlite/));
    expect(store.load('target')).toEqual({
      checkpoint: { seq: 1, position: step(1).position },
      schema: new Map(),
    });
  });

  it('puts another state in place of what was', async () => {
    const store = await openStore();
    store.save(step(9, new Map([['d\0old', '{}']])), 'target');
    const schema = new Map([['d\0new', '{}']]);
    store.replace({ checkpoint: { seq: 3, position: step(3).position }, schema }, 'target');
    expect(store.load('target')).toEqual({
      checkpoint: { seq: 3, position: step(3).position },
      schema,
    });
    store.forgetCheckpoints();
    expect(store.load('target')).toBeUndefined();
    expect(store.history('target')).not.toEqual([]);
  });

  it('keeps one place of the way each half minute, for a week', async () => {
    const time = { ms: Date.parse('2026-11-20T10:00:00Z') };
    const clock = { monotonicMs: () => time.ms, nowMs: () => time.ms };
    const store = await openStore({ clock });
    const startMs = time.ms;
    for (let seq = 1; seq <= 20; seq++) {
      store.save(step(seq), 'target');
      time.ms += 10_000;
    }
    expect(store.history('target').map(({ seq }) => seq)).toEqual([19, 16, 13, 10, 7, 4, 1]);
    expect(store.positionAt(startMs + 95_000, 'target')?.seq).toBe(10);
    expect(store.positionAt(startMs - 1, 'target')).toBeUndefined();
    expect(store.positionAt(startMs, 'kafka')).toBeUndefined();
    time.ms = startMs + 7 * 24 * 3600 * 1000 + 60_000;
    store.save(step(21), 'target');
    expect(store.history('target').map(({ seq }) => seq)).toEqual([21, 19, 16, 13, 10, 7]);
  });

  it('goes on with the way at once where the clock was set back', async () => {
    const time = { ms: Date.parse('2026-11-20T10:00:00Z') };
    const store = await openStore({ clock: { monotonicMs: () => 0, nowMs: () => time.ms } });
    store.save(step(1), 'target');
    time.ms -= 3_600_000;
    store.save(step(2), 'target');
    time.ms += 30_000;
    store.save(step(3), 'target');
    expect(store.history('target').map(({ seq }) => seq)).toEqual([1, 3, 2]);
  });

  it('keeps dead letters, meta and the last status', async () => {
    const store = await openStore();
    const letter = {
      kind: 'conflict' as const,
      reason: 'row exists',
      code: 'TARGET_CONFLICT' as const,
      seq: 5,
      gtid: '0-1-5',
      coordinates: 'binlog.000001:500',
      table: 'shop.users',
      payload: '{"id":5}',
    };
    const id = store.add(letter);
    const bare = store.add({
      ...letter,
      kind: 'skip',
      code: undefined,
      seq: undefined,
      gtid: undefined,
      coordinates: undefined,
      table: undefined,
      payload: undefined,
    });
    expect(store.deadLetters().map((one) => one.id)).toEqual([id, bare]);
    expect(store.deadLetter(id)).toMatchObject({ ...letter, id });
    expect(store.deadLetter(bare)).toMatchObject({ kind: 'skip', gtid: undefined });
    expect(store.dropDeadLetter(id)).toBe(true);
    expect(store.dropDeadLetter(id)).toBe(false);
    expect(store.deadLetterCount).toBe(1);
    store.writeMeta('server_id', '4711');
    store.saveStatus('{"tasks":[]}');
    const createdAt = store.readMeta('created_at');
    close(store);
    const again = await openStore();
    expect(again.readMeta('server_id')).toBe('4711');
    expect(again.readMeta('created_at')).toBe(createdAt);
    expect(again.loadStatus()?.json).toBe('{"tasks":[]}');
  });

  it('can be read beside the process that writes it', async () => {
    expect(readTaskStore({ stateDir, task: 'shop' })).toBeUndefined();
    const store = await openStore();
    store.save(step(4), 'target');
    const reader = readTaskStore({ stateDir, task: 'shop' });
    expect(reader?.load('target')?.checkpoint.seq).toBe(4);
    store.save(step(5), 'target');
    expect(reader?.load('target')?.checkpoint.seq).toBe(5);
    expect(() => reader?.save(step(6), 'target')).toThrow(unusable(/may not be written/));
    reader?.close();
  });
});

describe('a state file that cannot be used', () => {
  const path = () => join(stateDir, 'shop.sqlite');

  async function damage(): Promise<void> {
    const store = await openStore();
    store.save(step(1), 'target');
    close(store);
    writeFileSync(path(), 'this was a database '.repeat(500));
  }

  it('is refused by name with the way out, and the lock is given back', async () => {
    await damage();
    const refused = await openStore().catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'STATE_UNUSABLE',
      place: { path: path() },
      next: expect.stringContaining('move the file away') as string,
    });
    await expect(openStore()).rejects.toThrow(unusable(/is damaged/));
  });

  it('is moved aside with a warning when the target holds the checkpoint', async () => {
    await damage();
    const lines: string[] = [];
    const logger = createLogger({ output: { write: (text) => lines.push(text) } });
    const store = await openStore({ recover: 'move-aside', logger });
    expect(store.load('target')).toBeUndefined();
    store.save(step(2), 'target');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', path: path() });
    const aside = readdirSync(stateDir).filter((name) => name.includes('.damaged-'));
    expect(aside).not.toEqual([]);
  });

  it('finds damage in the middle of the file too', async () => {
    const store = await openStore();
    for (let i = 0; i < 200; i++) {
      store.save(step(i, new Map([[`d\0${i}`, 'x'.repeat(500)]])), 'target');
    }
    close(store);
    const database = new Database(path());
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.close();
    const { open: openFile } = await import('node:fs/promises');
    const file = await openFile(path(), 'r+');
    await file.write(Buffer.alloc(4096, 0xab), 0, 4096, (pages - 3) * 4096);
    await file.close();
    await expect(openStore()).rejects.toThrow(unusable(/is damaged/));
    await openStore({ recover: 'move-aside' });
  });

  it('a folder in its place is moved aside only when asked', async () => {
    mkdirSync(path());
    await expect(openStore()).rejects.toThrow(unusable(/cannot be used/));
    await openStore({ recover: 'move-aside' });
  });

  it('names a state folder that cannot be made', async () => {
    writeFileSync(join(stateDir, 'file'), '');
    const below = join(stateDir, 'file', 'state');
    await expect(openStore({ stateDir: below })).rejects.toThrow(unusable(/ENOTDIR/));
  });

  it('of a later version is refused, moved aside or not', async () => {
    close(await openStore());
    const database = new Database(path());
    database.pragma('user_version = 99');
    database.close();
    await expect(openStore({ recover: 'move-aside' })).rejects.toThrow(unusable(/later version/));
    expect(existsSync(path())).toBe(true);
  });

  it('a stored position that cannot be read is damage', async () => {
    const store = await openStore();
    store.save(step(1), 'target');
    const database = new Database(path());
    database.exec(`UPDATE checkpoint SET position = '{'`);
    database.close();
    expect(() => store.load('target')).toThrow(unusable(/is damaged/));
  });

  it('a full disk says so', async () => {
    close(await openStore());
    const database = new Database(path());
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages}`);
    const clock = { monotonicMs: () => 0, nowMs: () => 0 };
    const store = new TaskStore({ database, path: path(), clock });
    open.push(store);
    const large = new Map([['d\0t', 'x'.repeat(100_000)]]);
    expect(() => {
      store.save(step(1, large), 'target');
    }).toThrow(unusable(/the disk is full/));
  });

  it('reading a file that is no database is refused by name', () => {
    writeFileSync(path(), 'no database '.repeat(1000));
    expect(() => openForReading(path())).toThrow(unusable(/is damaged/));
  });
});
