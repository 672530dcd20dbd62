import type { TaskStore } from '../checkpoint/task-store.ts';
import { requireSource } from '../config/server-options.ts';
import type { TaskConfig } from '../config/schema.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import { TailraceError } from '../core/errors.ts';
import { isReached } from '../core/position-order.ts';
import { describePosition, type Position } from '../core/position.ts';
import { buildTable } from '../schema/build-table.ts';
import { captureSchema } from '../schema/capture.ts';
import type { ServerConnection } from '../server/connect.ts';
import type { ScanContext } from '../source/binlog/position-scan.ts';
import { goesBack, measureSpan, type Span } from '../source/binlog/span.ts';
import { checkpointPlaces, readLowest, sinkNameOf } from './checkpoint-places.ts';
import { forgetServers } from './remembered-servers.ts';
import { withSource } from './resolve-on.ts';
import { clearSkips } from './skip-marker.ts';
import { routerOf } from './task-setup.ts';

/** Where to go, found with a connection to the source. */
export interface Destination {
  readonly position: Position;
  /** What the target holds already beyond the position, known from elsewhere. */
  readonly replayUntil?: Position;
}

export interface ReplaceOptions {
  readonly task: TaskConfig;
  /** Of this task, and locked: nobody else runs it. */
  readonly store: TaskStore;
  readonly find: (context: ScanContext) => Promise<Destination>;
  /** For the audit table. */
  readonly action: string;
  readonly reason: string;
  /** Refuse when the task has a checkpoint already. */
  readonly onlyIfNone: boolean;
  /** Go back even where a table has no key by which rows could be replayed. */
  readonly force: boolean;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
}

export interface Replaced {
  readonly checkpoint: Checkpoint;
  /** undefined: there was none before. */
  readonly span: Span | 'unreadable' | undefined;
  readonly replayUntil: Position | undefined;
}

/**
 * Puts a checkpoint in every place that keeps one. The stored definitions are forgotten: those of the
 * new position are learned at the next start. Numbers go on from where they were.
 *
 * Going back: up to the old checkpoint the target replays by key what it holds already.
 */
export async function replaceCheckpoint(options: ReplaceOptions): Promise<Replaced> {
  const { task, store, signal } = options;
  const places = checkpointPlaces(task);
  const sink = sinkNameOf(task);
  const present = (await readLowest(places, signal))?.state ?? store.load(sink);
  if (options.onlyIfNone && present !== undefined) {
    throw new TailraceError(
      'USAGE',
      `Task "${task.name}" has a checkpoint already: ${describePosition(present.checkpoint.position)}.`,
      { place: { task: task.name }, next: 'Leave --from away, or add --force to replace it.' },
    );
  }
  const old = present?.checkpoint.position;
  const held = await Promise.all(places.map((place) => place.held(signal)));
  const found = await withSource(requireSource(task), signal, async (context) => {
    const destination = await options.find(context);
    const span = old && (await measureSpan(old, destination.position, context));
    const until = replayOf(destination, held.flat());
    if (until !== undefined && !options.force) await refuseKeyless(context.connection, task);
    return { ...destination, span, replayUntil: until };
  });
  const checkpoint = { seq: present?.checkpoint.seq ?? 0, position: found.position };
  const replaced = { checkpoint, span: found.span, replayUntil: found.replayUntil };
  if (options.isDryRun) return replaced;
  const { action, reason } = options;
  const state = { checkpoint, schema: new Map<string, string>() };
  for (const place of places) {
    await place.replace(state, { action, reason, replayUntil: found.replayUntil }, signal);
  }
  for (const name of new Set([sink, ...store.sinks])) store.replace(state, name);
  clearSkips(store);
  forgetServers(store);
  return replaced;
}

/** The farthest that the target has been, if the destination is behind it. */
function replayOf(
  { position, replayUntil }: Destination,
  known: readonly Position[],
): Position | undefined {
  let farthest = replayUntil;
  for (const one of known) {
    if (farthest === undefined || isReached(one, farthest)) farthest = one;
  }
  return farthest !== undefined && goesBack(farthest, position) ? farthest : undefined;
}

const NAMED = 5;

/** Without a key a row that comes again is a second row. */
async function refuseKeyless(connection: ServerConnection, task: TaskConfig): Promise<void> {
  const router = routerOf(task);
  const { tables } = await captureSchema(connection, {
    includeTable: (name) => router.isIncluded(name),
  });
  const keyless = tables.filter((definition) => {
    const { primaryKey, uniqueKeys } = buildTable(definition);
    return primaryKey.length === 0 && !uniqueKeys.some(({ isRowIdentity }) => isRowIdentity);
  });
  if (keyless.length === 0) return;
  const names = keyless.slice(0, NAMED).map(({ database, name }) => `${database}.${name}`);
  const more = keyless.length > NAMED ? ` and ${keyless.length - NAMED} more` : '';
  throw new TailraceError(
    'USAGE',
    `Going back would write rows of ${names.join(', ')}${more} a second time: no key to find them by.`,
    {
      place: { task: task.name },
      next: 'Exclude these tables meanwhile, empty and copy them anew, or add --force and mend them after (tailrace inspect --repair).',
    },
  );
}
