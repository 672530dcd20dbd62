import ZongJi from '@vlasky/zongji';
import type { Connection, ConnectionOptions } from 'mysql2';
import type { Socket } from 'node:net';
import { EventSplitter } from './event-splitter.ts';
import type { DumpStart } from './replica-session.ts';

/** The inside of zongji and of the driver that this seam stands on; both versions are pinned. */
interface ZongJiInside {
  connection: (Connection & { stream: Socket; _registerSlave: RegisterReplica }) | null;
  ctrlConnection: Connection | null;
  BinlogClass: BinlogClass;
  on(event: 'ready' | 'error', listener: (error: unknown) => void): void;
  start(options: object): void;
  stop(): void;
}

type RegisterReplica = (
  options: { readonly serverId: number },
  done: (error: unknown) => void,
) => void;

interface Packet {
  isEOF(): boolean;
}

type PacketHandler = (packet: Packet) => PacketHandler | null;

/** The driver feeds what the socket gives to `packetParser`, whatever that is at the moment. */
interface DriverInside {
  packetParser: { execute(chunk: Buffer): void };
  sequenceId: number;
}

interface BinlogCommand {
  start(packet: unknown, connection: unknown): PacketHandler;
  onResult: (error: unknown) => void;
}

type BinlogClass = new (callback: unknown) => BinlogCommand;

export interface DumpConnectionOptions {
  readonly driver: ConnectionOptions;
  /** Called for each connection in the tick in which it is made. */
  readonly secure: (connection: Connection) => void;
  readonly serverId: number;
  readonly start: DumpStart;
  readonly leavesOutRowQueries: boolean;
  /** Statements that are run before the dump begins. */
  readonly session: readonly string[];
  /** Takes events packet by packet as far as it likes, see EventSplitter. */
  readonly takeRun: (bytes: Buffer, from: number) => number;
  /** The bytes of one event, checksum included; they stay as they are. */
  readonly onEvent: (bytes: Buffer, start: number, end: number) => void;
  /** The first error, or the end of the stream (undefined); nothing comes after it. */
  readonly onEnd: (error: unknown) => void;
}

/**
 * The seam to zongji: it logs in, finds the server's dialect and sends the dump request (by file and
 * offset, MySQL GTID set or MariaDB GTID position). Its own event layer is not used, since it loses
 * and changes data; the command that receives the packets is replaced, so that it hands out bytes.
 *
 * A new instance for each connection: zongji keeps tables and positions across restarts. Its second
 * connection, for looking up today's definitions, is closed as soon as the dump is asked for.
 */
export class DumpConnection {
  readonly #zongji: ZongJiInside;
  readonly #options: DumpConnectionOptions;
  #isEnded = false;
  /** Kept: zongji forgets its connection when it stops. */
  #sockets: readonly Socket[] = [];

  constructor(options: DumpConnectionOptions) {
    this.#options = options;
    this.#zongji = new ZongJi(options.driver) as unknown as ZongJiInside;
    this.#zongji.on('error', (error) => {
      this.#finish(error);
    });
    this.#zongji.on('ready', () => {
      this.#prepareDump();
    });
    this.#zongji.start({ serverId: options.serverId, ...startOptions(options) });
    this.#secure();
  }

  get receivedBytes(): number {
    return this.#dumpSocket?.bytesRead ?? 0;
  }

  get threadId(): number {
    return this.#zongji.connection?.threadId ?? 0;
  }

  get localPort(): number | undefined {
    return this.#dumpSocket?.localPort;
  }

  /** Stops reading from the socket; what the driver has in hand still comes. */
  pause(): void {
    this.#dumpSocket?.pause();
  }

  resume(): void {
    this.#dumpSocket?.resume();
  }

  close(): void {
    this.#isEnded = true;
    this.#rememberSockets();
    this.#zongji.stop();
    // Its way of stopping waits for a peer to say goodbye, which a frozen one never does.
    for (const socket of this.#sockets) socket.destroy();
  }

  get #dumpSocket(): Socket | undefined {
    return this.#zongji.connection?.stream;
  }

  #secure(): void {
    const { connection, ctrlConnection } = this.#zongji;
    if (connection !== null) this.#options.secure(connection);
    if (ctrlConnection !== null) this.#options.secure(ctrlConnection);
  }

  #rememberSockets(): void {
    const { connection, ctrlConnection } = this.#zongji;
    this.#sockets = [connection, ctrlConnection]
      .filter((one) => one !== null)
      .map((one) => (one as unknown as { stream: Socket }).stream);
  }

  /** Runs before zongji queues the dump, so what is queued here comes first. */
  #prepareDump(): void {
    const { connection } = this.#zongji;
    if (connection === null || this.#isEnded) return;
    const failed = (error: unknown): void => {
      if (error !== null && error !== undefined) this.#finish(error);
    };
    for (const statement of this.#options.session) connection.query(statement, failed);
    connection._registerSlave({ serverId: this.#options.serverId }, failed);
    this.#replaceCommand();
    this.#closeControlConnection();
  }

  #closeControlConnection(): void {
    const control = this.#zongji.ctrlConnection;
    if (control === null) return;
    control.removeAllListeners('error');
    control.on('error', () => {
      // Nothing is asked of it any more.
    });
    control.destroy();
  }

  #replaceCommand(): void {
    const finish = (error: unknown): void => {
      this.#finish(error);
    };
    // Called only for what is no event.
    const receive: PacketHandler = (packet) => {
      const isEnd = packet.isEOF();
      finish(
        isEnd ? undefined : new Error('the server answered the dump request with a strange packet'),
      );
      return null;
    };
    const takeOver = (connection: unknown): void => {
      this.#takeOverSocket(connection as DriverInside);
    };
    this.#zongji.BinlogClass = class extends this.#zongji.BinlogClass {
      constructor() {
        super(null);
        // Error packets and the loss of the connection come here.
        this.onResult = (error: unknown) => {
          if (error !== null && error !== undefined) finish(error);
        };
      }

      override start(packet: unknown, connection: unknown): PacketHandler {
        // Sends the request; the handler that it returns is zongji's own.
        super.start(packet, connection);
        takeOver(connection);
        return receive;
      }
    };
  }

  /**
   * From here on the socket's chunks go past the driver's packet parser, whose work for each packet costs
   * as much as decoding a small event. It only gets what is no event: errors and the end.
   */
  #takeOverSocket(connection: DriverInside): void {
    const driverParser = connection.packetParser;
    const splitter = new EventSplitter({
      takeRun: this.#options.takeRun,
      onEvent: this.#options.onEvent,
      onOther: (packet) => {
        connection.sequenceId = packet[3] ?? 0;
        driverParser.execute(packet);
      },
    });
    connection.packetParser = {
      execute: (chunk) => {
        if (this.#isEnded) return;
        try {
          splitter.push(chunk);
        } catch (error) {
          this.#finish(error);
        }
      },
    };
  }

  #finish(error: unknown): void {
    if (this.#isEnded) return;
    this.close();
    this.#options.onEnd(error);
  }
}

function startOptions({ start, leavesOutRowQueries }: DumpConnectionOptions): object {
  const annotate = { requestAnnotateRows: !leavesOutRowQueries };
  return start.kind === 'gtid'
    ? { ...annotate, gtidSet: start.gtidSet.toString() }
    : { ...annotate, filename: start.coordinates.file, position: start.coordinates.offset };
}
