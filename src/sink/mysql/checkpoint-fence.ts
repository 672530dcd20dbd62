import { deserializePosition } from '../../core/position-parse.ts';
import type { Position } from '../../core/position.ts';
import { readOptionalText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { quoteText } from '../../server/sql-text.ts';
import { LANE, whereTask } from './checkpoint-row.ts';
import { CHECKPOINT_TABLE, listTables, StateTables } from './state-database.ts';
import { lockName } from './task-lock.ts';

/**
 * A task's checkpoint row as others may read it. Inside of a consistent view it tells exactly which
 * transactions are in that view, since it moves in their own commit.
 */
export class CheckpointReader {
  readonly #task: string;
  readonly #tables: StateTables;
  readonly #stateDatabase: string;

  private constructor(task: string, stateDatabase: string) {
    this.#task = task;
    this.#stateDatabase = stateDatabase;
    this.#tables = new StateTables(stateDatabase);
  }

  /** undefined: the target has no such state database. */
  static async find(
    connection: ServerConnection,
    task: string,
    stateDatabase: string,
  ): Promise<CheckpointReader | undefined> {
    const tables = await listTables(connection, stateDatabase);
    return tables?.has(CHECKPOINT_TABLE) === true
      ? new CheckpointReader(task, stateDatabase)
      : undefined;
  }

  read(connection: ServerConnection): Promise<Position | undefined> {
    return this.#read(connection, '');
  }

  /**
   * Keeps the task from committing anything until this transaction ends: the checkpoint's row, or its lane's, is the
   * first that each of its transactions writes. So the target stays at the place that is returned. Lanes first, as
   * they themselves do it: what they have written is committed before, and nothing that is read here waits for it.
   */
  async lock(connection: ServerConnection): Promise<Position | undefined> {
    const ofTask = `FROM ${this.#tables.checkpoint} WHERE task=${quoteText(this.#task)}`;
    const lanes = await connection.query(`SELECT lane ${ofTask} AND lane>${LANE}`);
    await connection.run('START TRANSACTION');
    // Each by its whole key: a range would lock the row behind it too, which is another task's.
    for (const { lane } of lanes) {
      await connection.query(`SELECT lane ${ofTask} AND lane=${Number(lane)} FOR UPDATE`);
    }
    return this.#read(connection, ' FOR UPDATE');
  }

  /** Whether a process runs the task now. */
  async isRunning(connection: ServerConnection): Promise<boolean> {
    const name = lockName(this.#task, this.#stateDatabase);
    const [row] = await connection.query('SELECT IS_USED_LOCK(?) AS holder', [name]);
    return readOptionalText(row, 'holder') !== undefined;
  }

  async #read(connection: ServerConnection, suffix: string): Promise<Position | undefined> {
    const [row] = await connection.query(
      `SELECT position FROM ${this.#tables.checkpoint} WHERE ${whereTask(this.#task)}${suffix}`,
    );
    const text = readOptionalText(row, 'position');
    if (text === undefined) return undefined;
    try {
      return deserializePosition(text);
    } catch {
      // Not a place in a binlog: offsets of Kafka.
      return undefined;
    }
  }
}
