import { createHash } from 'node:crypto';
import type { Checkpoint } from '../../core/checkpoint.ts';
import { partitionName, type PartitionMark } from '../../core/position.ts';
import type { Transaction } from '../../core/transaction.ts';
import { DdlExecutor } from './ddl/executor.ts';
import type { DdlHost } from './ddl/host.ts';

/**
 * The executor of a task's DDL; of a consumer one for each partition, because each partition has a DDL of its own under
 * way at most, and another consumer of the same task has its own.
 */
export class DdlExecutors {
  readonly #host: DdlHost;
  readonly #ofTask: DdlExecutor;
  readonly #ofPartitions = new Map<string, DdlExecutor>();

  constructor(host: DdlHost) {
    this.#host = host;
    this.#ofTask = new DdlExecutor(host);
  }

  /** At the start of a task. Of a consumer nothing: see `of`. */
  async resumePending(checkpoint: Checkpoint | undefined, signal: AbortSignal): Promise<void> {
    if (checkpoint?.position.kind === 'kafka') return;
    await this.#ofTask.resumePending(checkpoint, signal);
  }

  async of(transaction: Transaction, signal: AbortSignal): Promise<DdlExecutor> {
    const mark = markOf(transaction);
    if (mark === undefined) return this.#ofTask;
    const name = partitionName(mark);
    const known = this.#ofPartitions.get(name);
    if (known !== undefined) return known;
    const executor = new DdlExecutor({ ...this.#host, task: partitionTask(this.#host.task, name) });
    // What is pending of an earlier message was done by whoever passed it.
    const passed = { seq: ddlSeq(transaction) - 1, position: transaction.resumeAt };
    if (passed.position !== undefined) {
      await executor.resumePending({ seq: passed.seq, position: passed.position }, signal);
    }
    this.#ofPartitions.set(name, executor);
    return executor;
  }
}

/** The same number whenever the DDL comes again. */
export function ddlSeq(transaction: Transaction): number {
  return markOf(transaction) === undefined ? transaction.seq : transaction.coordinates.offset;
}

function markOf({ resumeAt }: Transaction): PartitionMark | undefined {
  if (resumeAt?.kind !== 'kafka') return undefined;
  const [mark] = resumeAt.offsets.values();
  return mark;
}

/** At most 64 characters, as the state tables have it. */
function partitionTask(task: string, name: string): string {
  return `${task}#${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
