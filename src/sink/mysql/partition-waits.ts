import type { ErrorCode } from '../../core/error-codes.ts';
import type { TailraceError } from '../../core/errors.ts';
import type { TopicPartition } from '../../core/position.ts';
import type { Transaction } from '../../core/transaction.ts';
import { systemClock } from '../../lib/clock.ts';

export interface PartitionWaitsOptions {
  readonly limitMs: number;
  /** A partition begins or ends to wait: nothing more of it need be read meanwhile. */
  readonly onChange: (partition: TopicPartition, error: TailraceError | undefined) => void;
}

/** What the messages of another partition may mend: a row that is still there, a table that is still to be made. */
const MENDABLE: ReadonlySet<ErrorCode> = new Set([
  'TARGET_CONFLICT',
  'TARGET_TABLE_MISSING',
  'TARGET_COLUMNS_DIFFER',
]);

interface Wait {
  readonly at: TopicPartition;
  readonly seq: number;
  readonly sinceMs: number;
}

/**
 * Partitions whose next transaction met something that another partition's messages may still resolve. It is tried again
 * until the limit is over; the others go on meanwhile.
 */
export class PartitionWaits {
  readonly #options: PartitionWaitsOptions;
  readonly #waits = new Map<string, Wait>();

  constructor(options: PartitionWaitsOptions) {
    this.#options = options;
  }

  /** The earlier transaction of its partition that waits; undefined: none. */
  seqBefore(transaction: Transaction): number | undefined {
    if (this.#waits.size === 0) return undefined;
    const wait = this.#waits.get(partitionOf(transaction).name);
    return wait !== undefined && wait.seq < transaction.seq ? wait.seq : undefined;
  }

  /** It may still be mended by others: the transaction is no conflict yet. */
  isPatient(transaction: Transaction): boolean {
    const wait = this.#waits.get(partitionOf(transaction).name);
    if (wait?.seq !== transaction.seq) return this.#options.limitMs > 0;
    return systemClock.monotonicMs() - wait.sinceMs < this.#options.limitMs;
  }

  /** False: the error stands. */
  begin(transaction: Transaction, error: TailraceError): boolean {
    if (!MENDABLE.has(error.code) || !this.isPatient(transaction)) return false;
    const { name, at } = partitionOf(transaction);
    if (this.#waits.get(name)?.seq !== transaction.seq) {
      this.#waits.set(name, { at, seq: transaction.seq, sinceMs: systemClock.monotonicMs() });
      this.#options.onChange(at, error);
    }
    return true;
  }

  /** It was applied, or its error stands. */
  end(transaction: Transaction): void {
    const { name, at } = partitionOf(transaction);
    if (this.#waits.get(name)?.seq !== transaction.seq) return;
    this.#waits.delete(name);
    this.#options.onChange(at, undefined);
  }
}

export function partitionOf({ resumeAt }: Transaction): { name: string; at: TopicPartition } {
  if (resumeAt?.kind === 'kafka') {
    if (resumeAt.only !== undefined) return resumeAt.only;
    for (const [name, at] of resumeAt.offsets) return { name, at };
  }
  return { name: '', at: { topic: '', partition: 0 } };
}
