import type { TaskConfig } from '../../config/schema.ts';
import { requireSource, requireTarget, serverOptions } from '../../config/server-options.ts';
import { toTailraceError } from '../../core/errors.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { Poller } from '../../poll/poller.ts';
import { connectServer } from '../../server/connect.ts';
import { openMysqlCopyTarget } from '../../sink/mysql/copy/mysql-copy-target.ts';
import { describeSource } from '../../source/binlog/describe-source.ts';
import { readHead } from '../../source/binlog/read-head.ts';
import { isStop } from '../retry-forever.ts';
import { runAttempts } from '../run-attempts.ts';
import type { TaskBoard } from '../task-board.ts';
import type { TaskControl } from '../task-control.ts';
import { routerOf } from '../task-setup.ts';
import { pollWriteOf } from './poll-write.ts';
import { PollCounter } from './poll-counter.ts';
import type { TargetTurn } from './target-turn.ts';

export interface PollTaskOptions {
  readonly task: TaskConfig;
  readonly board: TaskBoard;
  readonly control: TaskControl;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What an earlier round left is gone on with after so long, though a stream may have been at work since. */
const MARKS_LAST_MS = 600_000;

/** Polling alone: until it is stopped, or one round long. */
export async function runPoll(options: PollTaskOptions, untilHead: boolean): Promise<void> {
  const { board, task } = options;
  const counter = new PollCounter(board);
  await runAttempts(async (signal, onProgress) => {
    const session = await openPoller({ ...options, signal }, { counter, turn: undefined });
    try {
      for (;;) {
        await session.poller.round();
        onProgress();
        counter.endRound(session.poller);
        if (board.state !== 'polling') board.work('polling');
        else board.notePolled();
        if (untilHead) return;
        await sleep(task.poll.everySeconds * 1000, signal);
      }
    } catch (thrown) {
      if (!isStop(thrown, signal)) counter.fail(toTailraceError(thrown));
      throw thrown;
    } finally {
      counter.leave(session.poller);
      await session.close();
    }
  }, options);
}

/** Polling while the stream is away. A fault is told and tried again: it ends nothing. Resolves with the signal. */
export async function pollBesideStream(options: PollTaskOptions, turn: TargetTurn): Promise<void> {
  const { board, task, logger, signal } = options;
  const everyMs = task.poll.everySeconds * 1000;
  const counter = new PollCounter(board);
  counter.stepBack();
  try {
    for (;;) {
      await sleep(everyMs, signal);
      if (options.control.isPaused || (turn.freeForMs ?? 0) < everyMs) continue;
      const leave = turn.tryTake();
      if (leave === undefined) continue;
      logger.warn('The stream is away: polling until it comes back');
      try {
        await pollUntilWanted(options, { counter, turn });
      } catch (thrown) {
        if (isStop(thrown, signal)) throw thrown;
        const error = toTailraceError(thrown);
        counter.fail(error);
        logger.warn({ error }, 'A round of polling failed');
      } finally {
        counter.stepBack();
        leave();
      }
    }
  } catch (thrown) {
    if (!isStop(thrown, signal)) throw thrown;
  }
}

interface Beside {
  readonly counter: PollCounter;
  /** undefined: nobody else writes. */
  readonly turn: TargetTurn | undefined;
}

async function pollUntilWanted(options: PollTaskOptions, beside: Beside): Promise<void> {
  const { task, signal, control } = options;
  const { counter, turn } = beside;
  const session = await openPoller(options, beside);
  const mustLeave = (): boolean => turn?.isWanted === true || control.isPaused;
  try {
    while (!mustLeave()) {
      const isWhole = await session.poller.round();
      if (isWhole) counter.endRound(session.poller);
      const until = Date.now() + task.poll.everySeconds * 1000;
      while (!mustLeave() && Date.now() < until) await sleep(LOOK_MS, signal);
    }
  } finally {
    counter.leave(session.poller);
    await session.close();
  }
}

/** How often it is looked whether the stream is back. */
const LOOK_MS = 50;

interface PollSession {
  readonly poller: Poller;
  close(): Promise<void>;
}

async function openPoller(
  { task, logger, signal }: PollTaskOptions,
  { counter, turn }: Beside,
): Promise<PollSession> {
  const target = requireTarget(task);
  const { poll } = task;
  const source = await connectServer(serverOptions(requireSource(task)), 'source', { signal });
  const destroySource = (): void => {
    source.destroy();
  };
  // An abort must not wait for a long read.
  signal.addEventListener('abort', destroySource);
  try {
    const copyTarget = await openMysqlCopyTarget(
      {
        task: task.name,
        server: serverOptions(target),
        stateDatabase: target.stateDatabase,
        sqlLogBin: target.sqlLogBin,
        allowNontransactional: target.allowNontransactional,
        router: routerOf(task),
        writers: 1,
        source: await describeSource(source),
        purpose: 'poll',
      },
      signal,
    );
    const poller: Poller = new Poller({
      source,
      target: copyTarget,
      router: routerOf(task),
      writeOf: (name) => pollWriteOf(task, name),
      batch: poll.batch,
      lookBackMs: poll.lookBackSeconds * 1000,
      startsAtTarget: poll.start === 'target' || turn !== undefined,
      marksLastMs: turn === undefined ? Infinity : MARKS_LAST_MS,
      makesTables: target.ddl === 'apply',
      readHead: turn === undefined ? undefined : readHead,
      shouldYield: () => turn?.isWanted === true,
      onProgress: () => {
        counter.observe(poller);
      },
      logger,
      signal,
    });
    return {
      poller,
      close: async () => {
        signal.removeEventListener('abort', destroySource);
        await copyTarget.close();
        await source.close();
      },
    };
  } catch (thrown) {
    source.destroy();
    throw thrown;
  }
}
