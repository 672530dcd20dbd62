import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '../../core/error-codes.ts';
import { TailraceError, toTailraceError } from '../../core/errors.ts';
import { schemaKey } from '../../core/schema-state.ts';
import { formatTableName, type TableName } from '../../core/table.ts';
import { systemClock } from '../../lib/clock.ts';
import { sleep } from '../../lib/sleep.ts';
import { AddedTables } from '../../sink/mysql/copy/added-tables.ts';
import { readCheckpoint } from '../../sink/mysql/checkpoint-admin.ts';
import {
  isUnderWay,
  parseAddedTable,
  requestTable,
  type AddedTable,
} from '../../snapshot/adding/added-table.ts';
import { createTask, openStore } from '../run-task.ts';
import { TaskBoard } from '../task-board.ts';
import { adminOf } from './catch-up.ts';
import type { SnapshotTaskOptions } from './snapshot-options.ts';
import { resultOf, type SnapshotResult } from './snapshot-task.ts';

const LOOK_EVERY_MS = 300;
/** A process that runs the task may be started anew by somebody. */
const TAKE_OVER_MS = 15_000;

/**
 * Adds tables to a task that has a checkpoint. The process that runs the task copies them; this one asks it to,
 * and waits. Where none runs, this one streams the task itself until the tables are there.
 */
export async function addTables(
  run: SnapshotTaskOptions,
  names: readonly TableName[],
): Promise<SnapshotResult> {
  const records = await AddedTables.open(adminOf(run), run.signal);
  const over = new AbortController();
  try {
    const ids = await request(run, records, names);
    const watch = new Watch(run, records, ids);
    // Whichever of them fails ends the other.
    await Promise.race([
      watch.untilDone(AbortSignal.any([run.signal, over.signal])),
      streamWhereNobodyDoes(run, records, over.signal),
    ]);
    return await watch.result();
  } finally {
    over.abort(new Error('the tables are there'));
    await records.close();
  }
}

/** By key of the table, the request that is waited for: one that is under way is joined. */
async function request(
  run: SnapshotTaskOptions,
  records: AddedTables,
  names: readonly TableName[],
): Promise<ReadonlyMap<string, string>> {
  const known = await records.load();
  const ids = new Map<string, string>();
  for (const { database, table } of names) {
    const key = schemaKey(database, table);
    const text = known.get(key);
    const before = text === undefined ? undefined : parseAddedTable(text);
    if (before !== undefined && isJoined(before, run.restart)) {
      ids.set(key, before.id);
      continue;
    }
    const added = requestTable(randomUUID(), run.overwrite || run.restart);
    await records.save({ key, text: JSON.stringify(added) });
    ids.set(key, added.id);
  }
  return ids;
}

function isJoined(record: AddedTable, restart: boolean): boolean {
  return isUnderWay(record) && record.state !== 'requested' && !restart;
}

/** Follows what the process that runs the task writes down. */
class Watch {
  readonly #run: SnapshotTaskOptions;
  readonly #records: AddedTables;
  readonly #ids: ReadonlyMap<string, string>;
  readonly #sinceMs = Date.now();

  constructor(run: SnapshotTaskOptions, records: AddedTables, ids: ReadonlyMap<string, string>) {
    this.#run = run;
    this.#records = records;
    this.#ids = ids;
  }

  async untilDone(signal: AbortSignal): Promise<void> {
    while (!(await this.#isDone())) await sleep(LOOK_EVERY_MS, signal);
  }

  async result(): Promise<SnapshotResult> {
    const state = await readCheckpoint(adminOf(this.#run), this.#run.signal);
    return resultOf(this.#run, state?.checkpoint.position);
  }

  async #isDone(): Promise<boolean> {
    const records = await this.#records.load();
    let isDone = true;
    for (const [key, id] of this.#ids) {
      const text = records.get(key);
      const record = text === undefined ? undefined : parseAddedTable(text);
      if (record?.id !== id) throw replaced(key);
      this.#assertGoesOn(key, record);
      this.#show(key, record);
      isDone &&= record.state === 'done';
    }
    return isDone;
  }

  #assertGoesOn(key: string, { problem, state }: AddedTable): void {
    if (problem === undefined || state === 'done' || problem.atMs < this.#sinceMs) return;
    throw new TailraceError(problem.code as ErrorCode, problem.message, {
      place: { task: this.#run.task.name, table: formatTableName(nameOf(key)) },
    });
  }

  #show(key: string, { state, rows, bytes, estimatedRows }: AddedTable): void {
    const { progress } = this.#run;
    progress.phase = 'adding to the running task';
    const table = progress.of(formatTableName(nameOf(key)));
    table.estimatedRows = estimatedRows;
    table.state = state === 'done' ? 'done' : state === 'requested' ? 'waiting' : 'copying';
    table.rows = rows;
    table.bytes = bytes;
  }
}

function nameOf(key: string): TableName {
  const [database = '', table = ''] = key.split('\0');
  return { database, table };
}

function replaced(key: string): TailraceError {
  const table = formatTableName(nameOf(key));
  return new TailraceError('USAGE', `Another tailrace snapshot has asked for ${table} since.`, {
    place: { table },
    next: 'Wait for that one.',
  });
}

/** Rejects when the stream fails; otherwise it goes on for as long as it is wanted. */
async function streamWhereNobodyDoes(
  run: SnapshotTaskOptions,
  records: AddedTables,
  over: AbortSignal,
): Promise<never> {
  const signal = AbortSignal.any([run.signal, over]);
  let lastSeenMs = -Infinity;
  for (;;) {
    if (await records.isTaskRunning()) lastSeenMs = systemClock.monotonicMs();
    else if (systemClock.monotonicMs() - lastSeenMs > TAKE_OVER_MS) await stream(run, signal);
    await sleep(LOOK_EVERY_MS, signal);
  }
}

/** Until there is nothing left to add. */
async function stream(run: SnapshotTaskOptions, signal: AbortSignal): Promise<void> {
  run.logger.info('No process runs the task: streaming until the tables are there');
  const idle = new AbortController();
  const both = AbortSignal.any([signal, idle.signal]);
  try {
    const store = await openStore({ ...run, signal: both });
    try {
      const board = new TaskBoard(run.task.name);
      const options = {
        ...run,
        board,
        mode: 'run',
        until: undefined,
        waitsForLock: false,
      } as const;
      const onNothingToAdd = () => {
        idle.abort(new Error('nothing is left to add'));
      };
      const task = createTask(options, store, undefined, { onNothingToAdd });
      await task.run(both);
    } finally {
      store.close();
    }
  } catch (thrown) {
    signal.throwIfAborted();
    // It was started meanwhile: so much the better.
    if (toTailraceError(thrown).code !== 'TASK_LOCKED') throw thrown;
  }
}
