import { ratiosByRound, spreadOf, type Spread } from '../support/statistics.ts';
import {
  figureOf,
  type CellResult,
  type ContenderResult,
  type Figure,
  type Measure,
} from './results.ts';

export interface ContenderSummary {
  readonly name: string;
  readonly result: ContenderResult;
  /** The compared figure; undefined: no run counts. */
  readonly figure: Spread | undefined;
  /** tailrace's figure by this one's, round by round, turned so that more than 1 is good for tailrace. */
  readonly ratio: Spread | undefined;
  /** Runs that are void. */
  readonly voids: readonly string[];
}

export const OWN = 'tailrace';

export function summarize(cell: CellResult): ContenderSummary[] {
  const own = cell.contenders.find(({ name }) => name === OWN);
  const ours = own === undefined ? new Map<number, number>() : byRound(own, cell.compares);
  return cell.contenders.map((result) => {
    const theirs = byRound(result, cell.compares);
    const ratios =
      cell.compares.better === 'more' ? ratiosByRound(ours, theirs) : ratiosByRound(theirs, ours);
    return {
      name: result.name,
      result,
      figure: spreadOf([...theirs.values()]),
      ratio: result.name === OWN ? undefined : spreadOf(ratios),
      voids: result.measures.flatMap((measure) =>
        measure.void === undefined ? [] : [measure.void],
      ),
    };
  });
}

/** The one that comes nearest to tailrace, or passes it. */
export function bestRival(summaries: readonly ContenderSummary[]): ContenderSummary | undefined {
  return summaries
    .filter(({ ratio, result }) => ratio !== undefined && result.isAside !== true)
    .sort((a, b) => (a.ratio?.median ?? 0) - (b.ratio?.median ?? 0))[0];
}

/** Median over the rounds that count of any figure. */
export function medianOf(
  result: ContenderResult,
  pick: (measure: Measure) => number | undefined,
): number | undefined {
  const values = result.measures
    .filter((measure) => measure.void === undefined)
    .map(pick)
    .filter((value) => value !== undefined);
  return spreadOf(values)?.median;
}

function byRound(result: ContenderResult, figure: Figure): Map<number, number> {
  return new Map(
    result.measures.flatMap((measure) => {
      const value = figureOf(measure, figure);
      return value === undefined ? [] : [[measure.round, value] as const];
    }),
  );
}
