import { systemClock, type Clock } from './clock.ts';

/** Runs from the beginning; what passes while it is paused does not count. */
export class Stopwatch {
  readonly #clock: Clock;
  #sinceMs: number | undefined;
  #spentMs = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  get ms(): number {
    const running = this.#sinceMs === undefined ? 0 : this.#clock.monotonicMs() - this.#sinceMs;
    return this.#spentMs + running;
  }

  pause(): void {
    this.#spentMs = this.ms;
    this.#sinceMs = undefined;
  }

  resume(): void {
    this.#sinceMs ??= this.#clock.monotonicMs();
  }
}
