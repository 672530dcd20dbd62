import type { CheckpointStep, StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import { deserializePosition, serializePosition } from '../../core/position-parse.ts';
import type { SchemaDelta, SchemaState } from '../../core/schema-state.ts';
import type { Seq } from '../../core/transaction.ts';
import { readNumber, readOptionalText, readText, type Row } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { hexLiteral, quoteText } from '../../server/sql-text.ts';
import type { StateTables } from './state-database.ts';
import type { Passable, TargetMark } from './target-mark.ts';

/** What a checkpoint row holds. */
export interface CheckpointRecord {
  readonly seq: Seq;
  readonly epoch: number;
  readonly owner: string;
  /** JSON of the position; undefined: nothing was applied yet. */
  readonly position: string | undefined;
}

export const TOUCH = 'touches=touches+1,updated_at=UTC_TIMESTAMP(6)';

/** The checkpoint's own row; those of other lanes fence and say nothing of how far the target is. */
export const LANE = 0;

/**
 * The checkpoint of one task on the target. Its UPDATE is the first statement of every target
 * transaction: it locks the row, it is conditional on the seq that we know and on our epoch, and it
 * puts the table's map first in the target's binlog. When it finds no row, somebody else moved the
 * checkpoint (or took the task over): nothing of the transaction may be committed.
 *
 * The row also decides a COMMIT whose reply was lost: see `decide`.
 */
export class CheckpointRow implements TargetMark {
  readonly task: string;
  readonly tables: StateTables;
  readonly #epoch: number;
  #seq: Seq;

  constructor(task: string, tables: StateTables, record: CheckpointRecord) {
    this.task = task;
    this.tables = tables;
    this.#epoch = record.epoch;
    this.#seq = record.seq;
  }

  /** What the row holds after our last commit. */
  get seq(): Seq {
    return this.#seq;
  }

  get epoch(): number {
    return this.#epoch;
  }

  moveStatements(step: CheckpointStep): string[] {
    const position = quoteText(serializePosition(step.position));
    return [this.#update(`seq=${step.seq},position=${position},`)];
  }

  raisingMove(step: CheckpointStep, raise: string): { statement: string; met: string } {
    const position = quoteText(serializePosition(step.position));
    const isOurs = `seq=${this.#seq} AND epoch=${this.#epoch}`;
    const statement =
      `UPDATE ${this.tables.checkpoint} SET seq=LAST_INSERT_ID(IF(${isOurs},${step.seq},${raise})),` +
      `position=${position},${TOUCH} WHERE ${whereTask(this.task)}`;
    return { statement, met: `LAST_INSERT_ID()=${step.seq}` };
  }

  touchStatements(): string[] {
    return [this.#update('')];
  }

  moved(step: CheckpointStep): void {
    this.#seq = step.seq;
  }

  hasPassed({ seq }: Passable): boolean {
    return seq <= this.#seq;
  }

  decide(inDoubt: CheckpointStep | undefined, now: CheckpointRow): boolean {
    if (now.seq === inDoubt?.seq) return true;
    if (now.seq === this.#seq) return false;
    const expected = inDoubt === undefined ? this.#seq : `${this.#seq} or ${inDoubt.seq}`;
    throw checkpointMoved(this.task, `seq ${now.seq} instead of ${expected}`);
  }

  movedError(): TailraceError {
    return checkpointMoved(this.task, `it is no longer at seq ${this.#seq} with our epoch`);
  }

  #update(assignments: string): string {
    return (
      `UPDATE ${this.tables.checkpoint} SET ${assignments}${TOUCH} WHERE ${whereTask(this.task)}` +
      ` AND seq=${this.#seq} AND epoch=${this.#epoch}`
    );
  }
}

export function checkpointMoved(task: string, detail: string): TailraceError {
  return new TailraceError('CHECKPOINT_MOVED', `the checkpoint on the target moved: ${detail}`, {
    place: { task },
  });
}

/** Statements that bring the stored schema state up to date; part of the checkpoint's transaction. */
export function schemaStatements(
  task: string,
  tables: StateTables,
  delta: SchemaDelta | undefined,
): string[] {
  if (delta === undefined) return [];
  return [...delta].map(([key, definition]) => {
    const skey = hexLiteral(Buffer.from(key, 'utf8'));
    return definition === null
      ? `DELETE FROM ${tables.schema} WHERE task=${quoteText(task)} AND skey=${skey}`
      : `REPLACE INTO ${tables.schema} (task,skey,definition) VALUES ` +
          `(${quoteText(task)},${skey},${quoteText(definition)})`;
  });
}

export function whereTask(task: string): string {
  return `task=${quoteText(task)} AND lane=${LANE}`;
}

export async function readCheckpointRecord(
  connection: ServerConnection,
  tables: StateTables,
  task: string,
): Promise<CheckpointRecord | undefined> {
  const [row] = await connection.query(
    `SELECT seq, epoch, owner, position FROM ${tables.checkpoint} WHERE ${whereTask(task)}`,
  );
  return row === undefined ? undefined : toRecord(row);
}

/** Checkpoint and schema as the core knows them; undefined before the first transaction. */
export async function readStoredState(
  connection: ServerConnection,
  tables: StateTables,
  task: string,
): Promise<StoredState | undefined> {
  const record = await readCheckpointRecord(connection, tables, task);
  if (record?.position === undefined) return undefined;
  const position = deserializePosition(record.position);
  const schema = await readSchema(connection, tables, task);
  return { checkpoint: { seq: record.seq, position }, schema };
}

async function readSchema(
  connection: ServerConnection,
  tables: StateTables,
  task: string,
): Promise<SchemaState> {
  const rows = await connection.query(
    `SELECT skey, definition FROM ${tables.schema} WHERE task=${quoteText(task)}`,
  );
  return new Map(rows.map((row) => [readText(row, 'skey'), readText(row, 'definition')]));
}

function toRecord(row: Row): CheckpointRecord {
  return {
    seq: readNumber(row, 'seq'),
    epoch: readNumber(row, 'epoch'),
    owner: readText(row, 'owner'),
    position: readOptionalText(row, 'position'),
  };
}
