import type { FetchedPartition } from '../../kafka/fetch-request.ts';
import { readBatches, type RecordBatch } from '../../kafka/record-reader.ts';

/**
 * What a reader of committed messages sees of a fetch: batches of aborted transactions and control batches come without
 * their records. The fetch names the transactions that were aborted, each from its first offset to its control batch.
 */
export function* committedBatches(
  { records, aborted }: FetchedPartition,
  offset: number,
): Generator<RecordBatch> {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  for (const batch of readBatches(records, offset)) {
    while (pending[0] !== undefined && pending[0].firstOffset < batch.nextOffset) {
      open.add(pending[0].producerId);
      pending.shift();
    }
    if (batch.isControl) {
      if (batch.isAbort) open.delete(batch.producerId);
      yield { ...batch, records: [] };
    } else if (batch.isInTransaction && open.has(batch.producerId)) {
      yield { ...batch, records: [] };
    } else yield batch;
  }
}
