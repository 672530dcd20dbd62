import { requireSource, requireTarget, serverOptions } from '../../config/server-options.ts';
import type { Position } from '../../core/position.ts';
import { parseSchemaKey } from '../../core/schema-state.ts';
import { connectServer } from '../../server/connect.ts';
import { readCheckpoint } from '../../sink/mysql/checkpoint-admin.ts';
import { readCopyMarks } from '../../sink/mysql/copy/copy-marks.ts';
import { CopyRecord } from '../../snapshot/copy-record.ts';
import { withoutAutoIncrement } from '../../snapshot/table-copier.ts';
import { keyOf, readCreateText } from '../../snapshot/source-tables.ts';
import { createTask } from '../run-task.ts';
import { TaskBoard } from '../task-board.ts';
import { routerOf } from '../task-setup.ts';
import { onlyTables } from './only-tables.ts';
import type { SnapshotTask } from './snapshot-options.ts';

export function adminOf({ task }: Pick<SnapshotTask, 'task'>) {
  const target = requireTarget(task);
  return { task: task.name, server: serverOptions(target), stateDatabase: target.stateDatabase };
}

/**
 * Tables that earlier rounds copied are brought to where the source is now, or to a position: the stream
 * itself runs, with a filter of those tables alone. Gives the number that the checkpoint has then.
 *
 * A table that is there in part takes changes of rows that it does not have yet: an update brings its row,
 * a delete finds none. The rest of the copy replaces what is there, as of a later view.
 */
export async function catchUp(run: SnapshotTask, until: Position | undefined): Promise<number> {
  const { signal, progress, logger } = run;
  const admin = adminOf(run);
  const record = new CopyRecord(await readCopyMarks(admin, signal));
  const { done, partial } = await tablesOf(run, record);
  const count = done.length + partial.length;
  if (count > 0) {
    progress.phase = `bringing ${count} copied tables up to date`;
    logger.info({ tables: count }, 'Bringing the tables that are copied up to date');
    // A board of its own: that the stream ends here is not the end of the copy.
    const board = new TaskBoard(run.task.name);
    const head = until === undefined ? 'head' : undefined;
    const options = { ...run, board, mode: 'run', until: head, waitsForLock: false } as const;
    const copied = new Set([...done, ...partial]);
    const task = createTask(options, run.store, {
      router: onlyTables(routerOf(run.task), (name) => copied.has(keyOf(name))),
      byKey: new Set(partial),
      until,
    });
    await task.run(signal);
    signal.throwIfAborted();
  }
  return (await readCheckpoint(admin, signal))?.checkpoint.seq ?? 0;
}

/** A table in part whose definition is another now is begun anew, and its DDL is not ours to repeat. */
async function tablesOf(run: SnapshotTask, record: CopyRecord) {
  const done: string[] = [];
  const partial: string[] = [];
  const keys = record.tableKeys;
  if (keys.length === 0) return { done, partial };
  const source = serverOptions(requireSource(run.task));
  const connection = await connectServer(source, 'source', { signal: run.signal });
  try {
    for (const key of keys) {
      const table = record.table(key);
      if (table?.state === 'done') done.push(key);
      else if (table?.slices !== undefined || table?.state === 'filled') {
        const now = await readCreateText(connection, parseSchemaKey(key));
        const isSame =
          now !== undefined && withoutAutoIncrement(now) === withoutAutoIncrement(table.createText);
        if (isSame) partial.push(key);
      }
    }
  } finally {
    await connection.close();
  }
  return { done, partial };
}
