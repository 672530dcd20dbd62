import type { CheckpointStep } from '../../core/checkpoint.ts';
import { positionRecord, schemaRecords, type StateRecord } from './state-topic.ts';

/** What waits to be written to the state topic: a position, and what must be stored together with it. */
export class StateKeeper {
  #step: CheckpointStep | undefined;
  readonly #records = new Map<string, StateRecord>();
  #writtenAtMs = -Infinity;

  get hasNews(): boolean {
    return this.#step !== undefined;
  }

  msSinceWritten(nowMs: number): number {
    return nowMs - this.#writtenAtMs;
  }

  /** These transactions are done; a later one of the same key wins. */
  add(step: CheckpointStep | undefined, records: readonly StateRecord[]): void {
    for (const record of records) this.#records.set(record.key, record);
    if (step === undefined) return;
    this.#step = step;
    for (const record of schemaRecords(step.schemaDelta ?? new Map())) {
      this.#records.set(record.key, record);
    }
  }

  /** Everything, the position last. The caller sees to it that it is stored, or all ends. */
  take(nowMs: number): StateRecord[] {
    if (this.#step === undefined) return [];
    const records = [...this.#records.values(), positionRecord(this.#step)];
    this.#step = undefined;
    this.#records.clear();
    this.#writtenAtMs = nowMs;
    return records;
  }
}
