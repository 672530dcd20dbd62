import type { CheckpointStep } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import type { PartitionMark, Position } from '../../core/position.ts';
import { mergeDeltas, type SchemaDelta } from '../../core/schema-state.ts';
import type { Transaction } from '../../core/transaction.ts';

/** Where the checkpoint stands once all of these are applied. */
export function stepOf(transactions: readonly Transaction[]): CheckpointStep {
  const last = transactions.at(-1);
  if (last?.resumeAt === undefined) {
    throw new TailraceError('INTERNAL_FAULT', 'a transaction came without a position behind it');
  }
  let schemaDelta: SchemaDelta | undefined;
  for (const one of transactions) schemaDelta = mergeDeltas(schemaDelta, one.schemaDelta);
  return { seq: last.seq, position: mergedPosition(transactions, last.resumeAt), schemaDelta };
}

/** Of several partitions: how far each is. */
function mergedPosition(transactions: readonly Transaction[], last: Position): Position {
  if (last.kind !== 'kafka' || transactions.length === 1) return last;
  const offsets = new Map<string, PartitionMark>();
  for (const { resumeAt } of transactions) {
    if (resumeAt?.kind !== 'kafka') continue;
    const { only } = resumeAt;
    if (only !== undefined) offsets.set(only.name, only.at);
    else for (const [name, mark] of resumeAt.offsets) offsets.set(name, mark);
  }
  return { kind: last.kind, coordinates: last.coordinates, offsets };
}
