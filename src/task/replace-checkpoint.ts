import type { TaskStore } from '../checkpoint/task-store.ts';
import { requireSource } from '../config/server-options.ts';
import type { TaskConfig } from '../config/schema.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import { TailraceError } from '../core/errors.ts';
import { formatPosition, type PositionRequest } from '../core/position.ts';
import { checkpointPlaces, readLowest, sinkNameOf } from './checkpoint-places.ts';
import { forgetServers } from './remembered-servers.ts';
import { resolveOn } from './resolve-on.ts';
import { clearSkips } from './skip-marker.ts';

export interface ReplaceOptions {
  readonly task: TaskConfig;
  /** Of this task, and locked: nobody else runs it. */
  readonly store: TaskStore;
  readonly request: PositionRequest;
  /** For the audit table. */
  readonly action: string;
  readonly reason: string;
  /** Refuse when the task has a checkpoint already. */
  readonly onlyIfNone: boolean;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * Puts a checkpoint in every place that keeps one. The stored definitions are forgotten: those of the
 * new position are learned at the next start. Numbers go on from where they were.
 */
export async function replaceCheckpoint(options: ReplaceOptions): Promise<Checkpoint> {
  const { task, store, request, signal } = options;
  const places = checkpointPlaces(task);
  const sink = sinkNameOf(task);
  const present = (await readLowest(places, signal))?.state ?? store.load(sink);
  if (options.onlyIfNone && present !== undefined) {
    throw new TailraceError(
      'USAGE',
      `Task "${task.name}" has a checkpoint already: ${formatPosition(present.checkpoint.position)}.`,
      { place: { task: task.name }, next: 'Leave --from away, or add --force to replace it.' },
    );
  }
  const position = await resolveOn(requireSource(task), request, signal);
  const checkpoint = { seq: present?.checkpoint.seq ?? 0, position };
  if (options.isDryRun) return checkpoint;
  const { action, reason } = options;
  const state = { checkpoint, schema: new Map<string, string>() };
  for (const place of places) await place.replace(state, { action, reason }, signal);
  store.replace(state, sink);
  clearSkips(store);
  forgetServers(store);
  return checkpoint;
}
