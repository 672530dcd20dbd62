import type { CopyMark, CopyTarget } from '../core/copy.ts';
import type { Router } from '../core/route.ts';
import { formatTableName } from '../core/table.ts';
import type { Logger } from '../lib/logger.ts';
import type { ServerInfo } from '../server/server-info.ts';
import type { CopyRecord } from './copy-record.ts';
import type { CopyProgress, TableProgress } from './progress.ts';
import type { SourceThrottle } from './source-throttle.ts';
import type { SourceTable } from './source-tables.ts';

/** What every part of one round of a copy works with. */
export interface CopyRun {
  readonly target: CopyTarget;
  readonly router: Router;
  readonly record: CopyRecord;
  readonly progress: CopyProgress;
  readonly throttle: SourceThrottle;
  readonly sourceInfo: ServerInfo;
  readonly overwrite: boolean;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Stores marks and remembers them. */
export async function saveMarks(run: CopyRun, marks: readonly CopyMark[]): Promise<void> {
  if (marks.length === 0) return;
  await run.target.saveMarks(marks);
  for (const mark of marks) run.record.note(mark);
}

export function progressOf(run: CopyRun, table: SourceTable): TableProgress {
  return run.progress.of(formatTableName(table.name));
}

/** The source's table is not what it was when the view was opened: it is copied in another round. */
export class TableChanged extends Error {
  constructor(table: SourceTable, cause?: unknown) {
    super(`${formatTableName(table.name)} was altered while it was copied`, { cause });
  }
}
