import type { CheckpointStep } from '../../../core/checkpoint.ts';
import type { Router } from '../../../core/route.ts';
import type { GtidFlavor } from '../../../core/gtid-set.ts';
import type { ServerConnection } from '../../../server/connect.ts';

export const DDL_MODES = ['apply', 'ignore', 'stop'] as const;
export type DdlMode = (typeof DDL_MODES)[number];

/** What is known of the source's server: it decides what a status variable that was not logged means. */
export interface DdlSource {
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
  /** What `time_zone = SYSTEM` means there: an offset or a name. undefined: as on the target. */
  readonly systemTimeZone?: string;
  /** Global value; older servers do not log the session's. */
  readonly explicitDefaultsForTimestamp?: boolean;
}

/** What the DDL executor needs of the sink around it. */
export interface DdlHost {
  readonly task: string;
  /** Name of the state database on the target, which holds `tailrace_pending_ddl`. */
  readonly stateDatabase: string;
  readonly router: Router;
  readonly mode: DdlMode;
  readonly sqlLogBin: boolean;
  readonly source?: DdlSource;
  /** How long a running statement may hold up an abort; default five seconds. */
  readonly leaveAfterMs?: number;
  /** The target may have had this very statement before: then "it is there already" means done. */
  readonly isRepeated?: () => boolean;
  /** A new connection to the target's server; the executor closes it. */
  connect(signal: AbortSignal): Promise<ServerConnection>;
  /**
   * One transaction on the target, by the session that owns the checkpoint row: proves that the row is
   * still ours (CHECKPOINT_MOVED otherwise), runs the statements, moves the checkpoint when a step is
   * given, commits.
   */
  commit(statements: readonly string[], step: CheckpointStep | undefined): Promise<void>;
  /** Something an operator may want to know and nobody has to act on; said once each. */
  onNote?(note: string): void;
}
