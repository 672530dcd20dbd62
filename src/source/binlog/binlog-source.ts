import { EventDecoder } from '../../binlog/event-decoder.ts';
import { EventView } from '../../binlog/event-view.ts';
import { isReached } from '../../core/position-order.ts';
import type { BinlogEvent, TransactionPayloadEvent } from '../../binlog/event.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { compareCoordinates, formatPosition, type Position } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { SchemaState } from '../../core/schema-state.ts';
import type { Source, StreamOptions } from '../../core/source.ts';
import type { TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { Logger } from '../../lib/logger.ts';
import { Stopwatch } from '../../lib/stopwatch.ts';
import type { FrameBatch } from '../../replica/frame-batch.ts';
import { openReplicaSession } from '../../replica/open-session.ts';
import { SchemaHistory } from '../../schema/schema-history.ts';
import { createProgress, type SourceProgress } from '../source-progress.ts';
import { connectServer, type ServerConnection } from '../../server/connect.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { BinlogCursor } from './binlog-cursor.ts';
import { connectSource, type ChosenSource } from './cluster/connect-source.ts';
import { PrimaryWatch } from './cluster/primary-watch.ts';
import {
  createSourceMemory,
  identifySource,
  type SourceIdentity,
  type SourceMemory,
} from './cluster/source-identity.ts';
import { describeSource, type SourceDescription } from './describe-source.ts';
import { dumpStart, type DdlScanOptions } from './ddl-scan.ts';
import type { Discards } from './discards.ts';
import { DROP_REASONS, type DropReason } from './open-group.ts';
import { PlainTransactions } from './plain-transactions.ts';
import { readHead } from './resolve-position.ts';
import { learnStart, learnTables } from './schema-loader.ts';
import { TransactionAssembler } from './transaction-assembler.ts';

/** Finished transactions and parts are handed on when they hold this much, or when the input is empty. */
const HAND_ON_BYTES = 1 << 18;

export interface BinlogSourceOptions {
  readonly server: ServerOptions;
  readonly serverId: number;
  readonly heartbeatSeconds: number;
  readonly router: Router;
  readonly ignoreOwn: boolean;
  readonly queuedBytesHigh: number;
  readonly partBytes: number;
  readonly logger: Logger;
  /** Which server of the cluster was read last; one for the life of a task. */
  readonly memory?: SourceMemory;
  /** The rows of an XA group that was prepared in an earlier run. */
  readonly loadPrepared: (xid: string) => Promise<readonly Uint8Array[] | undefined>;
  /** undefined: none is. */
  readonly isSkipped: ((gtid: string | undefined, seq: number) => boolean) | undefined;
  /** Whether anybody wants the statements behind the rows. */
  readonly keepsRowQueries: boolean;
  /**
   * Nobody shows where a single event stands: then MariaDB need not send those statements, which are in the
   * offsets of the events behind them.
   */
  readonly leavesOutRowQueries?: boolean;
  /** Transactions wait before anybody asks for their changes, and then it is once: they are made as late as that. */
  readonly makesChangesLate?: boolean;
  /** One for the life of a task: a source is made anew with each attempt, and must know what to leave out. */
  readonly discards: Discards;
}

export interface BinlogStreamOptions extends StreamOptions {
  /** The definitions stored with the checkpoint; empty: they are learned anew. */
  readonly schema: SchemaState;
  /** The start means this moment, not a place: it may move on a little where that helps. */
  readonly startsNow?: boolean;
}

/** A MySQL or MariaDB server read as a replica. */
export class BinlogSource implements Source {
  readonly #options: BinlogSourceOptions;
  readonly #memory: SourceMemory;
  readonly progress: SourceProgress<DropReason> = createProgress(DROP_REASONS);

  constructor(options: BinlogSourceOptions) {
    this.#options = options;
    this.#memory = options.memory ?? createSourceMemory();
  }

  /** The source has nothing more, and this place of its files is behind us: not every event moves a position. */
  isIdleAt({ coordinates }: Position): boolean {
    const { coordinates: at, idleSinceMs } = this.progress;
    return (
      at !== undefined && idleSinceMs !== undefined && compareCoordinates(at, coordinates) >= 0
    );
  }

  /** What kind of server it is and what it means by its own settings. */
  describe(signal: AbortSignal): Promise<SourceDescription> {
    return this.#withConnection(signal, this.#options.server, describeSource);
  }

  async head(signal: AbortSignal): Promise<Position> {
    return this.#withConnection(signal, this.#options.server, async (connection) => {
      this.#memory.headId = (await identifySource(connection)).id;
      return readHead(connection);
    });
  }

  /** With `until` it ends exactly there: what came in the same piece of binlog is not handed on. */
  async *stream(
    from: Checkpoint,
    options: BinlogStreamOptions,
  ): AsyncGenerator<readonly Transaction[]> {
    const { until } = options;
    for await (const batch of this.#streamOn(from, options)) {
      const end = until === undefined ? -1 : endAt(batch, until);
      if (end < 0) yield batch;
      else {
        yield batch.slice(0, end + 1);
        return;
      }
    }
  }

  async *#streamOn(
    from: Checkpoint,
    options: BinlogStreamOptions,
  ): AsyncGenerator<readonly Transaction[]> {
    const { signal, until } = options;
    const stream = await this.#open(from, options);
    const { position } = stream.assembler.outbox;
    const start = stream.assembler.outbox.take();
    if (start.length > 0) yield start;
    if (until !== undefined && isReached(position, until)) return;
    const failover = new AbortController();
    const session = await openReplicaSession({
      server: stream.server,
      serverId: this.#options.serverId,
      heartbeatSeconds: this.#options.heartbeatSeconds,
      queuedBytesHigh: this.#options.queuedBytesHigh,
      start: dumpStart(position),
      leavesOutRowQueries: this.#options.leavesOutRowQueries === true,
      signal: AbortSignal.any([signal, failover.signal]),
    });
    this.progress.host = session.host;
    this.#memory.remember(stream.identity);
    const watch = this.#watchPrimary(stream, failover);
    try {
      for await (const frames of session) {
        if (yield* this.#handOn(frames, stream, until)) return;
      }
    } catch (thrown) {
      // What was finished before the fault is not lost by it: the task stops right before it.
      const out = signal.aborted ? [] : stream.assembler.outbox.takeFinished();
      if (out.length > 0) yield out;
      throw thrown;
    } finally {
      watch?.stop();
      await session.close();
    }
  }

  /** Where there is another host that could take over. */
  #watchPrimary(stream: OpenStream, failover: AbortController): PrimaryWatch | undefined {
    const { server, heartbeatSeconds } = this.#options;
    const memory = this.#memory;
    if (server.hosts.length === 1 || !stream.identity.isWritable) return undefined;
    return new PrimaryWatch({
      server,
      memory,
      current: stream.identity,
      periodMs: heartbeatSeconds * 1000,
      position: () => stream.assembler.outbox.position,
      onFailover: (reason) => {
        failover.abort(reason);
      },
    });
  }

  async #open(from: Checkpoint, options: BinlogStreamOptions): Promise<OpenStream> {
    const { server } = this.#options;
    const memory = this.#memory;
    const { signal } = options;
    const chosen = await connectSource({
      server,
      memory,
      signal,
      from: from.position,
      onPassedOver: (error) => {
        this.#options.logger.warn({ error }, 'This host of the source is passed over');
      },
    });
    try {
      return await this.#openOn(chosen, from, options);
    } finally {
      await chosen.connection.close();
    }
  }

  async #openOn(
    { connection, identity }: ChosenSource,
    from: Checkpoint,
    { schema, signal, startsNow }: BinlogStreamOptions,
  ): Promise<OpenStream> {
    const { flavor, versionNumber, lowerCaseTableNames, host } = connection.info;
    const history = new SchemaHistory({ flavor, versionNumber, lowerCaseTableNames });
    const server = { ...this.#options.server, hosts: [host] };
    const { heartbeatSeconds } = this.#options;
    const scan = { server, flavor, versionNumber, heartbeatSeconds, signal };
    const known = { history, scan, identity };
    if (schema.size > 0) {
      history.restore(schema);
      return this.#openAt(from, known);
    }
    const isWanted = (name: TableName): boolean => this.#options.router.isIncluded(name);
    const learn = { connection, history, from: from.position, isWanted, scan };
    const position = await learnStart({ ...learn, canMove: startsNow === true });
    if (position !== from.position) {
      const place = formatPosition(position);
      this.#options.logger.info({ position: place }, 'DDL was under way: beginning behind it');
    }
    const stream = this.#openAt({ seq: from.seq, position }, known);
    stream.assembler.outbox.markStart(history.state());
    return stream;
  }

  #openAt(from: Checkpoint, known: Pick<OpenStream, 'history' | 'scan' | 'identity'>): OpenStream {
    const { router, ignoreOwn, partBytes, isSkipped, discards, keepsRowQueries } = this.#options;
    const { flavor, versionNumber, server } = known.scan;
    const cursor = new BinlogCursor(from.position.coordinates);
    const assembler = new TransactionAssembler({
      flavor,
      versionNumber,
      router,
      history: known.history,
      cursor,
      discards,
      ignoreOwn,
      from,
      partBytes,
      isSkipped,
      keepsRowQueries,
      countDropped: (reason, count) => {
        this.progress.dropped[reason] += count;
      },
    });
    const decoder = new EventDecoder();
    const view = new EventView();
    const isLate = this.#options.makesChangesLate === true;
    const plain = new PlainTransactions({ assembler, decoder, cursor, view, partBytes, isLate });
    return { ...known, server, cursor, assembler, decoder, view, plain };
  }

  /** True: the place to end at is reached. */
  async *#handOn(
    frames: FrameBatch,
    stream: OpenStream,
    until: Position | undefined,
  ): AsyncGenerator<readonly Transaction[], boolean> {
    yield* this.#read(frames, stream);
    const out = stream.assembler.outbox.take();
    this.#note(out, stream);
    if (out.length > 0) yield out;
    return until !== undefined && this.#hasReached(stream, until);
  }

  async *#read(frames: FrameBatch, stream: OpenStream): AsyncGenerator<readonly Transaction[]> {
    const watch = new Stopwatch();
    this.progress.bytes += frames.bytes;
    const reading: Reading = { frames, at: 0, wait: undefined, payload: undefined };
    while (reading.at < frames.length) {
      this.#readOn(reading, stream);
      if (reading.wait !== undefined) await reading.wait;
      if (reading.payload !== undefined) yield* this.#readPayload(reading.payload, stream, watch);
      if (stream.assembler.outbox.bytes >= HAND_ON_BYTES) yield* handOn(stream, watch);
    }
    stream.view.clear();
    this.progress.decode.observeMs(watch.ms);
  }

  /**
   * Up to where transactions are handed on, or something has to be waited for. A plain loop: nearly every event is handled
   * without waiting, and a generator or a promise for each would cost more than it.
   */
  #readOn(reading: Reading, stream: OpenStream): void {
    const { frames } = reading;
    const { view } = stream;
    const { outbox } = stream.assembler;
    reading.wait = undefined;
    reading.payload = undefined;
    while (reading.at < frames.length && outbox.bytes < HAND_ON_BYTES) {
      const taken = stream.plain.take(frames, reading.at);
      reading.at += taken;
      if (taken > 0) continue;
      frames.load(reading.at, view);
      reading.at += 1;
      const event = this.#decode(view, stream);
      if (event.kind === 'transaction-payload') reading.payload = event;
      else reading.wait = this.#handle(event, view, stream);
      if (reading.wait !== undefined || reading.payload !== undefined) return;
    }
  }

  #decode(view: EventView, stream: OpenStream): BinlogEvent {
    const { decoder, cursor, assembler } = stream;
    const event = decoder.decodeView(view);
    cursor.advance(view, view, assembler.isInGroup);
    if (event.kind === 'rotate') cursor.rotate(event);
    if (event.kind === 'heartbeat') this.#heartbeat(event, stream);
    return event;
  }

  /** A compressed transaction is inflated piece by piece and handed on in parts. */
  async *#readPayload(
    payload: TransactionPayloadEvent,
    stream: OpenStream,
    watch: Stopwatch,
  ): AsyncGenerator<readonly Transaction[]> {
    for (const frame of payload.frames()) {
      const wait = this.#handle(stream.decoder.decode(frame), frame, stream);
      if (wait !== undefined) await wait;
      if (stream.assembler.outbox.bytes >= HAND_ON_BYTES) yield* handOn(stream, watch);
    }
  }

  #heartbeat(event: Extract<BinlogEvent, { kind: 'heartbeat' }>, stream: OpenStream): void {
    this.progress.idleSinceMs ??= Date.now();
    // After a GTID start the server skips what we have: the heartbeat tells how far it is.
    if (!stream.assembler.isInGroup && event.file !== '' && event.offset > 0) {
      stream.cursor.jump({ file: event.file, offset: event.offset });
    }
  }

  /** Waits only where the source has to be asked: for prepared rows, or for definitions. */
  #handle(event: BinlogEvent, frame: Frame, stream: OpenStream): Promise<void> | undefined {
    const { assembler } = stream;
    const xid = assembler.missingPrepared(event);
    if (xid !== undefined) return this.#handlePrepared(xid, event, frame, stream);
    try {
      assembler.handle(event, frame);
    } catch (error) {
      const unknown = isSchemaUnknown(error) ? assembler.tableOf(event) : undefined;
      if (unknown === undefined) throw error;
      // Not in the history, for example because the filter has grown: learned once, then final.
      return this.#learn([unknown], stream).then(() => {
        assembler.handle(event, frame);
      });
    }
    const recapture = assembler.takeRecapture();
    return recapture.length === 0 ? undefined : this.#learn(recapture, stream);
  }

  async #handlePrepared(
    xid: string,
    event: BinlogEvent,
    frame: Frame,
    stream: OpenStream,
  ): Promise<void> {
    const payload = await this.#options.loadPrepared(xid);
    if (payload !== undefined) stream.assembler.supplyPrepared(xid, payload);
    stream.assembler.handle(event, frame);
  }

  async #learn(names: readonly TableName[], stream: OpenStream): Promise<void> {
    const { router } = this.#options;
    const { history, scan, assembler } = stream;
    const from = assembler.outbox.position;
    const wanted = names.filter((name) => router.isIncluded(name));
    const delta = await this.#withConnection(scan.signal, stream.server, (connection) =>
      learnTables({ connection, history, from, scan }, wanted),
    );
    assembler.addSchemaDelta(delta);
  }

  #note(out: readonly Transaction[], stream: OpenStream): void {
    const { progress } = this;
    progress.coordinates = stream.cursor.coordinates;
    const last = out.at(-1);
    if (last === undefined) return;
    progress.idleSinceMs = undefined;
    progress.lastCommitAtMs = last.committedAtMs;
    progress.lastReadAtMs = Date.now();
    progress.transactions += out.length;
  }

  #hasReached({ assembler, cursor, identity }: OpenStream, until: Position): boolean {
    if (assembler.isInGroup) return false;
    if (isReached(assembler.outbox.position, until)) return true;
    if (identity.id !== this.#memory.headId) return false;
    // The server skips what we have, and may have GTIDs that are in no file: then its files tell.
    return compareCoordinates(cursor.coordinates, until.coordinates) >= 0;
  }

  async #withConnection<T>(
    signal: AbortSignal,
    server: ServerOptions,
    use: (connection: ServerConnection) => Promise<T>,
  ): Promise<T> {
    const connection = await connectServer(server, 'source', { signal });
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  }
}

/** What is done with it until the next is wanted is not the decoder's time. */
function* handOn({ assembler }: OpenStream, watch: Stopwatch): Generator<readonly Transaction[]> {
  watch.pause();
  yield assembler.outbox.take();
  watch.resume();
}

/** Index of the transaction with which the position is reached; -1: it is not in this batch. */
function endAt(batch: readonly Transaction[], until: Position): number {
  const isEnd = ({ resumeAt }: Transaction): boolean =>
    resumeAt !== undefined && isReached(resumeAt, until);
  const last = batch.findLast(({ resumeAt }) => resumeAt !== undefined);
  return last === undefined || !isEnd(last) ? -1 : batch.findIndex(isEnd);
}

function isSchemaUnknown(error: unknown): boolean {
  return error instanceof TailraceError && error.code === 'SOURCE_SCHEMA_UNKNOWN';
}

/** How far a batch is read, and what its last event needs before it goes on. */
interface Reading {
  readonly frames: FrameBatch;
  at: number;
  wait: Promise<void> | undefined;
  payload: TransactionPayloadEvent | undefined;
}

interface OpenStream {
  readonly identity: SourceIdentity;
  readonly server: ServerOptions;
  readonly history: SchemaHistory;
  readonly cursor: BinlogCursor;
  readonly assembler: TransactionAssembler;
  readonly decoder: EventDecoder;
  readonly view: EventView;
  readonly plain: PlainTransactions;
  readonly scan: DdlScanOptions;
}
