import { systemClock } from '../../lib/clock.ts';
import { createDeferred, type Deferred } from '../../lib/deferred.ts';
import { untilAborted } from '../../lib/until-aborted.ts';

/** Gives the target back. */
export type Leave = () => void;

/**
 * Stream and polling write to the target in turns, since only one of a task may. The stream waits for its turn and
 * keeps it for as long as it is connected; polling takes what is free, and looks whether it is wanted.
 */
export class TargetTurn {
  #isTaken = false;
  #freeSinceMs = systemClock.monotonicMs();
  readonly #waiting = new Set<Deferred<undefined>>();

  /** Somebody waits for it. */
  get isWanted(): boolean {
    return this.#waiting.size > 0;
  }

  /** How long nobody has had it; undefined: somebody has it. */
  get freeForMs(): number | undefined {
    return this.#isTaken ? undefined : systemClock.monotonicMs() - this.#freeSinceMs;
  }

  tryTake(): Leave | undefined {
    if (this.#isTaken || this.isWanted) return undefined;
    return this.#enter();
  }

  async take(signal: AbortSignal): Promise<Leave> {
    while (this.#isTaken) {
      const waiting = createDeferred<undefined>();
      this.#waiting.add(waiting);
      try {
        await untilAborted(waiting.promise, signal);
      } finally {
        this.#waiting.delete(waiting);
      }
    }
    return this.#enter();
  }

  #enter(): Leave {
    this.#isTaken = true;
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#isTaken = false;
      this.#freeSinceMs = systemClock.monotonicMs();
      for (const waiting of this.#waiting) waiting.resolve(undefined);
    };
  }
}
