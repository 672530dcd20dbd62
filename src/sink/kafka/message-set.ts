import type { CheckpointStep } from '../../core/checkpoint.ts';
import { mergeDeltas } from '../../core/schema-state.ts';
import type { Ticket } from '../../core/ticket.ts';
import type { OpenBatch } from '../../kafka/batch-producer.ts';
import {
  BATCH_OVERHEAD,
  RecordBatchWriter,
  recordSize,
  type RecordBytes,
} from '../../kafka/record-batch.ts';
import type { TopicInfo } from '../../kafka/topic-directory.ts';
import type { StateRecord } from './state-topic.ts';

/** A larger batch gains nothing more, and holds up what is behind it. */
const BATCH_BYTES = 1_000_000;
/** Of all batches of a set together. */
const SET_BYTES = 4 << 20;

/** Writers that were acknowledged, to be used again: their buffers have grown to what is needed. */
export class WriterPool {
  readonly #free: RecordBatchWriter[] = [];

  take(): RecordBatchWriter {
    return this.#free.pop() ?? new RecordBatchWriter();
  }

  give(writer: RecordBatchWriter): void {
    writer.reset();
    if (this.#free.length < MAX_FREE && writer.capacity <= MAX_KEPT_BYTES) this.#free.push(writer);
  }
}

const MAX_FREE = 64;
const MAX_KEPT_BYTES = 2 << 20;

/**
 * What goes out together: at most one batch for each partition, which is what one request can carry; and
 * the promises that are kept once it is acknowledged.
 */
export class MessageSet {
  readonly tickets: Ticket[] = [];
  /** Where the last transaction that ends in it leaves off. */
  step: CheckpointStep | undefined;
  /** Of those transactions: to be stored together with a position that passes them. */
  readonly stateRecords: StateRecord[] = [];
  /** No transaction goes on behind it. */
  isWhole = true;
  transactions = 0;
  messages = 0;
  bytes = 0;
  readonly #batches: OpenBatch[] = [];
  /** By topic, then by partition: no key is put together for each message. */
  readonly #places = new Map<string, OpenBatch[]>();
  readonly #pool: WriterPool;
  #largest = 0;

  constructor(pool: WriterPool) {
    this.#pool = pool;
  }

  /** Where its last transaction so far leaves off; what it changed in the schema state is added up. */
  addStep(step: CheckpointStep): void {
    const schemaDelta = mergeDeltas(this.step?.schemaDelta, step.schemaDelta);
    this.step = { ...step, schemaDelta };
  }

  get batches(): readonly OpenBatch[] {
    return this.#batches;
  }

  get hasMessages(): boolean {
    return this.#batches.length > 0;
  }

  get isEmpty(): boolean {
    return this.tickets.length === 0 && this.#batches.length === 0;
  }

  /** Enough in it that waiting for more is no use. */
  get isHalfFull(): boolean {
    return this.bytes >= SET_BYTES / 2 || this.#largest >= BATCH_BYTES / 2;
  }

  /** False: there is no room for it. A record that alone is larger than a batch should be has one of its own. */
  append(topic: TopicInfo, partition: number, record: RecordBytes, nowMs: number): boolean {
    const size = recordSize(record);
    if (this.bytes + size > SET_BYTES && this.bytes > 0) return false;
    const known = this.#places.get(topic.name)?.[partition];
    const { writer } = known ?? this.#begin(topic.name, partition);
    const before = writer.byteLength;
    if (known !== undefined && before + size > Math.min(topic.maxBatchBytes, BATCH_BYTES)) {
      return false;
    }
    writer.append(record, nowMs);
    const after = writer.byteLength;
    this.bytes += after - before;
    if (after > this.#largest) this.#largest = after;
    this.messages += 1;
    return true;
  }

  #begin(topic: string, partition: number): OpenBatch {
    const batch = { topic, partition, writer: this.#pool.take() };
    const batches = this.#places.get(topic) ?? [];
    batches[partition] = batch;
    this.#places.set(topic, batches);
    this.#batches.push(batch);
    return batch;
  }

  /** Nothing of it will be acknowledged. */
  fail(reason: Error): void {
    for (const ticket of this.tickets) ticket.fail(reason);
    this.tickets.length = 0;
  }

  /** Acknowledged, or given up: its buffers may be used for others. */
  release(): void {
    for (const { writer } of this.#batches) this.#pool.give(writer);
    this.#batches.length = 0;
    this.#places.clear();
  }
}

/** The batch of this record alone. */
export function loneBatchBytes(record: RecordBytes): number {
  return BATCH_OVERHEAD + recordSize(record);
}
