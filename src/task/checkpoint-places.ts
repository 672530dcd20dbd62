import { kafkaOptions, serverOptions } from '../config/server-options.ts';
import type { TaskConfig } from '../config/schema.ts';
import type { StoredState } from '../core/checkpoint.ts';
import type { Position } from '../core/position.ts';
import { silentLogger } from '../lib/logger.ts';
import {
  readKafkaState,
  writeKafkaState,
  type StateAdminOptions,
} from '../sink/kafka/state-admin.ts';
import { readCheckpoint, readReplay, writeCheckpoint } from '../sink/mysql/checkpoint-admin.ts';

interface Replacement {
  readonly action: string;
  readonly reason: string;
  /** Up to here the target replays by key. */
  readonly replayUntil: Position | undefined;
}

/** A sink that keeps the task's checkpoint itself; what an operator may do to it while no process runs. */
export interface CheckpointPlace {
  /** The sink's name, as in the state file. */
  readonly sink: 'mysql' | 'kafka';
  /** As `position show` calls it. */
  readonly label: 'target' | 'Kafka';
  read(signal: AbortSignal): Promise<StoredState | undefined>;
  /** Where it has been, as far as rows that come again are rows that it has; where that does not matter: nothing. */
  held(signal: AbortSignal): Promise<readonly Position[]>;
  replace(state: StoredState, why: Replacement, signal: AbortSignal): Promise<void>;
}

/** Every place that keeps a checkpoint of the task: the target, Kafka, or both. */
export function checkpointPlaces(task: TaskConfig): readonly CheckpointPlace[] {
  return [targetPlace(task), kafkaPlace(task)].filter((place) => place !== undefined);
}

/** The name under which the state file follows the sinks. */
export function sinkNameOf(task: TaskConfig): CheckpointPlace['sink'] {
  return task.target === undefined ? 'kafka' : 'mysql';
}

function targetPlace(task: TaskConfig): CheckpointPlace | undefined {
  const { target, name } = task;
  if (target === undefined) return undefined;
  const { stateDatabase } = target;
  const admin = { task: name, server: serverOptions(target), stateDatabase };
  return {
    sink: 'mysql',
    label: 'target',
    read: (signal) => readCheckpoint(admin, signal),
    held: async (signal) => {
      const replaying = await readReplay(admin, signal);
      const state = await readCheckpoint(admin, signal);
      return [replaying, state?.checkpoint.position].filter((one) => one !== undefined);
    },
    replace: (state, why, signal) => writeCheckpoint(admin, { ...state, ...why }, signal),
  };
}

function kafkaPlace(task: TaskConfig): CheckpointPlace | undefined {
  const { kafka, name, source } = task;
  // A task that only consumes keeps its offsets at the target.
  if (kafka === undefined || source === undefined) return undefined;
  const admin: StateAdminOptions = {
    task: name,
    connect: kafkaOptions(kafka, name),
    isExactlyOnce: kafka.delivery === 'exactly_once',
    replicationFactor: kafka.replicationFactor,
    logger: silentLogger,
  };
  return {
    sink: 'kafka',
    label: 'Kafka',
    read: (signal) => readKafkaState(admin, signal),
    // A message that comes again is sent again.
    held: () => Promise.resolve([]),
    replace: (state, _why, signal) => writeKafkaState(admin, state, signal),
  };
}

export interface FoundCheckpoint {
  readonly state: StoredState;
  readonly place: CheckpointPlace;
}

/** The lowest of the checkpoints that there are: where the source begins. */
export async function readLowest(
  places: readonly CheckpointPlace[],
  signal: AbortSignal,
): Promise<FoundCheckpoint | undefined> {
  const found = await Promise.all(
    places.map(async (place) => ({ place, state: await place.read(signal) })),
  );
  return found
    .flatMap(({ place, state }) => (state === undefined ? [] : [{ place, state }]))
    .sort((a, b) => a.state.checkpoint.seq - b.state.checkpoint.seq)[0];
}
