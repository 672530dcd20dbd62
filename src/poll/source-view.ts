import type { ServerConnection } from '../server/server-connection.ts';

/**
 * One moment of the source, for as few statements as may be: the server keeps old rows for as long as it is open, and
 * a DDL on what was read waits.
 */
export class SourceView {
  readonly connection: ServerConnection;
  #isOpen = false;

  constructor(connection: ServerConnection) {
    this.connection = connection;
  }

  async open(): Promise<void> {
    if (this.#isOpen) return;
    await this.connection.run('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    this.#isOpen = true;
  }

  async end(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.connection.run('COMMIT');
  }
}
