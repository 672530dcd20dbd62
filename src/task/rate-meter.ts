const WINDOW_MS = 10_000;

/** Events a second over the last ten seconds, from a counter that is looked at now and then. */
export class RateMeter {
  readonly #samples: { readonly atMs: number; readonly count: number }[] = [];

  sample(atMs: number, count: number): void {
    const last = this.#samples.at(-1);
    // The counter begins anew with each attempt.
    if (last !== undefined && count < last.count) this.#samples.length = 0;
    this.#samples.push({ atMs, count });
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? atMs) > WINDOW_MS) {
      this.#samples.shift();
    }
  }

  get perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0;
    return Math.round(((last.count - first.count) * 1000) / (last.atMs - first.atMs));
  }
}
