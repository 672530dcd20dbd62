import type { Context } from '../../context.ts';
import type { BinlogPlace } from '../../dialect.ts';
import type { Server } from '../../server.ts';

/** One run: a target as it was when the source stood at `from`. */
export interface ApplyRun {
  readonly context: Context;
  readonly source: Server;
  readonly target: Server;
  readonly from: BinlogPlace;
  /** Where to end; undefined: at the end. */
  readonly until: BinlogPlace | undefined;
  /** Where source and target are reached: a proxy's ports when one of them is far away. */
  readonly sourcePort: number;
  readonly targetPort: number;
  /** tailrace's state as of `from`, to be copied. */
  readonly stateFolder: string;
  /** How many of its connections may run groups ahead of their turn; 1 when not given. */
  readonly lanes?: number;
}

export interface RunningApplier {
  /** Its own processes; none for a server's own replica. */
  readonly pids: () => readonly number[];
  /** `performance.now()` when it began to read: its program had been started before. */
  readonly startedAt: number;
  /** CPU it had used by then. */
  readonly cpuMsAtStart: number;
  /** Why it does not go on, if it does not. */
  problem(): Promise<string | undefined>;
  /** Stops it for a while, as an operator would; `resume` lets it go on where it was. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Something that applies a source's binlog to a target. */
export interface Applier {
  readonly name: string;
  version(target: Server): string;
  readonly note?: string;
  /** Where it sits: a far target is near for a replica, whose source is far then. */
  readonly runsOnTarget: boolean;
  /** Too slow for all of a backlog. */
  readonly isSlow?: true;
  start(run: ApplyRun): Promise<RunningApplier>;
}
