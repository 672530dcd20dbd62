import { readdirSync } from 'node:fs';
import { openTaskStore, type TaskStore } from '../../checkpoint/task-store.ts';
import { TailraceError } from '../../core/errors.ts';
import type { Logger } from '../../lib/logger.ts';

export interface ConsumerStoreOptions {
  readonly stateDir: string;
  readonly task: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Of one machine. */
const MAX_PROCESSES = 1000;
const CONSUMER_FILE = /\.consume-(?<number>\d+)\.sqlite$/;

export function consumerStoreName(task: string, number: number): string {
  return `${task}.consume-${number}`;
}

/** The state files that consumers of the task have left here, or use now. */
export function consumerStoreNames(stateDir: string, task: string): readonly string[] {
  return entriesOf(stateDir)
    .flatMap((file) => {
      const number = CONSUMER_FILE.exec(file)?.groups?.['number'];
      return number !== undefined && file === `${consumerStoreName(task, Number(number))}.sqlite`
        ? [Number(number)]
        : [];
    })
    .sort((a, b) => a - b)
    .map((number) => consumerStoreName(task, number));
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing ran here yet.
    return [];
  }
}

/** Several processes of one task may run here: each takes the first state file that nobody has. */
export async function openConsumerStore(options: ConsumerStoreOptions): Promise<TaskStore> {
  const { stateDir, signal, logger } = options;
  for (let number = 1; number <= MAX_PROCESSES; number++) {
    const task = consumerStoreName(options.task, number);
    try {
      // It holds nothing that the target does not know better.
      const common = { stateDir, task, signal, logger, lockTimeoutMs: 0 };
      return await openTaskStore({ ...common, recover: 'move-aside' });
    } catch (thrown) {
      if (!(thrown instanceof TailraceError) || thrown.code !== 'TASK_LOCKED') throw thrown;
    }
  }
  throw new TailraceError('TASK_LOCKED', `${MAX_PROCESSES} processes run ${options.task} here`);
}
