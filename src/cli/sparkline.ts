const SPARKS = '▁▂▃▄▅▆▇█';

/** One character for each share between 0 and 1; undefined: nothing is known, a gap. */
export function sparkline(shares: readonly (number | undefined)[]): string {
  return shares
    .map((share) => {
      if (share === undefined) return ' ';
      const step = Math.round(Math.min(1, Math.max(0, share)) * (SPARKS.length - 1));
      return SPARKS.charAt(step);
    })
    .join('');
}
