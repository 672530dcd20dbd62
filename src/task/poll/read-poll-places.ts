import { requireTarget, serverOptions } from '../../config/server-options.ts';
import type { TaskConfig } from '../../config/schema.ts';
import { parseSchemaKey } from '../../core/schema-state.ts';
import { formatTableName } from '../../core/table.ts';
import { parsePollMark } from '../../poll/poll-mark.ts';
import { readPollMarks } from '../../sink/mysql/copy/copy-marks.ts';

/** Where polling stands in one table. */
export interface PollPlace {
  /** `database.table` on the source. */
  readonly table: string;
  /** The key of the last row that was read, as literals; null: none yet. */
  readonly lastKey: string | null;
}

/** Empty: the task does not poll, or has not yet. */
export async function readPollPlaces(
  task: TaskConfig,
  signal: AbortSignal,
): Promise<readonly PollPlace[]> {
  if (!task.strategies.includes('poll')) return [];
  const target = requireTarget(task);
  const { stateDatabase } = target;
  const admin = { task: task.name, server: serverOptions(target), stateDatabase };
  const marks = await readPollMarks(admin, signal);
  return [...marks]
    .map(([key, text]) => {
      const { database, table } = parseSchemaKey(key);
      const lastKey = parsePollMark(text).last?.join(', ') ?? null;
      return { table: formatTableName({ database, table }), lastKey };
    })
    .sort((a, b) => a.table.localeCompare(b.table));
}
