import { createDeferred, type Deferred } from './deferred.ts';
import { untilAborted } from './until-aborted.ts';

/** Whoever waits is let in again below this share, so that both sides work in stretches. */
const REOPEN_SHARE = 0.8;

/**
 * Bounds the bytes between two stages. Closed from `maxBytes` on; opens again at 80 %. What is taken
 * may go over the bound once, so that something larger than the whole bound passes too.
 */
export class ByteGate {
  readonly #maxBytes: number;
  #heldBytes = 0;
  #reopened: Deferred<undefined> | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isOpen(): boolean {
    return this.#reopened === undefined && this.#heldBytes < this.#maxBytes;
  }

  /** Counts the bytes; whoever brings more waits with `waitOpen` first. */
  take(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
    if (this.#heldBytes > this.#maxBytes * REOPEN_SHARE) return;
    this.#reopened?.resolve(undefined);
    this.#reopened = undefined;
  }

  /** A promise only when there is something to wait for. */
  waitOpen(signal: AbortSignal): Promise<unknown> | undefined {
    if (this.isOpen) return undefined;
    this.#reopened ??= createDeferred<undefined>();
    return untilAborted(this.#reopened.promise, signal);
  }
}
