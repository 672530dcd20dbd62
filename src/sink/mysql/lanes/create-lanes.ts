import type { MysqlSinkOptions } from '../mysql-sink-options.ts';
import type { OwnedTarget } from '../owned-target.ts';
import { Lanes } from './lanes.ts';
import { openLane } from './open-lane.ts';

/**
 * The lanes beside a session, where the task wants more than one connection. Not of a consumer, whose partitions have an
 * order of their own each; nor while a copy writes beside us.
 */
export function createLanes(
  options: MysqlSinkOptions,
  owned: OwnedTarget,
  { takesImages, signal }: { readonly takesImages: boolean; readonly signal: AbortSignal },
): Lanes | undefined {
  const { lanes: count = 1, consumer, isCopying, apply, server, sqlLogBin, logger } = options;
  if (count === 1 || consumer !== undefined || isCopying === true) return undefined;
  if (apply === 'in_order') return undefined;
  return new Lanes({
    count,
    open: (number, watched) =>
      openLane({ number, owned, takesImages, watched, server, sqlLogBin }, signal),
    onFailure: (error) => {
      logger.warn({ error }, 'A lane could not be opened; trying again');
    },
  });
}
