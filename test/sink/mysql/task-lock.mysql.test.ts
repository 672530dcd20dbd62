import { describe, expect, it } from 'vitest';
import { lockName, OWNER, takeTaskLock } from '../../../src/sink/mysql/task-lock.ts';
import { testServer } from '../../support/servers.ts';
import { openSql } from '../../support/sql.ts';
import { forgetTask, SinkHarness, sinkOptions } from './sink-harness.ts';
import { TARGETS } from './targets.ts';

describe('the lock of a task', () => {
  it('has a name that every server takes', () => {
    expect(lockName('shop', 'tailrace')).toBe('tailrace:tailrace:shop');
    const long = lockName('x'.repeat(40), 'd'.repeat(64));
    expect(long.length).toBeLessThanOrEqual(64);
    expect(lockName('y'.repeat(40), 'd'.repeat(64))).not.toBe(long);
    expect(OWNER).toContain(`pid ${process.pid}`);
    expect(takeTaskLock).toBeTypeOf('function');
  });

  it('refuses a second process with exit code 7', { timeout: 60_000 }, async () => {
    const task = 'e2-lock';
    const attempts = TARGETS.map(async (name) => {
      const server = testServer(name);
      const other = await openSql(server);
      const harness = new SinkHarness(sinkOptions(server, task));
      try {
        await harness.open();
        await harness.close();
        await forgetTask(other, task);
        await other.run(
          `INSERT INTO e2_state.tailrace_checkpoint VALUES
          ('${task}', 0, 5, 3, 'elsewhere pid 1 abc', 0, NULL, NOW(6))`,
        );
        await other.value(`SELECT GET_LOCK('${lockName(task, 'e2_state')}', 0)`);
        const second = new SinkHarness(sinkOptions(server, task));
        await expect(second.open()).rejects.toMatchObject({
          code: 'TASK_LOCKED',
          exitCode: 7,
          message: expect.stringContaining('elsewhere pid 1 abc') as string,
        });
        // The holder was not disturbed and the row not taken over.
        expect(await other.value('SELECT 1')).toBe('1');
        expect(
          await other.value(
            `SELECT epoch FROM e2_state.tailrace_checkpoint WHERE task = '${task}'`,
          ),
        ).toBe('3');
      } finally {
        await other.close();
      }
    });
    await Promise.all(attempts);
  });

  it('goes through as soon as the other is gone', async () => {
    const task = 'e2-lock-soon';
    const server = testServer('dst57');
    const other = await openSql(server);
    await other.value(`SELECT GET_LOCK('${lockName(task, 'e2_state')}', 0)`);
    const harness = new SinkHarness(sinkOptions(server, task));
    const opened = harness.open();
    await other.value('SELECT SLEEP(0.6)');
    await other.close();
    await opened;
    await harness.close();
  });
});
