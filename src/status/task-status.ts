import type { ErrorPlace } from '../core/errors.ts';
import type { RunStateKind } from '../lib/run-state.ts';

/** What `status --json` prints of one task, and what a reader of /status gets. Times are ISO texts. */
export interface TaskStatus {
  readonly name: string;
  readonly state: RunStateKind;
  readonly since: string;
  /** As `position show` prints it; null before the first checkpoint. */
  readonly position: string | null;
  readonly coordinates: string | null;
  readonly seq: number | null;
  readonly checkpointAt: string | null;
  readonly source: {
    readonly host: string | null;
    /** How far it has been read. */
    readonly coordinates: string | null;
    readonly transactions: number;
    /** Changes left out, by reason. */
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly lag: {
    /** Age of the oldest source transaction that is not done; 0 when nothing is open; null when unknown. */
    readonly seconds: number | null;
    /** That transaction: its GTID, else where it begins. */
    readonly oldest: string | null;
    readonly bytesInFlight: number;
  };
  readonly rates: { readonly transactionsPerSecond: number; readonly rowsPerSecond: number };
  /** Each sink's own counters. */
  readonly sinks: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly retries: number;
  /** How long nothing was done although there is something to do; 0 while the work goes on. */
  readonly stalledSeconds: number;
  readonly error: TaskErrorStatus | null;
}

export interface TaskErrorStatus {
  readonly code: string;
  readonly message: string;
  readonly place: ErrorPlace;
  readonly next: string;
  readonly at: string;
}

/** The whole of /status. */
export interface ProcessStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly tasks: readonly TaskStatus[];
}
