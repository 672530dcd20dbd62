import type { DeadLetterBox } from '../../core/dead-letter.ts';
import type { TailraceError } from '../../core/errors.ts';
import type { PartitionMark, TopicPartition } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import type { TargetMemory } from './choose-target.ts';
import type { DdlMode, DdlSource } from './ddl/host.ts';
import type { DdlSkipReason } from './ddl/policy.ts';
import type { ConflictPolicy } from './row-replay.ts';

export interface ConsumerOptions {
  readonly partitions: readonly TopicPartition[];
  /** How long a transaction waits for what another partition may bring, before it is a conflict. */
  readonly waitMs: number;
  /** A partition begins to wait (why), or goes on. */
  readonly onWait: (partition: TopicPartition, error: TailraceError | undefined) => void;
  /** So much waits of it that no more should come before it goes on. */
  readonly onFull: (partition: TopicPartition) => void;
  /** So far the target is: committed there, or nothing that could be lost. */
  readonly onApplied: (marks: Iterable<PartitionMark>) => void;
}

/**
 * `rows`: the source's row images, merged, where a table is defined alike on both ends. `sql`: statements. `auto`:
 * row images where the account may and enough rows are there to pay, statements elsewhere.
 */
export type ApplyWay = 'auto' | 'rows' | 'sql' | 'in_order';

export interface MysqlSinkOptions {
  readonly task: string;
  readonly server: ServerOptions;
  readonly stateDatabase: string;
  readonly onConflict: ConflictPolicy;
  readonly apply: ApplyWay;
  /** Connections on which groups run ahead of their turn, if more than 1. */
  readonly lanes?: number;
  readonly sqlLogBin: boolean;
  readonly allowNontransactional: boolean;
  readonly ddl: DdlMode;
  readonly router: Router;
  /** A copy streams between its rounds: to everybody else an unfinished copy is a refusal. */
  readonly isCopying?: boolean;
  readonly logger: Logger;
  /** What is known of the source's server, for the context of DDL. */
  readonly source?: DdlSource;
  /** Where rows that `on_conflict = "skip"` passed over are shown; the target keeps them too. */
  readonly deadLetters?: DeadLetterBox;
  /** A consumer of Kafka: its marks are those of these partitions, and there is no task lock. */
  readonly consumer?: ConsumerOptions;
  /** Definitions at the target may have changed. */
  readonly onDdlApplied?: () => void;
  /** Which host of the cluster was written to last. */
  readonly memory?: TargetMemory;
  /** A standby waits for the task's lock as long as another process has it. */
  readonly waitsForLock?: boolean;
  readonly onWaitForLock?: (owner: string) => void;
  readonly onDdlSkipped?: (reason: DdlSkipReason) => void;
}
