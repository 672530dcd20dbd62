import type { DeadLetterBox } from '../../core/dead-letter.ts';
import type { Router } from '../../core/route.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import type { DdlMode, DdlSource } from './ddl/host.ts';
import type { DdlSkipReason } from './ddl/policy.ts';
import type { ConflictPolicy } from './row-replay.ts';

export interface MysqlSinkOptions {
  readonly task: string;
  readonly server: ServerOptions;
  readonly stateDatabase: string;
  readonly onConflict: ConflictPolicy;
  readonly apply: 'auto' | 'in_order';
  readonly sqlLogBin: boolean;
  readonly allowNontransactional: boolean;
  readonly ddl: DdlMode;
  readonly router: Router;
  readonly logger: Logger;
  /** What is known of the source's server, for the context of DDL. */
  readonly source?: DdlSource;
  /** Where rows that `on_conflict = "skip"` passed over are shown; the target keeps them too. */
  readonly deadLetters?: DeadLetterBox;
  readonly onDdlSkipped?: (reason: DdlSkipReason) => void;
}
