import { requireTarget, serverOptions } from '../../config/server-options.ts';
import type { KafkaConfig } from '../../config/schema.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import { partitionName, type PartitionMark, type TopicPartition } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { ClusterSession } from '../../kafka/cluster-session.ts';
import { readOffsets } from '../../kafka/list-topics.ts';
import { createDecoder } from '../../message/create-decoder.ts';
import { limitHeapGrowth } from '../../lib/limit-heap-growth.ts';
import { createOrderedAcker } from '../../pipeline/ordered-acker.ts';
import { pump } from '../../pipeline/pump.ts';
import { createMysqlSink, type MysqlSink } from '../../sink/mysql/mysql-sink.ts';
import { KafkaSource } from '../../source/kafka/kafka-source.ts';
import { TargetTables } from '../../source/kafka/message-tables.ts';
import { MEMORY } from '../memory.ts';
import type { TaskBoard } from '../task-board.ts';
import type { ConsumerOptions } from './consumer.ts';
import { decoderOptions } from './decoder-options.ts';
import type { DefinitionReader } from './read-definition.ts';

export interface ConsumeRoundOptions extends ConsumerOptions {
  readonly kafka: KafkaConfig;
  readonly session: ClusterSession;
  readonly definitions: DefinitionReader;
  readonly router: Router;
  readonly partitions: readonly TopicPartition[];
  readonly until: ReadonlyMap<string, number> | undefined;
  /** Tells the consumer group how far its partitions are applied. */
  readonly commit: (marks: readonly PartitionMark[]) => Promise<void>;
  /** Something was applied, or there is nothing to apply. */
  readonly onProgress: () => void;
}

const PROGRESS_EVERY_MS = 1000;

/** From taking over the partitions until they are given anew, the task is stopped, or all is read. */
export async function consumeRound(options: ConsumeRoundOptions): Promise<void> {
  const { board, until, onProgress } = options;
  limitHeapGrowth(MEMORY.heapGrowthPercent);
  const inner = new AbortController();
  const signal = AbortSignal.any([options.signal, inner.signal]);
  const round = new Round(options, signal);
  const timer = setInterval(() => {
    if (round.hasMoved() || board.isCalm) onProgress();
    void round.commit();
  }, PROGRESS_EVERY_MS);
  try {
    const from = await round.open();
    const acker = createOrderedAcker({ from, maxBytes: MEMORY.maxBytesInFlight });
    board.stream({ source: round.source, sinks: [round.sink], acker, from });
    const stream = round.source.stream(from, { signal, ...(until && { until }) });
    const transactions = counted(stream, board);
    await pump({ transactions, sinks: [round.sink], acker, signal });
  } finally {
    clearInterval(timer);
    inner.abort(new Error('the round is over'));
    await round.sink.close();
    await round.commit();
  }
}

/** Source and sink of a round, which tell each other what waits. */
class Round {
  readonly source: KafkaSource;
  readonly sink: MysqlSink;
  readonly #options: ConsumeRoundOptions;
  readonly #signal: AbortSignal;
  readonly #applied = new Map<string, PartitionMark>();
  #rows = 0;

  constructor(options: ConsumeRoundOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.sink = this.#createSink();
    this.source = this.#createSource();
  }

  /** Takes the partitions over; where each is read on from. */
  async open(): Promise<Checkpoint> {
    const { session } = this.#options;
    const state = await this.sink.open(this.#signal);
    if (state?.checkpoint.position.kind !== 'kafka') {
      throw new TailraceError('INTERNAL_FAULT', 'the target gave no marks of partitions');
    }
    const { position, seq } = state.checkpoint;
    const fresh = [...position.offsets.values()].filter(({ offset }) => offset < 0);
    if (fresh.length === 0) return state.checkpoint;
    // Nothing was applied of them yet: from the first message that is there.
    const counts = new Map<string, number>();
    for (const { topic, partition } of fresh) {
      counts.set(topic, Math.max(counts.get(topic) ?? 0, partition + 1));
    }
    const first = await session.until(this.#signal, (cluster) =>
      readOffsets(cluster, counts, 'first'),
    );
    const offsets = new Map<string, PartitionMark>(position.offsets);
    for (const mark of fresh) {
      const name = partitionName(mark);
      offsets.set(name, { ...mark, offset: first.get(name) ?? 0 });
    }
    return { seq, position: { ...position, offsets } };
  }

  /** What was applied since the last time. */
  async commit(): Promise<void> {
    const marks = [...this.#applied.values()];
    this.#applied.clear();
    await this.#options.commit(marks);
  }

  /** Since it was last asked. */
  hasMoved(): boolean {
    const { rows } = this.sink.counters;
    const hasMoved = rows !== this.#rows;
    this.#rows = rows;
    return hasMoved;
  }

  #createSink(): MysqlSink {
    const { task, kafka, router, logger, store, board, partitions } = this.#options;
    const target = requireTarget(task);
    return createMysqlSink({
      task: task.name,
      server: serverOptions(target),
      stateDatabase: target.stateDatabase,
      onConflict: target.onConflict,
      apply: target.apply,
      sqlLogBin: target.sqlLogBin,
      allowNontransactional: target.allowNontransactional,
      ddl: target.ddl,
      router,
      logger,
      deadLetters: store,
      consumer: {
        partitions,
        onApplied: (marks) => {
          for (const mark of marks) this.#applied.set(partitionName(mark), mark);
        },
        onFull: (partition) => {
          this.source.setFull(partition);
        },
        waitMs: kafka.crossPartitionWaitSeconds * 1000,
        onWait: (partition, error) => {
          this.source.setWaiting(partition, error !== undefined);
          const name = partitionName(partition);
          if (error === undefined) logger.info({ partition: name }, 'The partition goes on');
          else {
            logger.warn(
              { partition: name, error },
              'What another partition may bring is missing; the partition waits for it',
            );
          }
        },
      },
      onDdlApplied: () => {
        this.source.forgetTables();
      },
      onDdlSkipped: (reason) => {
        board.countDdlSkipped(reason);
      },
    });
  }

  #createSource(): KafkaSource {
    const { kafka, router, logger, session, definitions, board } = this.#options;
    const tables = new TargetTables({
      router,
      read: (name) => definitions.read(name, this.#signal),
    });
    return new KafkaSource({
      session,
      tables,
      router,
      decoder: createDecoder(kafka.format, tables, decoderOptions(kafka)),
      onPoison: kafka.onPoison,
      allowDuplicates: kafka.allowDuplicates,
      waitMs: kafka.crossPartitionWaitSeconds * 1000,
      applied: () => this.sink.drain(),
      onStopped: (partition, error) => {
        board.stopPart(error);
        const name = partitionName(partition);
        logger.error({ partition: name, error }, 'The partition is read no further');
      },
    });
  }
}

async function* counted(
  transactions: AsyncIterable<readonly Transaction[]>,
  board: TaskBoard,
): AsyncGenerator<readonly Transaction[]> {
  for await (const batch of transactions) {
    board.count(batch);
    yield batch;
  }
}
