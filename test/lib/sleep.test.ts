import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createDeferred } from '../../src/lib/deferred.ts';
import { sleep } from '../../src/lib/sleep.ts';
import { untilAborted } from '../../src/lib/until-aborted.ts';

describe('sleep', () => {
  it('ends, or rejects with the reason of the signal', async () => {
    await sleep(1, new AbortController().signal);
    const stop = new AbortController();
    const waiting = sleep(60_000, stop.signal);
    const reason = new Error('stop');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(sleep(60_000, stop.signal)).rejects.toBe(reason);
  });
});

describe('untilAborted', () => {
  it('gives what the promise gives and leaves no listener behind', async () => {
    const stop = new AbortController();
    expect(await untilAborted(Promise.resolve(5), stop.signal)).toBe(5);
    const deferred = createDeferred<number>();
    const waiting = untilAborted(deferred.promise, stop.signal);
    deferred.reject(new Error('no'));
    await expect(waiting).rejects.toThrow('no');
    await new Promise(setImmediate);
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });

  it('rejects at once when the signal is aborted, whatever the promise does later', async () => {
    const stop = new AbortController();
    const deferred = createDeferred<number>();
    const waiting = untilAborted(deferred.promise, stop.signal);
    stop.abort('a text');
    await expect(waiting).rejects.toThrow('aborted');
    deferred.reject(new Error('later'));
    await expect(untilAborted(Promise.reject(new Error('x')), stop.signal)).rejects.toThrow(
      'aborted',
    );
  });
});
