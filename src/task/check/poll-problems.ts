import type { TaskConfig } from '../../config/schema.ts';
import { formatTableName } from '../../core/table.ts';
import { judgeKey } from '../../poll/judge-key.ts';
import type { CapturedSchema } from '../../schema/capture.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { readSourceTables } from '../../snapshot/source-tables.ts';
import { pollWriteOf } from '../poll/poll-write.ts';
import { routerOf } from '../task-setup.ts';
import type { Problem } from './finding.ts';

/** Tables that polling can't follow, or not in all, and what it never sees. */
export async function findPollProblems(
  source: ServerConnection,
  task: TaskConfig,
  captured: CapturedSchema,
): Promise<readonly Problem[]> {
  const tables = await readSourceTables(source, captured, routerOf(task));
  const problems: Problem[] = [
    {
      severity: 'note',
      code: 'GUARANTEE',
      finding:
        'polling brings new rows only: what is changed or deleted later is left to the stream, or to the inspection with repair',
    },
  ];
  for (const table of tables) {
    if (table.isSequence || pollWriteOf(task, table.name) === 'off') continue;
    const columns = table.route.columns.map(({ index }) => index);
    const verdict = judgeKey(table, { columns, hasKey: true });
    const name = formatTableName(table.name);
    if (verdict.kind === 'unusable') {
      const finding = `${name} cannot be polled: ${verdict.reason}`;
      problems.push({ severity: 'warning', code: 'POLL_UNUSABLE', finding });
    } else if (verdict.warning !== undefined) {
      const finding = `${name} is polled in part: ${verdict.warning}`;
      problems.push({ severity: 'warning', code: 'POLL_IN_PART', finding });
    }
  }
  return problems;
}
