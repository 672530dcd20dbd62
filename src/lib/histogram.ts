/** Upper bounds in seconds; one more bucket takes what is above the last. */
export const TIME_BOUNDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** A histogram as it travels: plain JSON, so that one process may show another's. */
export interface HistogramSnapshot {
  /** One count for each bound and one for the rest; not cumulative. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/** How long something took, by TIME_BOUNDS. Cheap enough for every batch, not meant for every row. */
export class Histogram {
  readonly #counts: number[] = new Array<number>(TIME_BOUNDS.length + 1).fill(0);
  #sumSeconds = 0;

  observeMs(ms: number): void {
    const seconds = ms / 1000;
    const index = TIME_BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = index === -1 ? TIME_BOUNDS.length : index;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumSeconds += seconds;
  }

  snapshot(): HistogramSnapshot {
    return { counts: [...this.#counts], sumSeconds: this.#sumSeconds };
  }
}

/** Both together; either may be missing. */
export function addHistograms(
  a: HistogramSnapshot | undefined,
  b: HistogramSnapshot | undefined,
): HistogramSnapshot | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
    sumSeconds: a.sumSeconds + b.sumSeconds,
  };
}

/** The bound below which this share (0 … 1) of the observations lies; undefined: there were none. */
export function quantileSeconds({ counts }: HistogramSnapshot, share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    seen += count;
    if (seen >= total * share) return TIME_BOUNDS[index] ?? Infinity;
  }
  return Infinity;
}
