import type { TaskStore } from '../../checkpoint/task-store.ts';
import type { Config, TaskConfig } from '../../config/schema.ts';
import type { TablePattern } from '../../core/table-pattern.ts';
import type { Logger } from '../../lib/logger.ts';
import type { CopyProgress } from '../../snapshot/progress.ts';
import type { TaskBoard } from '../task-board.ts';
import type { TaskControl } from '../task-control.ts';

export interface SnapshotTaskOptions {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly board: TaskBoard;
  readonly control: TaskControl;
  readonly progress: CopyProgress;
  readonly logger: Logger;
  readonly engine: 'mysqldump' | 'native';
  readonly to: 'target' | 'kafka';
  readonly restart: boolean;
  /** When the command began, as ISO text. */
  readonly beganAt: string;
  readonly overwrite: boolean;
  /** undefined: every table of the task. */
  readonly tables: readonly TablePattern[] | undefined;
  readonly signal: AbortSignal;
}

export interface SnapshotTask extends SnapshotTaskOptions {
  readonly store: TaskStore;
}
