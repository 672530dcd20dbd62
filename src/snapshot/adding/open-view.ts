import { isReached } from '../../core/position-order.ts';
import type { Position } from '../../core/position.ts';
import { sleep } from '../../lib/sleep.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { readSnapshotPlace } from '../../server/snapshot-place.ts';

export interface ViewBehindOptions {
  readonly readHead: (source: ServerConnection) => Promise<Position>;
  /** Since when the stream has brought nothing of the table. */
  readonly quietMs: () => number;
  readonly signal: AbortSignal;
}

const RETRY_MS = 5;
/** A commit is in the binlog a moment before others see it; after so long it is trusted to be seen. */
const COMMIT_MS = 1_000;
const OPEN = 'START TRANSACTION WITH CONSISTENT SNAPSHOT';

/**
 * A consistent view in which everything up to `position` is seen. The binlog is no proof of that: a replica gets
 * a transaction before it is committed in the engine.
 */
export async function openViewBehind(
  source: ServerConnection,
  position: Position | undefined,
  options: ViewBehindOptions,
): Promise<void> {
  const isMariadb = source.info.flavor === 'mariadb';
  if (position === undefined) {
    await source.run(OPEN);
  } else if (isMariadb && (await openByPlace(source, position, options.signal))) {
    return;
  } else if (!isMariadb && position.kind === 'gtid') {
    // A GTID is in gtid_executed only once its transaction is visible.
    while (!isReached(await options.readHead(source), position)) {
      await sleep(RETRY_MS, options.signal);
    }
    await source.run(OPEN);
  } else {
    while (options.quietMs() < COMMIT_MS) await sleep(RETRY_MS * 10, options.signal);
    await source.run(OPEN);
  }
}

/** MariaDB tells the exact place of a view. False: it does not here. */
async function openByPlace(
  source: ServerConnection,
  { coordinates }: Position,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    await source.run(OPEN);
    const place = await readSnapshotPlace(source);
    if (place !== undefined && isReached(place, { kind: 'coordinates', coordinates })) return true;
    await source.run('ROLLBACK');
    if (place === undefined) return false;
    await sleep(RETRY_MS, signal);
  }
}
