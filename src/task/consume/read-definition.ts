import type { TableName } from '../../core/table.ts';
import { captureTables } from '../../schema/capture.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { connectServer, type ServerConnection } from '../../server/connect.ts';

/** Reads definitions of the target's tables over a connection of its own, made when it is needed. */
export class DefinitionReader {
  readonly #server: ServerOptions;
  #connection: ServerConnection | undefined;

  constructor(server: ServerOptions) {
    this.#server = server;
  }

  async read(name: TableName, signal: AbortSignal): Promise<TableDefinition | undefined> {
    if (this.#connection?.isAlive !== true) {
      this.#connection = await connectServer(this.#server, 'target', { signal });
    }
    const { tables } = await captureTables(this.#connection, [name]);
    return tables[0];
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }
}
