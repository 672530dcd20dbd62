import type { Frame } from '../core/frame.ts';
import { createDeferred, type Deferred } from '../lib/deferred.ts';
import { FrameBatch } from './frame-batch.ts';

export interface FrameQueueOptions {
  /** Waiting bytes from which on the writer is told to pause. */
  readonly highBytes: number;
  readonly onPause: () => void;
  readonly onResume: () => void;
}

/** The writer goes on when less than this part of the high mark waits. */
const RESUME_PART = 0.8;
/** A batch of so many times the high mark holds an event that is far beyond it. */
const LARGE_BATCH = 2;

/**
 * Frames between the socket and one reader, bounded by bytes. The reader takes all that waits at
 * once: it wakes up when the socket's chunk is through, so a step costs one promise for a chunk and
 * not for an event. The bound is exceeded by at most one chunk, or by one event that is larger; while the
 * reader is busy with such an event nothing is read, so that there are never two of them.
 */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  #waiting = new FrameBatch();
  /** The batch that the reader has; it is filled again once the reader comes back. */
  #taken = new FrameBatch();
  #isPaused = false;
  #reader: Deferred<undefined> | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get queuedBytes(): number {
    return this.#waiting.bytes;
  }

  push(bytes: Buffer, start: number, end: number, checksumLength: Frame['checksumLength']): void {
    if (this.#end !== undefined) return;
    this.#waiting.add(bytes, start, end, checksumLength);
    this.#pushed();
  }

  /** The events in packets that stand one after the other, each with four bytes of checksum. */
  pushRun(bytes: Buffer, from: number, to: number): void {
    if (this.#end !== undefined) return;
    this.#waiting.addRun(bytes, from, to);
    this.#pushed();
  }

  #pushed(): void {
    if (!this.#isPaused && this.#waiting.bytes >= this.#options.highBytes) {
      this.#isPaused = true;
      this.#options.onPause();
    }
    if (this.#reader !== undefined) this.#wakeReader();
  }

  /** Nothing more comes. What waits is read first; then the error is thrown, or the iteration ends. */
  end(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#wakeReader();
  }

  /** Forgets what waits, too. */
  clear(): void {
    this.#waiting.clear();
  }

  /** All frames that wait; undefined at the end. What was handed out before is given back by it, and emptied. */
  async take(): Promise<FrameBatch | undefined> {
    this.#taken.clear();
    this.#resumeWhenLow();
    while (this.#waiting.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      this.#reader ??= createDeferred<undefined>();
      await this.#reader.promise;
    }
    [this.#taken, this.#waiting] = [this.#waiting, this.#taken];
    this.#resumeWhenLow();
    return this.#taken;
  }

  #resumeWhenLow(): void {
    const { highBytes } = this.#options;
    const isBusy = this.#taken.bytes >= highBytes * LARGE_BATCH;
    const bytes = this.#waiting.bytes + (isBusy ? this.#taken.bytes : 0);
    if (!this.#isPaused || bytes > highBytes * RESUME_PART) return;
    this.#isPaused = false;
    this.#options.onResume();
  }

  #wakeReader(): void {
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
  }
}
