import type { TaskStore } from '../../checkpoint/task-store.ts';
import {
  kafkaOptions,
  requireKafka,
  requireTarget,
  serverOptions,
} from '../../config/server-options.ts';
import type { Config, KafkaConfig, TaskConfig } from '../../config/schema.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Router } from '../../core/route.ts';
import { ClusterSession } from '../../kafka/cluster-session.ts';
import { GroupMember, Rebalance, type Assignment } from '../../kafka/group-member.ts';
import { listTopics, readOffsets } from '../../kafka/list-topics.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { retryForever } from '../retry-forever.ts';
import type { TaskBoard } from '../task-board.ts';
import type { TaskControl } from '../task-control.ts';
import { consumeRouter } from '../task-setup.ts';
import { consumeRound } from './consume-round.ts';
import { DefinitionReader } from './read-definition.ts';
import { moveOffsets, type OffsetRequest } from './move-offsets.ts';
import { topicChoice } from './topic-choice.ts';

export interface ConsumerOptions {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly board: TaskBoard;
  readonly control: TaskControl;
  readonly store: TaskStore;
  readonly logger: Logger;
  readonly untilHead: boolean;
  /** Where partitions are read from that have no mark yet; with `force` those that have one too. */
  readonly from?: OffsetRequest | undefined;
  readonly force?: boolean | undefined;
  readonly signal: AbortSignal;
}

const TOPICS_EVERY_MS = 5000;
const NO_TOPICS_EVERY_MS = 300;

/**
 * One member of the task's consumer group. Each time the group gives partitions is a round with a source and a sink of its
 * own: it ends as a fault would end it, with the group of transactions in flight finished or rolled back, and the next
 * begins at the target's marks. So a rebalance, a lost connection and a crash are all the same.
 */
export class Consumer {
  readonly #options: ConsumerOptions;
  readonly #kafka: KafkaConfig;
  readonly #session: ClusterSession;
  readonly #member: GroupMember;
  readonly #definitions: DefinitionReader;
  readonly #router: Router;
  readonly #isChosen: (topic: string) => boolean;
  #assignment: Assignment | undefined;
  #topics: ReadonlyMap<string, number> = new Map();
  #until: ReadonlyMap<string, number> | undefined;
  #hasMoved = false;

  constructor(options: ConsumerOptions) {
    const { task, logger } = options;
    this.#options = options;
    this.#kafka = requireKafka(task);
    this.#session = new ClusterSession(kafkaOptions(this.#kafka, task.name), logger);
    this.#member = new GroupMember({ group: this.#kafka.group, session: this.#session, logger });
    this.#definitions = new DefinitionReader(serverOptions(requireTarget(task)));
    this.#router = consumeRouter(task);
    this.#isChosen = topicChoice(task, this.#kafka);
  }

  async run(): Promise<void> {
    const { board, logger, signal, control } = this.#options;
    for (;;) {
      const inner = control.attemptSignal(signal);
      try {
        await retryForever((onProgress) => this.#attempt(onProgress, inner), {
          board,
          logger,
          signal: inner,
        });
        return;
      } catch (thrown) {
        if (signal.aborted || !control.isPaused) throw thrown;
      }
      await this.#waitPaused(signal);
    }
  }

  async close(): Promise<void> {
    await this.#member.leave();
    await Promise.all([this.#session.drop(), this.#definitions.close()]);
  }

  /** The partitions go to the others meanwhile. */
  async #waitPaused(signal: AbortSignal): Promise<void> {
    const { board, logger, control } = this.#options;
    await this.#member.leave();
    board.pause();
    logger.warn('Paused; POST /tasks/NAME/resume, or a new start, goes on');
    await control.untilResumed(signal);
    board.begin();
    logger.info('Resumed');
  }

  async #attempt(onProgress: () => void, signal: AbortSignal): Promise<void> {
    if (this.#options.untilHead) this.#until ??= await this.#readHead(signal);
    await this.#moveOnce(signal);
    for (;;) {
      const assignment = await this.#assigned(signal);
      const round = AbortSignal.any([signal, assignment.signal]);
      const watching = this.#watchTopics(round).catch(() => undefined);
      try {
        await consumeRound({
          ...this.#options,
          kafka: this.#kafka,
          session: this.#session,
          definitions: this.#definitions,
          router: this.#router,
          partitions: assignment.partitions,
          until: this.#until,
          commit: (marks) => this.#member.commit(marks),
          onProgress,
          signal: round,
        });
        return;
      } catch (thrown) {
        if (signal.aborted || !endedByRebalance(thrown, assignment)) throw thrown;
        await watching;
      }
    }
  }

  /** `--from` */
  async #moveOnce(signal: AbortSignal): Promise<void> {
    const { from, force = false, task, logger } = this.#options;
    if (from === undefined || this.#hasMoved) return;
    const moved = await moveOffsets({
      task,
      session: this.#session,
      topics: await this.#awaitTopics(signal),
      request: from,
      onlyNew: !force,
      action: 'consume --from',
      reason: force ? 'consume --from --force' : 'consume --from',
      signal,
    });
    this.#hasMoved = true;
    logger.info({ partitions: moved.length }, 'Partitions begin where --from says');
  }

  /** What the group gave us, as long as it stands. */
  async #assigned(signal: AbortSignal): Promise<Assignment> {
    const { logger } = this.#options;
    if (this.#assignment !== undefined && !this.#assignment.signal.aborted) return this.#assignment;
    this.#topics = await this.#awaitTopics(signal);
    const assignment = await this.#member.join([...this.#topics.keys()], signal);
    this.#assignment = assignment;
    logger.info(
      { group: this.#kafka.group, partitions: assignment.partitions.length },
      'The group gave partitions',
    );
    return assignment;
  }

  async #readHead(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const topics = await this.#readTopics(signal);
    return this.#session.until(signal, (cluster) => readOffsets(cluster, topics, 'next'));
  }

  async #readTopics(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const all = await this.#session.until(signal, listTopics);
    return new Map([...all].filter(([topic]) => this.#isChosen(topic)));
  }

  /** With nothing to read at the start there is nothing to catch up with. */
  async #awaitTopics(signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    for (let isFirst = true; ; isFirst = false) {
      const topics = await this.#readTopics(signal);
      if (topics.size > 0 || this.#until !== undefined) return topics;
      if (isFirst) this.#options.logger.info('No topic to read yet: waiting for one');
      await sleep(NO_TOPICS_EVERY_MS, signal);
    }
  }

  /** New topics, and new partitions, are given to members like the others. */
  async #watchTopics(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(TOPICS_EVERY_MS, signal);
      const topics = await this.#readTopics(signal);
      if (describe(topics) === describe(this.#topics)) continue;
      this.#member.rejoin('there are other topics');
      return;
    }
  }
}

function describe(topics: ReadonlyMap<string, number>): string {
  return JSON.stringify([...topics].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whatever ended it: its partitions are given anew. */
function endedByRebalance(thrown: unknown, { signal }: Assignment): boolean {
  if (!signal.aborted) return false;
  if (thrown instanceof Rebalance || thrown === signal.reason) return true;
  if (thrown instanceof TailraceError) return thrown.isTransient;
  return thrown instanceof Error && thrown.name === 'AbortError';
}
