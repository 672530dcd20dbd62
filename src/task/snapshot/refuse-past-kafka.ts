import { TailraceError } from '../../core/errors.ts';
import { formatPosition } from '../../core/position.ts';
import { checkpointPlaces } from '../checkpoint-places.ts';
import type { SnapshotTask } from './snapshot-options.ts';

/**
 * A copy moves the target's mark to where it ends, and `run` begins at the lower of both marks by their numbers. What
 * Kafka had not got by then would be passed over, and nobody would know.
 */
export async function refusePastKafka({ task, signal }: SnapshotTask): Promise<void> {
  const place = checkpointPlaces(task).find(({ sink }) => sink === 'kafka');
  const published = await place?.read(signal);
  if (published === undefined) return;
  throw new TailraceError(
    'SNAPSHOT_NOT_NEEDED',
    `Task "${task.name}" has published up to ${formatPosition(published.checkpoint.position)}: a copy of the target alone would pass over what comes next for Kafka.`,
    {
      place: { task: task.name },
      next: 'Copy with a [[task]] of its own that has no [task.kafka], and let that one replicate to the target.',
    },
  );
}
