import type { TaskStore } from '../checkpoint/task-store.ts';
import type { DeadLetterStatus } from '../status/task-status.ts';
import type { TaskBoard } from './task-board.ts';

const SHOWN = 10;
const EVERY_MS = 5000;

/** Reads the dead letters of a task now and then: each look at the status would be too often. */
export function letterReader(store: TaskStore): () => DeadLetterStatus {
  let readAtMs = -Infinity;
  let last: DeadLetterStatus = { count: 0, latest: [] };
  return () => {
    const nowMs = performance.now();
    if (nowMs - readAtMs < EVERY_MS) return last;
    readAtMs = nowMs;
    try {
      last = { count: store.deadLetterCount, latest: latestOf(store) };
    } catch {
      // What is wrong with the file stops the task by its checkpoint.
    }
    return last;
  };
}

/** For when the file is closed: what was seen last. */
export function keepLetters(board: TaskBoard): () => DeadLetterStatus {
  const { deadLetters } = board.status();
  return () => deadLetters;
}

function latestOf(store: TaskStore): DeadLetterStatus['latest'] {
  return store.latestDeadLetters(SHOWN).map(({ id, kind, table, reason, createdAtMs }) => ({
    id,
    kind,
    table: table ?? null,
    reason,
    at: new Date(createdAtMs).toISOString(),
  }));
}
