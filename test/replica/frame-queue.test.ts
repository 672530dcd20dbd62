import { beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../src/core/frame.ts';
import { FrameQueue } from '../../src/replica/frame-queue.ts';

function frame(bytes: number): Frame {
  return { bytes: Buffer.alloc(bytes), start: 0, end: bytes, checksumLength: 0 };
}

describe('FrameQueue', () => {
  let calls: string[];
  let queue: FrameQueue;

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
    const frames = [frame(1), frame(2), frame(3)];
    for (const one of frames) queue.push(one);
    expect(await batch).toEqual(frames);
    expect(queue.queuedBytes).toBe(0);
  });

  it('pauses at the high mark, once, and resumes when the reader took what waits', async () => {
    queue.push(frame(60));
    expect(queue.isPaused).toBe(false);
    queue.push(frame(60));
    queue.push(frame(60));
    expect([queue.isPaused, queue.queuedBytes]).toEqual([true, 180]);
    await queue.take();
    expect(queue.isPaused).toBe(false);
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('reads nothing while the reader is busy with an event far beyond the high mark', async () => {
    queue.push(frame(1000));
    await queue.take();
    expect([queue.isPaused, queue.queuedBytes]).toEqual([true, 0]);
    const next = queue.take();
    expect(queue.isPaused).toBe(false);
    queue.push(frame(1));
    expect(await next).toHaveLength(1);
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('hands out what came before an error first', async () => {
    queue.push(frame(1));
    queue.end(new Error('lost'));
    queue.push(frame(2));
    expect(await queue.take()).toHaveLength(1);
    await expect(queue.take()).rejects.toThrow('lost');
    await expect(queue.take()).rejects.toThrow('lost');
  });

  it('wakes a waiting reader at the end, and keeps the first reason', async () => {
    const waiting = queue.take();
    queue.end(undefined);
    queue.end(new Error('echo'));
    expect(await waiting).toBeUndefined();
  });

  it('serves two readers that wait', async () => {
    const both = [queue.take(), queue.take()];
    queue.push(frame(1));
    queue.end(undefined);
    const [first, second] = await Promise.all(both);
    expect([first?.length, second]).toEqual([1, undefined]);
  });
});
