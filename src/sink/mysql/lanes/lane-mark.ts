import type { CheckpointStep } from '../../../core/checkpoint.ts';
import { quoteText } from '../../../server/sql-text.ts';
import { TOUCH, type CheckpointRow } from '../checkpoint-row.ts';
import type { StateTables } from '../state-database.ts';
import type { Passable, TargetMark } from '../target-mark.ts';
import { OWNER } from '../task-lock.ts';

/**
 * A lane's row in the checkpoint's table. What runs ahead of its turn begins with it: the checkpoint's own row is still
 * held by the transaction whose turn it is. So the table's map comes first in the target's binlog here too, and an owner
 * that was replaced is stopped before it touches a row; the row itself says nothing of how far the target is.
 */
export class LaneMark implements TargetMark {
  readonly #row: CheckpointRow;
  readonly #lane: number;

  constructor(row: CheckpointRow, lane: number) {
    this.#row = row;
    this.#lane = lane;
  }

  get task(): string {
    return this.#row.task;
  }

  get tables(): StateTables {
    return this.#row.tables;
  }

  /** Makes it, under our epoch unless there is a newer one. */
  createStatement(): string {
    const { epoch } = this.#row;
    return (
      `INSERT INTO ${this.tables.checkpoint} (task,lane,seq,epoch,owner,touches,position,updated_at)` +
      ` VALUES (${quoteText(this.task)},${this.#lane},0,${epoch},${quoteText(OWNER)},0,NULL,UTC_TIMESTAMP(6))` +
      ` ON DUPLICATE KEY UPDATE owner=IF(epoch>${epoch},owner,VALUES(owner)),` +
      `epoch=GREATEST(epoch,VALUES(epoch)),touches=touches+1`
    );
  }

  touchStatements(): string[] {
    return [
      `UPDATE ${this.tables.checkpoint} SET ${TOUCH} WHERE task=${quoteText(this.task)}` +
        ` AND lane=${this.#lane} AND epoch=${this.#row.epoch}`,
    ];
  }

  moveStatements(step: CheckpointStep): string[] {
    return this.#row.moveStatements(step);
  }

  moved(step: CheckpointStep): void {
    this.#row.moved(step);
  }

  hasPassed(transaction: Passable): boolean {
    return this.#row.hasPassed(transaction);
  }

  decide(inDoubt: CheckpointStep | undefined, now: CheckpointRow): boolean {
    return this.#row.decide(inDoubt, now);
  }

  movedError(): Error {
    return this.#row.movedError();
  }
}
