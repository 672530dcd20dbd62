import type { TaskStore } from '../checkpoint/task-store.ts';

/** A transaction that the operator chose to pass at the next start. */
export interface SkipMarker {
  readonly gtid: string | undefined;
  /** Its number in the task's history: says it where there are no GTIDs. */
  readonly seq: number;
  readonly reason: string;
}

const KEY = 'skip';

export function readSkips(store: TaskStore): readonly SkipMarker[] {
  const text = store.readMeta(KEY);
  if (text === undefined || text === '') return [];
  const read = JSON.parse(text) as SkipMarker | readonly SkipMarker[];
  return 'seq' in read ? [read] : read;
}

/** Adds one to those that the checkpoint, at `doneSeq`, has not passed yet. */
export function addSkip(store: TaskStore, marker: SkipMarker, doneSeq: number): void {
  const waiting = readSkips(store).filter(({ seq }) => seq > doneSeq && seq !== marker.seq);
  store.writeMeta(KEY, JSON.stringify([...waiting, marker]));
}

export function clearSkips(store: TaskStore): void {
  store.writeMeta(KEY, '');
}

export function isMarked(
  markers: readonly SkipMarker[],
  gtid: string | undefined,
  seq: number,
): boolean {
  return markers.some((one) => (one.gtid === undefined ? one.seq === seq : one.gtid === gtid));
}
