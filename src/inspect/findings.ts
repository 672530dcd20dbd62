import { formatTableName } from '../core/table.ts';
import type { RowDifference } from './difference.ts';
import type { FoundDifference, TableReport } from './inspection-report.ts';
import type { TablePair } from './table-pair.ts';

/** Counts are exact; of the differences themselves only so many are kept. */
const KEPT = 1_000;

/** What was found in one table, by suspect: a suspect that is looked at again replaces what it was. */
export class Findings {
  readonly #pair: TablePair;
  readonly #found = new Map<string, readonly RowDifference[]>();
  readonly #repaired = new Map<string, readonly RowDifference[]>();
  #unsettled = 0;

  constructor(pair: TablePair) {
    this.#pair = pair;
  }

  /** The suspects that differ and were not mended. */
  get ids(): readonly string[] {
    return [...this.#found.keys()];
  }

  has(id: string): boolean {
    return this.#found.has(id);
  }

  different(id: string, differences: readonly RowDifference[]): void {
    this.#found.set(id, differences);
  }

  /** Equal at a later look: it was mended, or had been found too early. */
  equal(id: string, wasMended: boolean): void {
    const differences = this.#found.get(id);
    this.#found.delete(id);
    if (wasMended && differences !== undefined) this.#repaired.set(id, differences);
  }

  unsettled(): void {
    this.#unsettled += 1;
  }

  report(rows: number, seconds: number): TableReport {
    const found = [...this.#found.values()].flat();
    const repaired = [...this.#repaired.values()].flat();
    const count = (kind: RowDifference['kind']): number =>
      sum([...found, ...repaired].filter((one) => one.kind === kind));
    return {
      table: formatTableName(this.#pair.name),
      target: formatTableName(this.#pair.targetName),
      problem: null,
      rows,
      missing: count('missing'),
      extra: count('extra'),
      stale: count('stale'),
      repaired: sum(repaired),
      behind: sum(found.filter(({ cause }) => cause === 'behind')),
      unsettled: this.#unsettled,
      differences: [...mark(found, false), ...mark(repaired, true)].slice(0, KEPT),
      seconds,
    };
  }
}

function sum(differences: readonly RowDifference[]): number {
  return differences.reduce((total, { copies }) => total + copies, 0);
}

function mark(
  differences: readonly RowDifference[],
  isRepaired: boolean,
): readonly FoundDifference[] {
  return differences.map((difference) => ({ ...difference, isRepaired }));
}
