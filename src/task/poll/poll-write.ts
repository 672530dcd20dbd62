import type { TaskConfig } from '../../config/schema.ts';
import type { TableName } from '../../core/table.ts';
import type { PollWrite } from '../../poll/poller.ts';

/** By the first rule that fits the table, else by [task.poll]. */
export function pollWriteOf(task: TaskConfig, name: TableName): PollWrite {
  const rule = task.tables.find(({ match }) => match.matches(name));
  return rule?.poll ?? task.poll.write;
}
