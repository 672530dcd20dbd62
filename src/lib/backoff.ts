import { sleep, type Sleep } from './sleep.ts';

export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly minMs?: number;
  /** Upper bound of every wait. */
  readonly maxMs?: number;
  /** 0 … 1, as Math.random. */
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

const DEFAULT_MIN_MS = 100;
const DEFAULT_MAX_MS = 15_000;
/** 2^30 times the first wait is beyond every bound; more would only lose precision. */
const MAX_DOUBLINGS = 30;

export function createBackoff(options: BackoffOptions = {}): Backoff {
  return new Backoff(options);
}

/**
 * Waits between attempts, with full jitter: each wait is drawn between nothing and a bound that
 * doubles, so that many clients cut off at once don't come back at once.
 */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  readonly #sleep: Sleep;
  #attempts = 0;

  constructor(options: BackoffOptions = {}) {
    this.#minMs = options.minMs ?? DEFAULT_MIN_MS;
    this.#maxMs = options.maxMs ?? DEFAULT_MAX_MS;
    this.#random = options.random ?? Math.random;
    this.#sleep = options.sleep ?? sleep;
  }

  /** Waits since the last `reset`. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Draws the next wait, in milliseconds. */
  next(): number {
    const doublings = Math.min(this.#attempts, MAX_DOUBLINGS);
    this.#attempts++;
    return Math.round(this.#random() * Math.min(this.#maxMs, this.#minMs * 2 ** doublings));
  }

  async wait(signal: AbortSignal): Promise<void> {
    await this.#sleep(this.next(), signal);
  }

  /** It works again: the next fault starts with short waits. */
  reset(): void {
    this.#attempts = 0;
  }
}
