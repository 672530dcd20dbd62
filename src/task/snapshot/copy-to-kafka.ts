import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireKafka } from '../../config/server-options.ts';
import type { TaskStore } from '../../checkpoint/task-store.ts';
import type { Checkpoint, StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import { formatPosition } from '../../core/position.ts';
import { formatTableName } from '../../core/table.ts';
import { KafkaCopyTarget, type KafkaCopyState } from '../../sink/kafka/kafka-copy-target.ts';
import { KafkaSink } from '../../sink/kafka/kafka-sink.ts';
import { CopyRecord } from '../../snapshot/copy-record.ts';
import { copyRound, type CopyRoundOptions, type RoundResult } from '../../snapshot/copy-round.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { checkpointPlaces, type CheckpointPlace } from '../checkpoint-places.ts';
import { kafkaSinkOptions } from '../kafka-setup.ts';
import { clearSkips } from '../skip-marker.ts';
import { routerOf } from '../task-setup.ts';
import type { SnapshotTask } from './snapshot-options.ts';
import {
  MOST_ROUNDS,
  openSource,
  resultOf,
  roundOptions,
  tablesChange,
  type SnapshotResult,
} from './snapshot-task.ts';

const UNFINISHED = 'kafka_copy';

/**
 * The first copy as messages. At its end the view's position is the checkpoint in the state topic, from which
 * `produce` goes on. A copy that was interrupted begins anew: its messages come again.
 */
export async function copyToKafka(run: SnapshotTask): Promise<SnapshotResult> {
  const { store, logger } = run;
  const before = await mayPublish(run);
  if (store.readMeta(UNFINISHED) === 'yes') {
    logger.warn('An earlier copy to Kafka was not finished: its messages come again');
  }
  store.writeMeta(UNFINISHED, 'yes');
  const source = await openSource(run);
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
  try {
    // Whoever consumes drops numbers that it had: those of an earlier attempt were smaller.
    const state: KafkaCopyState = {
      seq: Math.max(before?.seq ?? 0, Date.now()),
      marks: new Map(),
    };
    const options = await kafkaRound(run, source, { folder, state });
    const result = await copyInRounds(run, options, state);
    store.writeMeta(UNFINISHED, '');
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await source.close();
  }
}

/** A part of the rows may be in the topics, and the rest was never sent. */
export function refuseUnfinishedKafkaCopy(store: TaskStore, task: string): void {
  if (store.readMeta(UNFINISHED) !== 'yes') return;
  throw new TailraceError(
    'SNAPSHOT_UNFINISHED',
    `The first copy of task "${task}" to Kafka has not come to its end.`,
    {
      place: { task },
      next: 'Finish it with tailrace snapshot --to kafka, which sends every row again.',
    },
  );
}

function placeOf({ task }: SnapshotTask, sink: CheckpointPlace['sink']) {
  return checkpointPlaces(task).find((place) => place.sink === sink);
}

/** Gives the checkpoint that the copy will replace. */
async function mayPublish(run: SnapshotTask): Promise<Checkpoint | undefined> {
  const { task, signal, restart } = run;
  requireKafka(task);
  const place = { task: task.name };
  if ((await placeOf(run, 'mysql')?.read(signal)) !== undefined) {
    throw new TailraceError(
      'SNAPSHOT_NOT_NEEDED',
      `The target has a checkpoint of task "${task.name}", and run goes on from there for both.`,
      { place, next: 'Publish the copy with a [[task]] of its own that has no target.' },
    );
  }
  const state = await placeOf(run, 'kafka')?.read(signal);
  if (state === undefined || restart) return state?.checkpoint;
  throw new TailraceError(
    'SNAPSHOT_NOT_NEEDED',
    `Task "${task.name}" has a checkpoint already: ${formatPosition(state.checkpoint.position)}.`,
    {
      place,
      next: 'tailrace produce goes on from there. To send everything anew: tailrace snapshot --to kafka --restart.',
    },
  );
}

async function kafkaRound(
  run: SnapshotTask,
  source: ServerConnection,
  { folder, state }: { readonly folder: string; readonly state: KafkaCopyState },
): Promise<CopyRoundOptions> {
  const { task, logger, store, signal } = run;
  const kafka = requireKafka(task);
  const router = routerOf(task);
  const ownership = { isTaken: false };
  const isDone = (record: CopyRecord) => (key: string) => record.table(key)?.state === 'done';
  return {
    ...(await roundOptions(run, source, folder)),
    takesGenerated: true,
    catchUp: () => Promise.resolve(state.seq),
    doneTables: () => {
      const record = new CopyRecord(state.marks);
      return Promise.resolve(record.tableKeys.filter(isDone(record)));
    },
    openTarget: async () => {
      const options = { task, kafka, router, logger, deadLetters: store, ownership };
      const sink = new KafkaSink(kafkaSinkOptions(options));
      try {
        await sink.open(signal);
      } catch (thrown) {
        await sink.close();
        throw thrown;
      }
      return new KafkaCopyTarget(sink, state, signal);
    },
  };
}

/**
 * Tables that are altered meanwhile are sent again as of a later view. The stream begins at the first one: what it
 * brings of them a second time ends where they were.
 */
async function copyInRounds(
  run: SnapshotTask,
  options: CopyRoundOptions,
  state: KafkaCopyState,
): Promise<SnapshotResult> {
  let first: RoundResult | undefined;
  try {
    for (let round = 1; ; round++) {
      const result = await copyRound(options);
      first ??= result;
      try {
        await result.target.finish({ seq: state.seq, position: result.position }, result.schema);
      } finally {
        await result.target.close();
      }
      if (result.left.length === 0) return await handOver(run, first, state);
      const names = result.left.map(formatTableName).join(', ');
      if (round === MOST_ROUNDS) throw tablesChange(run, names);
      run.logger.info(`Altered while they were copied, so copied again: ${names}`);
    }
  } finally {
    await options.throttle.close();
  }
}

async function handOver(
  run: SnapshotTask,
  { position, schema }: RoundResult,
  { seq }: KafkaCopyState,
): Promise<SnapshotResult> {
  const stored: StoredState = { checkpoint: { seq, position }, schema };
  const why = { action: 'snapshot', reason: 'the first copy', replayUntil: undefined };
  await placeOf(run, 'kafka')?.replace(stored, why, run.signal);
  run.store.replace(stored, 'kafka');
  clearSkips(run.store);
  run.progress.phase = 'done';
  return resultOf(run, position);
}
