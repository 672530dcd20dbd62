import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockTask } from '../../src/checkpoint/task-lock.ts';
import { openTaskStore } from '../../src/checkpoint/task-store.ts';

const holder = fileURLToPath(new URL('./support/hold-task.ts', import.meta.url));
let stateDir = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'tailrace-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(stateDir, { recursive: true, force: true });
});

async function holdInAnotherProcess(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', holder, stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

describe('lockTask', () => {
  it('is for one, in one process too, and free again after its release', async () => {
    const lock = await lockTask({ stateDir, task: 'shop' });
    await expect(lockTask({ stateDir, task: 'shop', timeoutMs: 0 })).rejects.toMatchObject({
      code: 'TASK_LOCKED',
      exitCode: 7,
    });
    const other = await lockTask({ stateDir, task: 'crm', timeoutMs: 0 });
    lock.release();
    const again = await lockTask({ stateDir, task: 'shop', timeoutMs: 0 });
    again.release();
    other.release();
  });

  it('names the process that has it, and goes on at once when that is killed', async () => {
    const child = await holdInAnotherProcess();
    await expect(openTaskStore({ stateDir, task: 'shop', lockTimeoutMs: 0 })).rejects.toMatchObject(
      {
        code: 'TASK_LOCKED',
        message: expect.stringContaining(`pid ${child.pid ?? 0} on `) as string,
      },
    );

    const waiting = openTaskStore({ stateDir, task: 'shop' });
    child.kill('SIGKILL');
    const store = await waiting;
    expect(store.load('target')?.checkpoint.seq).toBe(7);
    expect(store.load('target')?.schema.get('shop\0t')).toBe('{}');
    store.close();
  });

  it('a wait ends by the signal', async () => {
    const lock = await lockTask({ stateDir, task: 'shop' });
    const stop = new AbortController();
    const waiting = lockTask({ stateDir, task: 'shop', signal: stop.signal });
    stop.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
    lock.release();
  });
});
