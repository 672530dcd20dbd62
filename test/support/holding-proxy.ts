import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A moment on the wire between a client and a server. */
export interface HoldPoint {
  readonly text: string;
  /** `before`: the packet never reaches the server. `answered`: it did its work; the client does not know. */
  readonly when: 'before' | 'answered';
  /** Which of the packets with this text; the first by default. */
  readonly nth?: number;
}

interface Waiting {
  readonly point: HoldPoint;
  seen: number;
  readonly reached: () => void;
}

/**
 * A TCP proxy that stops one connection exactly at a named moment and keeps it there, so that a test can
 * kill the client in it. It can make a server slow, too.
 */
export class HoldingProxy {
  /** Each answer of the server waits so long. */
  answerDelayMs = 0;
  /** Only the answers to packets with this text; '' for all. */
  slowText = '';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #releases = new Set<() => void>();
  #waiting: Waiting | undefined;

  static async start(targetPort: number): Promise<HoldingProxy> {
    const proxy = new HoldingProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      this.#join(client, connect(targetPort, '127.0.0.1'));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when a connection is held there. What is held is lost when its client goes. */
  holdAt(point: HoldPoint): Promise<void> {
    return new Promise((reached) => {
      this.#waiting = { point, seen: 0, reached };
    });
  }

  /** Lets go of what is held, and of a point that was not reached. */
  release(): void {
    this.#waiting = undefined;
    for (const release of this.#releases) release();
    this.#releases.clear();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    }
    const toServer = new Channel(upstream);
    const toClient = new Channel(client);
    let isSlow = false;
    client.on('data', (bytes) => {
      isSlow = bytes.includes(this.slowText);
      const waiting = toServer.isHeld ? undefined : this.#matching(bytes);
      if (waiting?.point.when === 'before') this.#hold(toServer, waiting);
      else if (waiting !== undefined) {
        toClient.onNext = () => {
          this.#hold(toClient, waiting);
        };
      }
      toServer.write(bytes);
    });
    let delayed = 0;
    let lastDelayMs = 0;
    upstream.on('data', (bytes) => {
      // Behind what waits already, also when the delay was set back meanwhile.
      const delayMs = isSlow ? this.answerDelayMs : 0;
      lastDelayMs = delayed > 0 ? Math.max(lastDelayMs, delayMs) : delayMs;
      if (lastDelayMs === 0) {
        toClient.write(bytes);
        return;
      }
      delayed += 1;
      setTimeout(() => {
        delayed -= 1;
        toClient.write(bytes);
      }, lastDelayMs);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  #matching(bytes: Buffer): Waiting | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined || !bytes.includes(waiting.point.text)) return undefined;
    waiting.seen += 1;
    if (waiting.seen < (waiting.point.nth ?? 1)) return undefined;
    this.#waiting = undefined;
    return waiting;
  }

  #hold(channel: Channel, { reached }: Waiting): void {
    channel.isHeld = true;
    this.#releases.add(() => {
      channel.release();
    });
    reached();
  }
}

/** One direction of one connection. */
class Channel {
  isHeld = false;
  onNext: (() => void) | undefined;
  readonly #socket: Socket;
  #held: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  write(bytes: Buffer): void {
    const { onNext } = this;
    this.onNext = undefined;
    onNext?.();
    if (this.isHeld) this.#held.push(bytes);
    else if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  release(): void {
    this.isHeld = false;
    const held = this.#held;
    this.#held = [];
    for (const bytes of held) this.write(bytes);
  }
}
