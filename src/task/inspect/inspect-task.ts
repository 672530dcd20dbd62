import { openInspectionStore, type InspectionStore } from '../../checkpoint/inspection-store.ts';
import type { Config, SourceConfig, TargetConfig, TaskConfig } from '../../config/schema.ts';
import { requireSource, requireTarget, serverOptions } from '../../config/server-options.ts';
import type { StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import { formatPosition } from '../../core/position.ts';
import type { TablePattern } from '../../core/table-pattern.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { Inspector, type InspectionProgress, type ProgressStore } from '../../inspect/inspector.ts';
import type { TableReport } from '../../inspect/inspection-report.ts';
import type { MendItem, TableProgress } from '../../inspect/table-inspection.ts';
import { isPair, type PairProblem, type TablePair } from '../../inspect/table-pair.ts';
import { ViewPair } from '../../inspect/view-pair.ts';
import { whereAtTarget } from '../../inspect/where-at-target.ts';
import { connectServer } from '../../server/connect.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { CheckpointReader } from '../../sink/mysql/checkpoint-fence.ts';
import { readCheckpoint } from '../../sink/mysql/checkpoint-admin.ts';
import { createMysqlSink } from '../../sink/mysql/mysql-sink.ts';
import { BinlogSource } from '../../source/binlog/binlog-source.ts';
import { randomServerId } from '../../source/binlog/ddl-scan.ts';
import { Discards } from '../../source/binlog/discards.ts';
import { readHead } from '../../source/binlog/read-head.ts';
import { MEMORY } from '../memory.ts';
import { routerOf } from '../task-setup.ts';
import { BinlogFeed } from './binlog-feed.ts';
import { MendStatements } from './mend-statements.ts';
import { followDifferences, type RoundOutcome } from './known-differences.ts';
import { guessRows, readPairs } from './read-pairs.ts';
import { readSettledPairs } from './settled-pairs.ts';
import { RepairSink } from './repair-sink.ts';

export interface InspectTaskOptions {
  readonly config: Config;
  readonly task: TaskConfig;
  /** undefined: every table of the task. */
  readonly tables: readonly TablePattern[] | undefined;
  readonly where: string | undefined;
  /** Part of the key ranges that are looked at: above 0, at most 1. */
  readonly sample: number;
  readonly repair: boolean;
  /** Given each statement that would mend; undefined: nobody asks for them. */
  readonly onStatement: ((sql: Buffer) => void) | undefined;
  readonly restart: boolean;
  /** By a command; or in rounds beside the task: over all rows, or over the newest. */
  readonly mode: InspectMode;
  readonly onProgress: (progress: InspectionProgress) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export type InspectMode =
  { readonly kind: 'command' } | { readonly kind: 'round' | 'quick'; readonly alarmAfter: number };

export interface InspectionResult {
  readonly task: string;
  readonly tables: readonly TableReport[];
  /** Since when an interrupted inspection was gone on with; undefined: from the start. */
  readonly resumedFromMs: number | undefined;
  /** Why changes under way could not be told by the binlog; undefined: they were. */
  readonly withoutBinlog: string | undefined;
  /** Where the target was, and the source, when it ended. */
  readonly targetPosition: string | undefined;
  readonly sourcePosition: string | undefined;
  readonly isRunning: boolean;
  /** What stayed from round to round; undefined: this was none. */
  readonly outcome: RoundOutcome | undefined;
}

/** How long changes may be under way to a target of which nobody knows where it is. */
const SETTLE_MS = 3_000;
/** Rounds of polling in which a row arrives for certain. */
const POLL_ROUNDS = 3;
/** Of each table in a quick round. */
const RECENT_ROWS = 1_000;
/** Compares one task's source and target, and mends the target where that is asked for. */
export async function inspectTask(options: InspectTaskOptions): Promise<InspectionResult> {
  const { config, task, mode, logger, signal } = options;
  const store = await openInspectionStore({
    stateDir: config.stateDir,
    task: task.name,
    purpose: mode.kind === 'command' ? 'inspect' : 'rounds',
    logger,
    signal,
  });
  try {
    const resumedFromMs = store.begin(signatureOf(options), options.restart);
    const run = new InspectionRun(options, store);
    const result = await run.run(resumedFromMs);
    if (mode.kind === 'command') {
      store.end();
      return { ...result, outcome: undefined };
    }
    const { tables } = result;
    const { alarmAfter } = mode;
    const nowMs = systemClock.nowMs();
    const outcome = followDifferences(store.knownDifferences(), { tables, alarmAfter, nowMs });
    store.replaceDifferences(outcome.known);
    return { ...result, outcome };
  } finally {
    store.close();
  }
}

function signatureOf({ tables, where, sample, repair }: InspectTaskOptions): string {
  return JSON.stringify({ tables: tables?.map(({ text }) => text), where, sample, repair });
}

type RunResult = Omit<InspectionResult, 'outcome'>;

class InspectionRun {
  readonly #options: InspectTaskOptions;
  readonly #store: InspectionStore;
  readonly #source: SourceConfig;
  readonly #target: TargetConfig;
  readonly #closers: (() => Promise<void>)[] = [];
  #withoutBinlog: string | undefined;

  constructor(options: InspectTaskOptions, store: InspectionStore) {
    this.#options = options;
    this.#store = store;
    this.#source = requireSource(options.task);
    this.#target = requireTarget(options.task);
  }

  async run(resumedFromMs: number | undefined): Promise<RunResult> {
    try {
      return { ...(await this.#run()), resumedFromMs, withoutBinlog: this.#withoutBinlog };
    } finally {
      for (const close of this.#closers.reverse()) await close().catch(() => undefined);
    }
  }

  async #run(): Promise<Omit<RunResult, 'resumedFromMs' | 'withoutBinlog'>> {
    const { task, tables, signal } = this.#options;
    const connections = {
      source: await this.#connect('source'),
      target: await this.#connect('target'),
    };
    const selection = { connections, router: routerOf(task), tables };
    const checkpoint = await CheckpointReader.find(
      connections.target,
      task.name,
      this.#target.stateDatabase,
    );
    const pairs = await readSettledPairs(selection, { checkpoint, readHead, signal });
    if (pairs.length === 0) throw noTables(this.#options);
    const feed = await this.#openFeed(connections.source, pairs);
    const views = new ViewPair({
      connections,
      readHead,
      readMark: (target) => checkpoint?.read(target) ?? Promise.resolve(undefined),
      feed,
      settleMs: this.#settleMs,
      signal,
    });
    const isRunning = (): Promise<boolean> =>
      checkpoint?.isRunning(connections.target) ?? Promise.resolve(false);
    const inspector = new Inspector({
      pairs,
      views,
      log: feed?.log,
      whereOf: (pair) => this.#whereOf(pair),
      isSampled: () => this.#options.sample >= 1 || Math.random() < this.#options.sample,
      recentRows: this.#options.mode.kind === 'quick' ? RECENT_ROWS : undefined,
      settleMs: this.#settleMs,
      isRunning,
      mender: await this.#openMender(checkpoint, feed),
      onDifferent: await this.#openStatements(),
      expectedRows: await guessRows(connections.source, pairs),
      store: this.#progressStore(),
      pairAgain: async ({ database, table }) =>
        (await readPairs(selection)).find(
          (pair) => isPair(pair) && pair.name.database === database && pair.name.table === table,
        ),
      onProgress: this.#options.onProgress,
      signal,
    });
    const reports = await inspector.run();
    const mark = await checkpoint?.read(connections.target);
    return {
      task: task.name,
      tables: reports,
      isRunning: await isRunning(),
      targetPosition: mark && formatPosition(mark),
      sourcePosition: feed && formatPosition(await readHead(connections.source)),
    };
  }

  /** Polling alone brings a row at its next round. */
  get #settleMs(): number {
    const { strategies, poll } = this.#options.task;
    const isPolled = strategies.includes('poll') && !strategies.includes('stream');
    return SETTLE_MS + (isPolled ? POLL_ROUNDS * poll.everySeconds * 1000 : 0);
  }

  async #connect(end: 'source' | 'target'): Promise<ServerConnection> {
    const server = serverOptions(end === 'source' ? this.#source : this.#target);
    const connection = await connectServer(server, end, { signal: this.#options.signal });
    this.#closers.push(() => connection.close());
    // An abort must not wait for a long checksum.
    this.#options.signal.addEventListener('abort', () => {
      connection.destroy();
    });
    return connection;
  }

  /** From where the target is: what is older is in both. undefined: it can't be read. */
  async #openFeed(
    source: ServerConnection,
    pairs: readonly (TablePair | PairProblem)[],
  ): Promise<BinlogFeed | undefined> {
    const { task, signal, logger } = this.#options;
    const target = { server: serverOptions(this.#target), task: task.name };
    const stateDatabase = this.#target.stateDatabase;
    try {
      const stored = await readCheckpoint({ ...target, stateDatabase }, signal);
      const begin: StoredState = stored ?? {
        checkpoint: { seq: 0, position: await readHead(source) },
        schema: new Map(),
      };
      const feed = new BinlogFeed(this.#createSource(source), begin.checkpoint.position);
      for (const pair of pairs) if (isPair(pair)) feed.log.watch(pair);
      feed.start(begin, signal);
      this.#closers.push(() => feed.close());
      await feed.reached(await readHead(source), signal);
      return feed;
    } catch (thrown) {
      if (!isBinlogRefusal(thrown)) throw thrown;
      this.#withoutBinlog = `${thrown.code}: ${thrown.message}`;
      logger.warn(
        { error: thrown },
        'Comparing without the binlog: a row counts as different when it stays so',
      );
      return undefined;
    }
  }

  #createSource({ info }: ServerConnection): BinlogSource {
    return new BinlogSource({
      // The same host as the views are of: places are compared.
      server: { ...serverOptions(this.#source), hosts: [info.host] },
      serverId: randomServerId(),
      heartbeatSeconds: Math.min(1, this.#source.heartbeatSeconds),
      router: routerOf(this.#options.task),
      ignoreOwn: false,
      queuedBytesHigh: MEMORY.queuedBytesHigh,
      partBytes: MEMORY.partBytes,
      keepsRowQueries: false,
      logger: this.#options.logger,
      loadPrepared: () => Promise.resolve(undefined),
      isSkipped: () => false,
      discards: new Discards(),
    });
  }

  async #openMender(
    checkpoint: CheckpointReader | undefined,
    feed: BinlogFeed | undefined,
  ): Promise<RepairSink | undefined> {
    const { repair, task, logger, signal } = this.#options;
    if (!repair) return undefined;
    const { stateDatabase, sqlLogBin, allowNontransactional, apply } = this.#target;
    const connection = await this.#connect('target');
    const sink = createMysqlSink({
      // A row of its own beside the task's: the task itself may be running.
      task: `${task.name}~inspect`,
      server: serverOptions(this.#target),
      stateDatabase,
      onConflict: 'overwrite',
      apply,
      sqlLogBin,
      allowNontransactional,
      ddl: 'stop',
      router: routerOf(task),
      logger,
    });
    const mender = new RepairSink({ sink, connection, checkpoint, feed, signal });
    this.#closers.push(() => mender.close());
    await mender.open();
    return mender;
  }

  async #openStatements() {
    const { onStatement } = this.#options;
    if (onStatement === undefined) return undefined;
    const statements = new MendStatements(await this.#connect('target'));
    return async (pair: TablePair, item: MendItem): Promise<void> => {
      for (const sql of await statements.of(pair, item)) onStatement(sql);
    };
  }

  #whereOf(pair: TablePair) {
    const { where } = this.#options;
    return { source: where, target: where && whereAtTarget(where, pair) };
  }

  #progressStore(): ProgressStore {
    return {
      load: (table) => {
        const text = this.#store.load(table);
        if (text === undefined) return undefined;
        const progress = JSON.parse(text) as TableProgress;
        // A round begins anew, but for the rows that differed in the last.
        const again = { after: undefined, rows: 0, isScanned: false };
        return this.#options.mode.kind === 'command' ? progress : { ...progress, ...again };
      },
      save: (table, progress) => {
        this.#store.save(table, JSON.stringify(progress));
      },
    };
  }
}

/**
 * The binlog can't be read, or not to its end from where the target is: no grant, purged, an incident, a statement
 * in place of rows. These are the very cases in which a comparison is wanted: it goes without, by looking longer.
 */
function isBinlogRefusal(thrown: unknown): thrown is TailraceError {
  if (!(thrown instanceof TailraceError) || thrown.isTransient) return false;
  return thrown.code.startsWith('SOURCE_') || thrown.code === 'FILTER_RENAME';
}

function noTables({ task, tables }: InspectTaskOptions): TailraceError {
  const asked = tables?.map(({ text }) => text).join(', ');
  return new TailraceError(
    'USAGE',
    asked === undefined
      ? `The filter of task "${task.name}" includes no table of the source.`
      : `No table of task "${task.name}" fits --table ${asked}.`,
    { next: 'See include and exclude of [task.filter]; --table names tables of the source.' },
  );
}
