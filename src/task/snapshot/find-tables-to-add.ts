import { requireSource, serverOptions } from '../../config/server-options.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Router } from '../../core/route.ts';
import type { TablePattern } from '../../core/table-pattern.ts';
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
  const { tables: patterns, signal } = run;
  if (patterns === undefined) return undefined;
  const admin = adminOf(run);
  if ((await readCheckpoint(admin, signal)) === undefined) return undefined;
  if ((await readCopyMarks(admin, signal)).size > 0) return undefined;
  return (await findAsked(run, patterns)).wanted;
}

export interface AskedTables {
  readonly wanted: readonly TableName[];
  /** Other tables of the task. */
  readonly others: readonly TableName[];
}

/** The tables that were asked for; a name that is none of the task's is refused. */
export async function findAsked(
  { task, signal }: SnapshotTaskOptions,
  patterns: readonly TablePattern[],
): Promise<AskedTables> {
  const router = routerOf(task);
  const isAsked = (name: TableName): boolean => patterns.some((pattern) => pattern.matches(name));
  const source = await connectServer(serverOptions(requireSource(task)), 'source', { signal });
  try {
    const { tables } = await captureSchema(source, {
      includeTable: (name) => isAsked(name) || router.isIncluded(name),
    });
    const names = tables
      .filter(({ isSequence }) => !isSequence)
      .map(({ database, name }) => ({ database, table: name }));
    for (const pattern of patterns) assertFound(pattern, names, { router, task: task.name });
    const included = names.filter((name) => router.isIncluded(name));
    return {
      wanted: included.filter(isAsked),
      others: included.filter((name) => !isAsked(name)),
    };
  } finally {
    await source.close();
  }
}

function assertFound(
  pattern: TablePattern,
  names: readonly TableName[],
  { router, task }: { readonly router: Router; readonly task: string },
): void {
  const { text } = pattern;
  const found = names.filter((name) => pattern.matches(name));
  if (found.some((name) => router.isIncluded(name))) return;
  throw new TailraceError(
    'USAGE',
    found.length === 0
      ? `The source has no table ${text}.`
      : `The filter of task "${task}" leaves ${text} out.`,
    { place: { task }, next: 'Name tables that task.filter includes, as DB.TABLE.' },
  );
}
