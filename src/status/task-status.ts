import type { ErrorPlace } from '../core/errors.ts';
import type { HistogramSnapshot } from '../lib/histogram.ts';
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
  readonly source: SourceStatus;
  readonly lag: LagStatus;
  /** How long the source keeps what is not done yet; null while the source was not asked. */
  readonly retention: RetentionStatus | null;
  readonly rates: { readonly transactionsPerSecond: number; readonly rowsPerSecond: number };
  /** The busiest tables of the last seconds first, then those with the most rows. */
  readonly tables: readonly TableStatus[];
  /** Each sink's own counters. */
  readonly sinks: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** How long the work takes, by stage. */
  readonly timings: Readonly<Partial<Record<TimingStage, HistogramSnapshot>>>;
  readonly retries: number;
  /** Faults by their code, those that were tried again too. */
  readonly errors: Readonly<Record<string, number>>;
  readonly deadLetters: DeadLetterStatus;
  readonly snapshot: SnapshotStatus | null;
  readonly poll: PollStatus | null;
  readonly inspection: InspectionStatus | null;
  /** How long nothing was done although there is something to do; 0 while the work goes on. */
  readonly stalledSeconds: number;
  readonly error: TaskErrorStatus | null;
}

/**
 * decode: one batch of binlog, from bytes to transactions. group: making the statements of one target
 * transaction. apply: one target transaction, from its begin to its commit. publish: one batch of messages
 * until the broker has it.
 */
export const TIMING_STAGES = ['decode', 'group', 'apply', 'publish'] as const;
export type TimingStage = (typeof TIMING_STAGES)[number];

export interface SourceStatus {
  readonly host: string | null;
  /** How far it has been read. */
  readonly coordinates: string | null;
  readonly transactions: number;
  readonly bytes: number;
  /** Connections made after the first. */
  readonly reconnects: number;
  /** Changes left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Where its binlog ends, as it said when it was asked last. */
  readonly head: {
    readonly coordinates: string;
    readonly position: string;
    readonly at: string;
  } | null;
}

export interface LagStatus {
  /** Age of the oldest source transaction that is not done; 0 when nothing is open; null when unknown. */
  readonly seconds: number | null;
  /** Behind the source's head; null where that can't be known (transactions: without GTIDs). */
  readonly transactions: number | null;
  readonly bytes: number | null;
  /** That transaction: its GTID, else where it begins. */
  readonly oldest: string | null;
  /** How long ago it was read. */
  readonly oldestSeconds: number | null;
  readonly bytesInFlight: number;
}

export interface RetentionStatus {
  readonly oldestFile: string | null;
  /** What the source is set to keep; 0: no limit of this kind. */
  readonly keepsSeconds: number;
  readonly keepsBytes: number;
  /** If nothing more were done from now on, the position would be lost after this; null: never by itself. */
  readonly spareSeconds: number | null;
  /** At the speed of now the position is lost after this; null: it is not getting lost. */
  readonly lostInSeconds: number | null;
}

export interface TableStatus {
  /** `database.table` on the source. */
  readonly table: string;
  readonly rowsPerSecond: number;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

export interface DeadLetterStatus {
  readonly count: number;
  readonly latest: readonly {
    readonly id: number;
    readonly kind: string;
    readonly table: string | null;
    readonly reason: string;
    readonly at: string;
  }[];
}

/** A first copy that is under way, or how the last one ended. */
export interface SnapshotStatus {
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  /** What is going on: `copying`, `waiting for a moment of rest on the source`, … */
  readonly phase: string;
  /** Why nothing is read now: the source has too much to do. */
  readonly waitsFor: string | null;
  readonly rows: number;
  /** By the source's own guess; null: not known yet. */
  readonly rowsTotal: number | null;
  readonly bytes: number;
  readonly tablesDone: number;
  readonly tables: number;
  /** Of the whole, 0 to 1. */
  readonly share: number;
  /** Since this command began. */
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  /** Tables under way. */
  readonly copying: readonly {
    readonly table: string;
    readonly rows: number;
    readonly rowsTotal: number;
    readonly isMakingKeys: boolean;
  }[];
}

export interface PollStatus {
  /** standing-back: the stream is at work. */
  readonly state: 'polling' | 'standing-back';
  /** In which each table was brought to its end. */
  readonly rounds: number;
  readonly failedRounds: number;
  readonly lastRoundAt: string | null;
  readonly rows: number;
  /** Of these, found by looking back. */
  readonly lateRows: number;
  /** Those with the most rows first, with the last key of each. */
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly last: string | null;
  }[];
  readonly unusable: readonly { readonly table: string; readonly reason: string }[];
  /** Why the last round was not finished. */
  readonly error: string | null;
}

export interface InspectionStatus {
  readonly rounds: number;
  readonly failedRounds: number;
  readonly lastRoundAt: string | null;
  /** Of the last round. */
  readonly rowsCompared: number;
  readonly differences: number;
  /** Those that have stayed the same for `alarm_after` rounds. */
  readonly alarms: number;
  /** Tables of the last round that differ. */
  readonly differing: readonly { readonly table: string; readonly differences: number }[];
}

export interface TaskErrorStatus {
  readonly code: string;
  readonly message: string;
  readonly place: ErrorPlace;
  readonly next: string;
  readonly at: string;
}

/** bad: somebody is needed now. warn: it mends itself, or is so on purpose. note: worth a word. */
export interface TaskProblem {
  readonly level: 'bad' | 'warn' | 'note';
  readonly what: string;
  /** Empty: nowhere in particular. */
  readonly where: string;
  readonly next: string;
  readonly at: string | null;
}

/** A task as it is shown: its status, and what is wrong with it. */
export interface ShownTask extends TaskStatus {
  readonly problems: readonly TaskProblem[];
}

/** The last hour of one task. */
export interface TaskHistory {
  readonly name: string;
  readonly stepSeconds: number;
  /** Oldest first: when (ms since 1970), lag in seconds, rows and transactions a second. */
  readonly samples: readonly (readonly [
    atMs: number,
    lagSeconds: number | null,
    rowsPerSecond: number,
    transactionsPerSecond: number,
  ])[];
}

/** The whole of /status. */
export interface ProcessStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly tasks: readonly TaskStatus[];
}
