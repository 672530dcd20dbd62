/** Median, least and greatest of some figures. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? max;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, min, max };
}

/** The value that `share` of all values do not exceed (nearest rank). */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** `ours[i] / theirs[i]` of the rounds that both have. */
export function ratiosByRound(
  ours: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
): number[] {
  return [...ours].flatMap(([round, value]) => {
    const other = theirs.get(round);
    return other === undefined || other === 0 ? [] : [value / other];
  });
}

/** Least squares: by how much `y` grows when `x` grows by one. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const n = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n;
  const above = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const below = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

/** Who goes when: A B C, then C B A, then A B C … so that a drift of the machine hits all alike. */
export function interleave<T>(
  contenders: readonly T[],
  rounds: number,
): { round: number; contender: T }[] {
  return Array.from({ length: rounds }, (_, index) => {
    const order = index % 2 === 0 ? contenders : [...contenders].reverse();
    return order.map((contender) => ({ round: index + 1, contender }));
  }).flat();
}
