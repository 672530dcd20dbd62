import type { Frame } from '../core/frame.ts';
import { createDeferred, type Deferred } from '../lib/deferred.ts';

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
  #frames: Frame[] = [];
  #bytes = 0;
  /** A large batch that the reader has not come back from. */
  #busy: { readonly frames: Frame[]; readonly bytes: number } | undefined;
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
    return this.#bytes;
  }

  push(frame: Frame): void {
    if (this.#end !== undefined) return;
    this.#frames.push(frame);
    this.#bytes += frame.end - frame.start;
    if (!this.#isPaused && this.#bytes >= this.#options.highBytes) {
      this.#isPaused = true;
      this.#options.onPause();
    }
    this.#wakeReader();
  }

  /** Nothing more comes. What waits is read first; then the error is thrown, or the iteration ends. */
  end(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#wakeReader();
  }

  /** Forgets what waits, too. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
  }

  /** All frames that wait; undefined at the end. What was handed out before is given back by it. */
  async take(): Promise<readonly Frame[] | undefined> {
    this.#endBusy();
    while (this.#frames.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      this.#reader ??= createDeferred<undefined>();
      await this.#reader.promise;
    }
    const frames = this.#frames;
    const bytes = this.#bytes;
    if (bytes >= this.#options.highBytes * LARGE_BATCH) this.#busy = { frames, bytes };
    this.clear();
    this.#resumeWhenLow();
    return frames;
  }

  /** A loop over batches keeps the last one until it has the next: emptied, it holds no bytes. */
  #endBusy(): void {
    if (this.#busy === undefined) return;
    this.#busy.frames.length = 0;
    this.#busy = undefined;
    this.#resumeWhenLow();
  }

  #resumeWhenLow(): void {
    const bytes = this.#bytes + (this.#busy?.bytes ?? 0);
    if (!this.#isPaused || bytes > this.#options.highBytes * RESUME_PART) return;
    this.#isPaused = false;
    this.#options.onResume();
  }

  #wakeReader(): void {
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
  }
}
