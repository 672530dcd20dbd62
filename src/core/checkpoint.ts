import type { Position } from './position.ts';
import type { SchemaDelta, SchemaState } from './schema-state.ts';
import type { Seq } from './transaction.ts';

/** What is known to be done: everything up to `seq`, so reading goes on at `position`. */
export interface Checkpoint {
  readonly seq: Seq;
  readonly position: Position;
}

/** One step of the low-water mark with what has to be stored together with it. */
export interface CheckpointStep extends Checkpoint {
  readonly schemaDelta: SchemaDelta | undefined;
}

/** What a store gives back at the start of a run. */
export interface StoredState {
  readonly checkpoint: Checkpoint;
  readonly schema: SchemaState;
}
