import type { CheckpointStep } from '../../core/checkpoint.ts';
import type { Position } from '../../core/position.ts';
import type { StateTables } from './state-database.ts';

/** What of a transaction tells whether a mark has passed it. */
export interface Passable {
  readonly seq: number;
  /** undefined: a part that is not the last. */
  readonly resumeAt: Position | undefined;
}

/**
 * How far the target is, as its state database says: the checkpoint row of a task, or the rows of the partitions that a
 * consumer was given. The statements come first in every target transaction; each is conditional on what we
 * know and must find its row, else somebody else moved it and nothing of the transaction may be committed.
 */
export interface TargetMark {
  readonly task: string;
  readonly tables: StateTables;
  /** Fences and moves. */
  moveStatements(step: CheckpointStep): string[];
  /**
   * The same as one statement that evaluates `raise`, an expression which fails, where somebody else moved it;
   * `met` is true only behind an UPDATE that found the row. Absent: there may be several rows.
   */
  raisingMove?(step: CheckpointStep, raise: string): { statement: string; met: string };
  /** Fences alone: for a transaction whose end is not known yet. */
  touchStatements(): string[];
  /** Called once the transaction with `moveStatements(step)` is known to be committed. */
  moved(step: CheckpointStep): void;
  /** The transaction's effect is in the target. */
  hasPassed(transaction: Passable): boolean;
  /**
   * Of a mark whose connection is lost: did the commit that may have been made take effect? `now` is the mark as it
   * was read anew. Throws CHECKPOINT_MOVED when somebody else moved it.
   */
  decide(inDoubt: CheckpointStep | undefined, now: TargetMark): boolean;
  /** The fence found no row. */
  movedError(): Error;
}
