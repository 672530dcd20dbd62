import type { Machine } from '../support/machine.ts';

/** One contender's run in one round. Figures that a suite does not have are left out. */
export interface Measure {
  readonly round: number;
  /** Source and target were equal afterwards, or the counts right. A run that is void has no other figures. */
  readonly void?: string;
  readonly rows?: number;
  readonly ms?: number;
  readonly rowsPerSecond?: number;
  /** CPU of the contender's own processes. */
  readonly contenderMicrosPerRow?: number;
  /** CPU of the server that it loads: the target when there is one, else the source. */
  readonly serverMicrosPerRow?: number;
  readonly sourceMicrosPerRow?: number;
  readonly peakRssMb?: number;
  readonly serverPeakRssMb?: number;
  /** What the source sent. */
  readonly bytesRead?: number;
  /** What the target was sent by its clients. */
  readonly bytesWritten?: number;
  readonly load?: number;
  readonly figures?: Readonly<Record<string, number>>;
}

export interface ContenderResult {
  readonly name: string;
  readonly version: string;
  readonly note?: string;
  /** Why it did not take part. */
  readonly absent?: string;
  /** Its line is for orientation; tailrace is not measured by it. Said in the cell's note. */
  readonly isAside?: true;
  readonly measures: readonly Measure[];
}

/** What is compared: one workload under one setting. */
export interface CellResult {
  /** As `--only` takes it: `decode/mysql57/bulk`. */
  readonly name: string;
  readonly suite: string;
  readonly what: string;
  readonly note?: string;
  /** The figure that is compared, and how it is told. */
  readonly compares: Figure;
  readonly settings: Readonly<Record<string, string>>;
  readonly contenders: readonly ContenderResult[];
}

export interface Figure {
  readonly key: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
}

export const ROWS_PER_SECOND: Figure = { key: 'rowsPerSecond', unit: 'rows/s', better: 'more' };

export interface Results {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly command: string;
  readonly machine: Machine;
  readonly loadAtStart: number;
  readonly rounds: number;
  readonly scale: number;
  readonly cells: readonly CellResult[];
}

export function figureOf(measure: Measure, { key }: Figure): number | undefined {
  if (measure.void !== undefined) return undefined;
  const own = measure.figures?.[key];
  if (own !== undefined) return own;
  const value = (measure as unknown as Record<string, unknown>)[key];
  return typeof value === 'number' ? value : undefined;
}
