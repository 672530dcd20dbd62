import { TailraceError } from '../../core/errors.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { connectServer } from '../../server/connect.ts';
import { errorFromServer } from '../../server/error-from-server.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import { addCommand } from '../../server/driver-wire.ts';
import { applySessionSettings, type SessionSettings } from './session-settings.ts';
import { TextCommand, type StatementReply } from './text-command.ts';

export interface TargetSessionOptions extends SessionSettings {
  readonly server: ServerOptions;
}

/** What a text of several statements did: replies up to the first that failed, and why it failed. */
export interface TextResult {
  readonly replies: readonly StatementReply[];
  /** Of the statement at index `replies.length`; the ones behind it did not run. */
  readonly failure: TailraceError | undefined;
}

/** Room for the command byte and for what the server itself adds while it parses. */
const PACKET_MARGIN_BYTES = 1024;

const nothing = (): void => undefined;
const SEPARATOR = Buffer.from(';');
const READ_BYTES = Buffer.from('SET character_set_client=latin1');
const READ_UTF8 = Buffer.from('SET character_set_client=utf8mb4');

export async function openTargetSession(
  options: TargetSessionOptions,
  signal: AbortSignal,
): Promise<TargetSession> {
  const connection = await connectServer(options.server, 'target', {
    multipleStatements: true,
    signal,
  });
  try {
    await applySessionSettings(connection, options);
    return new TargetSession(connection);
  } catch (thrown) {
    connection.destroy();
    throw thrown;
  }
}

/**
 * One connection to the target with settings under which values arrive exactly. Statements go as
 * text in Buffers, many in one packet; the replies come back one for each. A session that lost its
 * connection stays lost: its owner opens another.
 */
export class TargetSession {
  /** Row images set the session's clock to when the source wrote them; on MariaDB it stays there. */
  hasFixedTime = false;
  readonly #connection: ServerConnection;
  readonly #running = new Set<TextCommand>();
  /** The server reads what we send byte by byte: only ASCII may be sent. */
  #readsBytes = false;

  constructor(connection: ServerConnection) {
    this.#connection = connection;
  }

  /** For statements that are not on the hot path. */
  get connection(): ServerConnection {
    // Queued before whatever the caller is about to queue.
    if (this.#readsBytes) {
      void this.execute([]).then(({ failure }) => {
        if (failure !== undefined) this.destroy();
      });
    }
    return this.#connection;
  }

  get info(): ServerInfo {
    return this.#connection.info;
  }

  get isAlive(): boolean {
    return this.#connection.isAlive;
  }

  /** The longest text that `execute` takes. */
  get maxTextBytes(): number {
    return this.info.maxAllowedPacket - PACKET_MARGIN_BYTES;
  }

  /**
   * Runs statements that are one text when the pieces are put together. A refusal by the server is
   * part of the result; a lost connection is one too. `onWritten`: all of it is on its way.
   */
  async execute(pieces: readonly Buffer[], onWritten?: () => void): Promise<TextResult> {
    if (!this.#readsBytes) return this.#send(pieces, onWritten);
    this.#readsBytes = false;
    const { replies, failure } = await this.#send(
      pieces.length === 0 ? [READ_UTF8] : [READ_UTF8, SEPARATOR, ...pieces],
      onWritten,
    );
    return { replies: replies.slice(1), failure };
  }

  /**
   * Has the server look for the end of a long text byte by byte instead of character by character, until the next
   * `execute`: of base64 that is a tenth of all that a MariaDB does with it.
   */
  async readBytes(): Promise<void> {
    if (this.#readsBytes) return;
    const { failure } = await this.#send([READ_BYTES]);
    if (failure !== undefined) throw failure;
    this.#readsBytes = true;
  }

  /** One statement of nothing but ASCII, as the server reads at the moment. */
  executeAscii(statement: Buffer, onWritten?: () => void): Promise<TextResult> {
    return this.#send([statement], onWritten);
  }

  #send(pieces: readonly Buffer[], onWritten: () => void = nothing): Promise<TextResult> {
    if (!this.isAlive) return Promise.resolve({ replies: [], failure: this.#closedError() });
    return new Promise((resolve) => {
      const settle = (failure: unknown, replies: readonly StatementReply[]): void => {
        stopListening();
        this.#running.delete(command);
        resolve({ replies, failure: this.#toError(failure) });
      };
      const command = new TextCommand(pieces, settle, onWritten);
      const stopListening = this.#connection.onLost((error) => {
        command.onResult(error);
      });
      this.#running.add(command);
      addCommand(this.#connection.raw, command);
    });
  }

  /** The same for a text that has to succeed. */
  async run(text: string): Promise<readonly StatementReply[]> {
    const { replies, failure } = await this.execute([Buffer.from(text, 'utf8')]);
    if (failure !== undefined) throw failure;
    return replies;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** At once; whatever was not committed is rolled back by the server. */
  destroy(): void {
    this.#connection.destroy();
    // The driver forgets the commands of a connection that is destroyed.
    for (const command of this.#running) command.onResult(this.#closedError());
  }

  #toError(failure: unknown): TailraceError | undefined {
    if (failure === undefined) return undefined;
    return errorFromServer(failure, 'target', { host: this.info.host });
  }

  #closedError(): TailraceError {
    return new TailraceError('TARGET_CONNECTION_LOST', 'the connection was closed', {
      place: { host: this.info.host },
    });
  }
}
