import { beforeEach, describe, expect, it } from 'vitest';
import { FrameQueue } from '../../src/replica/frame-queue.ts';

describe('FrameQueue', () => {
  let calls: string[];
  let queue: FrameQueue;
  const push = (length: number, bytes = Buffer.alloc(length)): void => {
    queue.push(bytes, 0, length, 0);
  };

  beforeEach(() => {
    calls = [];
    queue = new FrameQueue({
      highBytes: 100,
      onPause: () => calls.push('pause'),
      onResume: () => calls.push('resume'),
    });
  });

  it('hands out all that came in one tick as one batch, in order', async () => {
    const batch = queue.take();
    for (const length of [1, 2, 3]) push(length);
    expect([...((await batch) ?? [])].map(({ end }) => end)).toEqual([1, 2, 3]);
    expect(queue.queuedBytes).toBe(0);
  });

  it('pauses at the high mark, once, and resumes when the reader took what waits', async () => {
    push(60);
    expect(queue.isPaused).toBe(false);
    push(60);
    push(60);
    expect([queue.isPaused, queue.queuedBytes]).toEqual([true, 180]);
    await queue.take();
    expect(queue.isPaused).toBe(false);
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('reads nothing while the reader is busy with an event far beyond the high mark', async () => {
    push(1000);
    await queue.take();
    expect([queue.isPaused, queue.queuedBytes]).toEqual([true, 0]);
    const next = queue.take();
    expect(queue.isPaused).toBe(false);
    push(1);
    expect((await next)?.length).toBe(1);
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('hands out what came before an error first', async () => {
    push(1);
    queue.end(new Error('lost'));
    push(2);
    expect((await queue.take())?.length).toBe(1);
    await expect(queue.take()).rejects.toThrow('lost');
    await expect(queue.take()).rejects.toThrow('lost');
  });

  it('wakes a waiting reader at the end, and keeps the first reason', async () => {
    const waiting = queue.take();
    queue.end(undefined);
    queue.end(new Error('echo'));
    expect(await waiting).toBeUndefined();
  });

  it('takes back what it handed out, and lets go of its bytes', async () => {
    push(60);
    const first = await queue.take();
    push(70);
    expect(first?.length).toBe(1);
    const second = await queue.take();
    expect([first?.length, first?.bytes, second?.bytes]).toEqual([0, 0, 70]);
    push(5);
    expect(await queue.take()).toBe(first);
    expect(first?.at(0).end).toBe(5);
  });

  it('serves two readers that wait', async () => {
    const both = [queue.take(), queue.take()];
    push(1);
    queue.end(undefined);
    const [first, second] = await Promise.all(both);
    expect([first?.length, second]).toEqual([1, undefined]);
  });
});
