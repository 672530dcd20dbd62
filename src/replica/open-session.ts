import { TailraceError, toTailraceError } from '../core/errors.ts';
import { formatCoordinates } from '../core/position.ts';
import { createDeferred } from '../lib/deferred.ts';
import { abortReason } from '../lib/until-aborted.ts';
import { connectServer } from '../server/connect.ts';
import { driverOptions, secureConnection } from '../server/driver-options.ts';
import { reachHost, type HostReach } from '../server/reach-host.ts';
import type { ServerInfo } from '../server/server-info.ts';
import { checkStart } from './check-start.ts';
import { DumpConnection } from './dump-connection.ts';
import { explainEnd, explainRefusal } from './explain-refusal.ts';
import type { FrameBatch } from './frame-batch.ts';
import { FrameChecker } from './frame-checker.ts';
import { FrameQueue } from './frame-queue.ts';
import type { ReplicaOptions, ReplicaSession } from './replica-session.ts';
import { sessionStatements } from './session-variables.ts';
import { Watchdog } from './watchdog.ts';

/** The watchdog is not there yet while the start is checked. */
const CHECK_TIMEOUT_MS = 20_000;

/**
 * Connects as a replica to the first host that answers, and resolves when the first event is there:
 * so a position that is refused, or an account without the privilege, fails here.
 */
export async function openReplicaSession(options: ReplicaOptions): Promise<ReplicaSession> {
  const { signal } = options;
  const control = await connectServer(options.server, 'source', { signal });
  const late = setTimeout(() => {
    control.destroy();
  }, CHECK_TIMEOUT_MS);
  try {
    await checkStart(control, options);
  } finally {
    clearTimeout(late);
    control.destroy();
  }
  const way = { end: 'source', signal } as const;
  const reach = await reachHost(control.info.host, options.server, way);
  const session = new DumpSession(options, control.info, reach);
  await session.opened;
  return session;
}

/**
 * Dump connection → checker → queue → reader, with the watchdog beside them. Whatever ends it first
 * counts, everything later is an echo: the error waits behind the frames that came before it.
 */
class DumpSession implements ReplicaSession {
  readonly host: string;
  readonly #options: ReplicaOptions;
  readonly #reach: HostReach;
  readonly #checker = new FrameChecker();
  readonly #opened = createDeferred<undefined>();
  readonly #queue: FrameQueue;
  readonly #dump: DumpConnection;
  readonly #watchdog: Watchdog;
  readonly #onAbort: () => void;
  #hasEvents = false;
  /** The server's number for the dump thread. */
  #threadId = 0;
  #isEnded = false;

  constructor(options: ReplicaOptions, info: ServerInfo, reach: HostReach) {
    this.host = info.host;
    this.#reach = reach;
    this.#options = options;
    this.#queue = new FrameQueue({
      highBytes: options.queuedBytesHigh,
      onPause: () => {
        this.#dump.pause();
      },
      onResume: () => {
        this.#dump.resume();
      },
    });
    this.#dump = this.#connect(info);
    this.#watchdog = new Watchdog({
      periodMs: options.heartbeatSeconds * 1000,
      receivedBytes: () => this.#dump.receivedBytes,
      isPaused: () => this.#queue.isPaused,
      // MariaDB has no index of GTIDs: it reads the file from its begin, and sends no heartbeat on the way.
      isSeeking: () =>
        info.flavor === 'mariadb' && options.start.kind === 'gtid' && !this.#hasEvents,
      onSilent: (periods) => {
        this.#fail(this.#silentError(periods));
      },
    });
    this.#onAbort = () => {
      this.#fail(abortReason(options.signal));
    };
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  /** Rejects when the session ends before its first event. */
  get opened(): Promise<undefined> {
    return this.#opened.promise;
  }

  [Symbol.asyncIterator](): AsyncIterator<FrameBatch> {
    return {
      next: async () => {
        const value = await this.#queue.take();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  /** Our side's port, as the source's process list shows it. */
  get localPort(): number | undefined {
    return this.#dump.localPort;
  }

  close(): Promise<void> {
    this.#stop();
    this.#queue.clear();
    this.#queue.end(undefined);
    return Promise.resolve();
  }

  #connect(info: ServerInfo): DumpConnection {
    const { server, start } = this.#options;
    return new DumpConnection({
      driver: driverOptions(server, this.#reach.near),
      secure: (connection) => {
        secureConnection(connection, server, this.#reach.far);
      },
      serverId: this.#options.serverId,
      start,
      leavesOutRowQueries: this.#options.leavesOutRowQueries === true,
      session: sessionStatements(info, this.#options),
      takeRun: (bytes, from) => {
        const to = this.#checker.checkRun(bytes, from);
        if (to === from) return to;
        this.#queue.pushRun(bytes, from, to);
        this.#hasEvents = true;
        return to;
      },
      onEvent: (bytes, from, to) => {
        const checksumLength = this.#checker.check(bytes, from, to);
        this.#queue.push(bytes, from, to - checksumLength, checksumLength);
        if (!this.#hasEvents) this.#note(bytes, from);
      },
      onEnd: (error) => {
        void this.#explain(error);
      },
    });
  }

  #note(bytes: Buffer, start: number): void {
    this.#reach.seal();
    this.#threadId = this.#dump.threadId;
    this.#opened.resolve(undefined);
    // Events that the server makes up for the start have no position.
    this.#hasEvents = bytes.readUInt32LE(start + 13) !== 0;
  }

  async #explain(raw: unknown): Promise<void> {
    if (this.#isEnded) return;
    const thrown = raw === undefined ? raw : this.#reach.explain(raw);
    if (thrown instanceof TailraceError) {
      this.#fail(thrown.at({ host: this.host }));
      return;
    }
    const { server, serverId, start, signal } = this.#options;
    const context = {
      server: { ...server, hosts: [this.host] },
      serverId,
      start,
      place: this.#place(),
      hasEvents: this.#hasEvents,
      signal,
    };
    try {
      const explained =
        thrown === undefined
          ? explainEnd(this.#threadId, context)
          : explainRefusal(thrown, context);
      this.#fail(await explained);
    } catch (error) {
      this.#fail(toTailraceError(error));
    }
  }

  #fail(error: Error): void {
    if (this.#isEnded) return;
    this.#stop();
    this.#queue.end(error);
    this.#opened.promise.catch(ignore);
    this.#opened.reject(error);
  }

  #stop(): void {
    this.#isEnded = true;
    this.#watchdog.stop();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#dump.close();
    this.#reach.close();
  }

  #place() {
    const { coordinates } = this.#checker;
    return coordinates.file === ''
      ? { host: this.host }
      : { host: this.host, coordinates: formatCoordinates(coordinates) };
  }

  #silentError(periods: number): TailraceError {
    const seconds = periods * this.#options.heartbeatSeconds;
    return new TailraceError(
      'SOURCE_SILENT',
      `${this.host} sent nothing for ${seconds} s, not even a heartbeat`,
      { place: this.#place() },
    );
  }
}

function ignore(): void {
  // The reader gets the same error.
}
