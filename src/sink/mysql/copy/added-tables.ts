import type { CopyMark } from '../../../core/copy.ts';
import { connectServer } from '../../../server/connect.ts';
import { readOptionalText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import { quoteText } from '../../../server/sql-text.ts';
import type { CheckpointAdminOptions } from '../checkpoint-admin.ts';
import { ensureStateDatabase, StateTables } from '../state-database.ts';
import { lockName } from '../task-lock.ts';
import { CopyMarks } from './copy-marks.ts';

/** The record of tables that are added to a task, over a connection of its own and without the task's lock. */
export class AddedTables {
  readonly #connection: ServerConnection;
  readonly #options: CheckpointAdminOptions;
  readonly #marks: CopyMarks;

  private constructor(connection: ServerConnection, options: CheckpointAdminOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#marks = new CopyMarks(options.task, new StateTables(options.stateDatabase), 'addedTable');
  }

  static async open(options: CheckpointAdminOptions, signal: AbortSignal): Promise<AddedTables> {
    const connection = await connectServer(options.server, 'target', { signal });
    try {
      await ensureStateDatabase(connection, options.stateDatabase);
      return new AddedTables(connection, options);
    } catch (thrown) {
      connection.destroy();
      throw thrown;
    }
  }

  load(): Promise<ReadonlyMap<string, string>> {
    return this.#marks.load(this.#connection);
  }

  async save(mark: CopyMark): Promise<void> {
    await this.#connection.run(this.#marks.saveStatement(mark));
  }

  /** Somebody holds the task's lock. */
  async isTaskRunning(): Promise<boolean> {
    const { task, stateDatabase } = this.#options;
    const name = quoteText(lockName(task, stateDatabase));
    const [row] = await this.#connection.query(`SELECT IS_USED_LOCK(${name}) AS holder`);
    return readOptionalText(row, 'holder') !== undefined;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
