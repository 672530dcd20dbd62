import { requireSource, serverOptions } from '../../config/server-options.ts';
import { TailraceError } from '../../core/errors.ts';
import type { TableName } from '../../core/table.ts';
import { captureSchema } from '../../schema/capture.ts';
import { connectServer } from '../../server/connect.ts';
import { readCheckpoint } from '../../sink/mysql/checkpoint-admin.ts';
import { readCopyMarks } from '../../sink/mysql/copy/copy-marks.ts';
import { routerOf } from '../task-setup.ts';
import { adminOf } from './catch-up.ts';
import type { SnapshotTaskOptions } from './snapshot-options.ts';

/** The tables that were asked for, where the task has a checkpoint already; undefined: it is a first copy. */
export async function findTablesToAdd(
  run: SnapshotTaskOptions,
): Promise<readonly TableName[] | undefined> {
  const { tables: patterns, signal, task } = run;
  if (patterns === undefined) return undefined;
  const admin = adminOf(run);
  if ((await readCheckpoint(admin, signal)) === undefined) return undefined;
  if ((await readCopyMarks(admin, signal)).size > 0) return undefined;
  const router = routerOf(task);
  const source = await connectServer(serverOptions(requireSource(task)), 'source', { signal });
  try {
    const { tables } = await captureSchema(source, {
      includeTable: (name) => patterns.some((pattern) => pattern.matches(name)),
    });
    const names = tables
      .filter(({ isSequence }) => !isSequence)
      .map(({ database, name }) => ({ database, table: name }));
    const wanted = names.filter((name) => router.isIncluded(name));
    if (wanted.length > 0) return wanted;
    const asked = patterns.map(({ text }) => text).join(', ');
    throw new TailraceError(
      'USAGE',
      names.length === 0
        ? `The source has no table ${asked}.`
        : `The filter of task "${task.name}" leaves ${asked} out.`,
      { place: { task: task.name }, next: 'Name tables that task.filter includes, as DB.TABLE.' },
    );
  } finally {
    await source.close();
  }
}
