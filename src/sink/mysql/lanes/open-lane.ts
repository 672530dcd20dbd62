import { TailraceError } from '../../../core/errors.ts';
import { CheckpointRow } from '../checkpoint-row.ts';
import { isRefusal, openImages } from '../images/open-images.ts';
import type { OwnedTarget } from '../owned-target.ts';
import { openTargetSession, type TargetSessionOptions } from '../target-session.ts';
import type { TargetTable } from '../target-table.ts';
import { Lane } from './lane.ts';
import { takeLaneLock } from './lane-lock.ts';
import { LaneMark } from './lane-mark.ts';

export interface LaneSettings extends TargetSessionOptions {
  readonly number: number;
  readonly owned: OwnedTarget;
  /** Rows go as images where they may. */
  readonly takesImages: boolean;
  readonly watched: WeakSet<TargetTable>;
}

/** A session beside the one that owns the task, on the same server, with the lane's own lock and row. */
export async function openLane(settings: LaneSettings, signal: AbortSignal): Promise<Lane> {
  const { number, owned, takesImages, watched, server, sqlLogBin } = settings;
  const { row, replay } = owned;
  if (!(row instanceof CheckpointRow)) {
    throw new TailraceError('INTERNAL_FAULT', 'lanes need the checkpoint row of a task');
  }
  const at = { ...server, hosts: [owned.session.info.host] };
  const session = await openTargetSession({ server: at, sqlLogBin }, signal);
  try {
    const mark = new LaneMark(row, number);
    await takeLaneLock(session.connection, row, number);
    await session.connection.run(mark.createStatement());
    if (takesImages) {
      const opened = await openImages(session.connection);
      if (isRefusal(opened)) throw new TailraceError('TARGET_UNAVAILABLE', opened.reason);
    }
    return new Lane(number, { session, row: mark, replay }, watched);
  } catch (thrown) {
    session.destroy();
    throw thrown;
  }
}
