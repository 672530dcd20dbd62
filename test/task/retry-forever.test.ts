import { describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import { isStop, retryForever } from '../../src/task/retry-forever.ts';
import { TaskBoard } from '../../src/task/task-board.ts';
import { recordingLogger } from './fake-stream.ts';

const away = (): TailraceError => new TailraceError('TARGET_UNREACHABLE', 'away');

function setUp() {
  const stop = new AbortController();
  const { logger, warnings } = recordingLogger();
  const board = new TaskBoard('shop');
  return { stop, warnings, board, options: { board, logger, signal: stop.signal } };
}

describe('retryForever', () => {
  it('tries until it works, and says each time what was in the way', async () => {
    const { options, warnings, board } = setUp();
    let tries = 0;
    const made = await retryForever(() => {
      tries += 1;
      return tries < 4 ? Promise.reject(away()) : Promise.resolve('made');
    }, options);
    expect([made, tries, warnings.length, board.status().retries]).toEqual(['made', 4, 3, 3]);
  });

  it('throws what cannot pass by itself', async () => {
    const { options, warnings } = setUp();
    const denied = new TailraceError('TARGET_ACCESS_DENIED', 'no');
    await expect(retryForever(() => Promise.reject(denied), options)).rejects.toBe(denied);
    expect(warnings).toEqual([]);
  });

  it('a stop ends the wait and the attempt with its own reason', async () => {
    const reason = new Error('stopped by a signal');
    const waiting = setUp();
    const never = retryForever(() => {
      if (waiting.warnings.length === 2)
        queueMicrotask(() => {
          waiting.stop.abort(reason);
        });
      return Promise.reject(away());
    }, waiting.options);
    await expect(never).rejects.toBe(reason);
  });
});

describe('isStop', () => {
  it('is what a stop brings about, not what refuses at the same time', () => {
    const stop = new AbortController();
    const reason = new Error('stopped by a signal');
    expect(isStop(reason, stop.signal)).toBe(false);
    stop.abort(reason);
    const abort = Object.assign(new Error('x'), { name: 'AbortError' });
    expect([reason, abort, away()].map((error) => isStop(error, stop.signal))).toEqual([
      true,
      true,
      true,
    ]);
    for (const error of [new TailraceError('TARGET_CONFLICT', 'no'), new TypeError('x')]) {
      expect(isStop(error, stop.signal)).toBe(false);
    }
  });
});
