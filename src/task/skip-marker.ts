import type { TaskStore } from '../checkpoint/task-store.ts';

/** The one transaction that the operator chose to pass at the next start. */
export interface SkipMarker {
  readonly gtid: string | undefined;
  /** Its number in the task's history: says it where there are no GTIDs. */
  readonly seq: number;
  readonly reason: string;
}

export function readSkip(store: TaskStore): SkipMarker | undefined {
  const text = store.readMeta('skip');
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as SkipMarker);
}

export function writeSkip(store: TaskStore, marker: SkipMarker | undefined): void {
  store.writeMeta('skip', marker === undefined ? '' : JSON.stringify(marker));
}

export function isMarked(
  marker: SkipMarker | undefined,
  gtid: string | undefined,
  seq: number,
): boolean {
  if (marker === undefined) return false;
  return marker.gtid === undefined ? marker.seq === seq : marker.gtid === gtid;
}
