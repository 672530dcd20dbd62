import { createDeferred, type Deferred } from '../lib/deferred.ts';
import { untilAborted } from '../lib/until-aborted.ts';

/**
 * What an operator asks of a running task. A pause ends the attempt that runs as a stop would: the group in
 * flight is finished or rolled back, the checkpoint is exact, both connections are closed. It lasts until
 * `resume`, or for the life of the process.
 */
export class TaskControl {
  #attempt = new AbortController();
  #isPaused = false;
  #woken: Deferred<undefined> = createDeferred<undefined>();

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#woken = createDeferred<undefined>();
    this.#attempt.abort(new Error('paused'));
  }

  /** Goes on after a pause; wakes who waits after a failure. */
  resume(): void {
    this.#isPaused = false;
    this.#woken.resolve(undefined);
    this.#woken = createDeferred<undefined>();
  }

  /** For one attempt: aborted by the task's own signal, and by a pause. */
  attemptSignal(signal: AbortSignal): AbortSignal {
    this.#attempt = new AbortController();
    if (this.#isPaused) this.#attempt.abort(new Error('paused'));
    return AbortSignal.any([signal, this.#attempt.signal]);
  }

  /** Resolves with the next `resume`. */
  async untilResumed(signal: AbortSignal): Promise<void> {
    await untilAborted(this.#woken.promise, signal);
  }
}
