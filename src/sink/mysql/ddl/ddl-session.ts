import type { SchemaChange } from '../../../core/change.ts';
import { TailraceError } from '../../../core/errors.ts';
import { OWN_DDL_COMMENT, OWN_DDL_THREAD_ID } from '../../../core/own-ddl.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import { readOptionalText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { quoteName, quoteText } from '../../../server/sql-text.ts';
import { TargetSession } from '../target-session.ts';
import { applyContext } from './context.ts';
import { encodeStatement, type EncodedStatement } from './encode-statement.ts';
import type { DdlHost } from './host.ts';

export interface StatementToRun {
  readonly change: SchemaChange;
  /** The target's text, without our comment. */
  readonly statement: string;
  readonly database: string;
}

/** A session for one statement of the source; closed after it. */
export class DdlSession {
  readonly connection: ServerConnection;
  readonly #host: DdlHost;

  static async open(host: DdlHost, signal: AbortSignal): Promise<DdlSession> {
    return new DdlSession(await host.connect(signal), host);
  }

  constructor(connection: ServerConnection, host: DdlHost) {
    this.connection = connection;
    this.#host = host;
  }

  /** Takes the lock that shows others how long this session lives. */
  async lock(name: string): Promise<void> {
    const [row] = await this.connection.query(`SELECT GET_LOCK(${quoteText(name)}, 0) AS got`);
    if (readOptionalText(row, 'got') === '1') return;
    throw new TailraceError('TARGET_BUSY', `the target does not give the lock ${name}`);
  }

  /** Runs the statement as the source did. Nothing but `runNext` may be called afterwards. */
  async run({ change, statement, database }: StatementToRun): Promise<void> {
    await this.#mark();
    const { bytes, client } = encode(statement, change);
    const { source } = this.#host;
    await applyContext(this.connection, { change, database, source, client });
    await this.#send(bytes);
  }

  /** Another statement with the same context as the one before. */
  async runNext({ change, statement, database }: StatementToRun): Promise<void> {
    await this.connection.run(`USE ${quoteName(database)}`);
    await this.#send(encode(statement, change).bytes);
  }

  async #send(bytes: Buffer): Promise<void> {
    const { failure } = await new TargetSession(this.connection).execute([bytes]);
    if (failure !== undefined) throw failure;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /** At once: a statement that runs is left to itself. */
  destroy(): void {
    this.connection.destroy();
  }

  /** How the target's binlog shows that this is ours, or that there is nothing to show. */
  async #mark(): Promise<void> {
    if (!this.#host.sqlLogBin) {
      await this.connection.run('SET SESSION sql_log_bin = 0');
      return;
    }
    try {
      await this.connection.run(`SET SESSION pseudo_thread_id = ${OWN_DDL_THREAD_ID}`);
    } catch (thrown) {
      // The comment alone has to do where the account may not; only DROP TABLE loses it, on MySQL.
      if (!isServerErrno(thrown, 1227, 1193, 1238)) throw thrown;
    }
  }
}

function encode(statement: string, change: SchemaChange): EncodedStatement {
  return encodeStatement(`${OWN_DDL_COMMENT} ${statement}`, change.context.characterSetClient);
}
