import type { TaskStore } from '../../checkpoint/task-store.ts';
import { toTailraceError } from '../../core/errors.ts';
import { isStop, retryForever } from '../retry-forever.ts';
import { keepLetters, letterReader } from '../read-letters.ts';
import { openConsumerStore } from './consumer-store.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';

export type ConsumeTaskOptions = Omit<ConsumerOptions, 'store'>;

const SAVE_EVERY_MS = 1000;

/** Kafka → target for one task. Resolves when it was stopped or has caught up; throws what refused it. */
export async function consumeTask(options: ConsumeTaskOptions): Promise<void> {
  const { board, signal, logger, task, config } = options;
  const { stateDir } = config;
  try {
    const store = await retryForever(
      () => openConsumerStore({ stateDir, task: task.name, signal, logger }),
      { board, logger, signal },
    );
    await consumeWithStore(options, store);
  } catch (thrown) {
    if (isStop(thrown, signal)) {
      board.end();
      return;
    }
    const error = toTailraceError(thrown).at({ task: task.name });
    board.fail(error);
    throw error;
  }
}

async function consumeWithStore(options: ConsumeTaskOptions, store: TaskStore): Promise<void> {
  const { board, task, signal } = options;
  const saveStatus = (): void => {
    // A full disk must not be a crash: the target holds what counts.
    tryQuietly(() => {
      store.saveStatus(JSON.stringify(board.status()));
    });
  };
  board.followLetters(letterReader(store));
  const timer = setInterval(saveStatus, SAVE_EVERY_MS);
  const consumer = new Consumer({ ...options, store });
  try {
    await consumer.run();
    // Before the last save, which shows how it ended.
    board.end();
  } catch (thrown) {
    if (isStop(thrown, signal)) board.end();
    else board.fail(toTailraceError(thrown).at({ task: task.name }));
    throw thrown;
  } finally {
    clearInterval(timer);
    await consumer.close();
    saveStatus();
    board.followLetters(keepLetters(board));
    store.close();
  }
}

function tryQuietly(work: () => void): void {
  try {
    work();
  } catch {
    // The caller has nothing better to do about it.
  }
}
