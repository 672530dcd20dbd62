/**
 * One SELECT, its rows kept as they come over the wire (text protocol):
 *
 *   request   03 | text
 *   reply     lenenc column count | definitions | EOF | rows | EOF;  ERR at any place
 *   row       one lenenc string a column, FB = NULL
 *
 * From the MySQL documentation ("Protocol::COM_QUERY Response"). The driver keeps EOF packets.
 */
import type { TailraceError } from '../../core/errors.ts';
import type { DriverPacket, DriverWire } from '../../server/driver-wire.ts';
import { addCommand } from '../../server/driver-wire.ts';
import { errorFromServer } from '../../server/error-from-server.ts';
import type { ServerConnection } from '../../server/server-connection.ts';

const COM_QUERY = 0x03;
/** Most tables are small: a batch grows as rows come. */
const FIRST_BYTES = 32 * 1024;

export interface RawRows {
  /** Row packets' payloads, one behind the other. */
  readonly bytes: Buffer;
  readonly rowCount: number;
  /** Where the last row begins. */
  readonly lastRowAt: number;
}

export interface RowStreamOptions {
  /** A batch is handed out when it holds this much, and at the end. */
  readonly batchBytes: number;
  readonly batchRows: number;
}

/** Rows of one SELECT in batches; the connection waits while a batch is not taken. */
export async function* streamRows(
  connection: ServerConnection,
  sql: string,
  options: RowStreamOptions,
): AsyncGenerator<RawRows> {
  const command = new RowStreamCommand(connection, sql, options);
  const stopListening = connection.onLost((error) => {
    command.onResult(error);
  });
  addCommand(connection.raw, command);
  try {
    for (;;) {
      const batch = await command.next();
      if (batch === undefined) return;
      yield batch;
    }
  } finally {
    stopListening();
    // Left before its end: what is still to come can't be called back.
    if (!command.isOver) connection.destroy();
  }
}

const EMPTY = Buffer.alloc(0);

type State = 'header' | 'definitions' | 'rows';

class RowStreamCommand {
  readonly #connection: ServerConnection;
  readonly #sql: string;
  readonly #options: RowStreamOptions;
  #state: State = 'header';
  #batch = EMPTY;
  #firstBytes = FIRST_BYTES;
  #length = 0;
  #rows = 0;
  #lastRowAt = 0;
  #ready: RawRows[] = [];
  #failure: TailraceError | undefined;
  #wake: (() => void) | undefined;
  #isPaused = false;
  isOver = false;

  constructor(connection: ServerConnection, sql: string, options: RowStreamOptions) {
    this.#connection = connection;
    this.#sql = sql;
    this.#options = options;
  }

  /** Called by the driver: first without a packet, then with each. True: this command is over. */
  execute(packet: DriverPacket | undefined, wire: DriverWire): boolean {
    if (packet === undefined) {
      const text = Buffer.from(this.#sql, 'utf8');
      const head = Buffer.from([0, 0, 0, 0, COM_QUERY]);
      head.writeUIntLE(text.length + 1, 0, 3);
      wire._resetSequenceId();
      wire._bumpSequenceId(1);
      wire.write(Buffer.concat([head, text]));
      return false;
    }
    if (packet.isError()) {
      this.#end(
        errorFromServer(packet.asError('utf8'), 'source', { host: this.#connection.info.host }),
      );
      return true;
    }
    return this.#read(packet);
  }

  /** Called by the driver when the connection is lost. */
  onResult(failure: unknown): void {
    if (this.isOver) return;
    this.#end(errorFromServer(failure, 'source', { host: this.#connection.info.host }));
  }

  /** The next batch; undefined: there are no more. Throws what the server or the network says. */
  async next(): Promise<RawRows | undefined> {
    for (;;) {
      const batch = this.#ready.shift();
      if (batch !== undefined) {
        this.#resume();
        return batch;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.isOver) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #read(packet: DriverPacket): boolean {
    if (this.#state === 'rows') {
      if (!packet.isEOF()) {
        this.#addRow(packet);
        return false;
      }
      this.#flush();
      this.#end(undefined);
      return true;
    }
    if (this.#state === 'header') this.#state = 'definitions';
    else if (packet.isEOF()) this.#state = 'rows';
    return false;
  }

  #addRow({ buffer, offset, end }: DriverPacket): void {
    const size = end - offset;
    if (this.#length + size > this.#batch.length) this.#makeRoom(size);
    buffer.copy(this.#batch, this.#length, offset, end);
    this.#lastRowAt = this.#length;
    this.#length += size;
    this.#rows++;
    const { batchBytes, batchRows } = this.#options;
    if (this.#length >= batchBytes || this.#rows >= batchRows) {
      this.#flush();
      this.#pause();
    }
  }

  get #mostBytes(): number {
    return this.#options.batchBytes + 64 * 1024;
  }

  /** By growing up to a whole batch; a row larger than all that is left gets one of its own. */
  #makeRoom(size: number): void {
    const most = this.#mostBytes;
    const needed = this.#length + size;
    if (needed > most) {
      this.#flush();
      this.#batch = Buffer.allocUnsafeSlow(Math.max(size, most));
      return;
    }
    const wanted = Math.max(needed, this.#batch.length * 4, this.#firstBytes);
    const grown = Buffer.allocUnsafeSlow(Math.min(wanted, most));
    this.#batch.copy(grown, 0, 0, this.#length);
    this.#batch = grown;
  }

  #flush(): void {
    if (this.#rows === 0) return;
    const bytes = this.#batch.subarray(0, this.#length);
    this.#ready.push({ bytes, rowCount: this.#rows, lastRowAt: this.#lastRowAt });
    this.#batch = EMPTY;
    this.#firstBytes = this.#mostBytes;
    this.#length = 0;
    this.#rows = 0;
    this.#wakeUp();
  }

  #end(failure: TailraceError | undefined): void {
    this.isOver = true;
    this.#failure ??= failure;
    this.#resume();
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#connection.raw.pause();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#connection.raw.resume();
  }
}
