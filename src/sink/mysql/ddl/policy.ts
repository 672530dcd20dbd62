import type { DdlSubject, SchemaChange } from '../../../core/change.ts';
import { TailraceError } from '../../../core/errors.ts';
import { formatCoordinates } from '../../../core/position.ts';
import { excerpt } from './excerpt.ts';
import type { DdlMode } from './host.ts';

/** Why a statement was not executed on the target; a label of the counter. */
export const DDL_SKIP_REASONS = [
  'ddl_ignored',
  'not_included',
  'already_there',
  'view_renamed',
  'view_definer_missing',
  'view_refused',
  'trigger',
  'routine',
  'event',
  'user',
  'server',
  'maintenance',
  'other',
] as const;
export type DdlSkipReason = (typeof DDL_SKIP_REASONS)[number];

/**
 * What happens to a statement, by what it is about:
 *
 * table, index, sequence, database: `task.target.ddl` decides; a refusal stops the task.
 * view: tried when nothing in it is renamed and its definer exists on the target, because users of
 *   a replica read through views; but a view holds no rows, so a refusal is counted and rows go on.
 * trigger: never, its effects are in the binlog as rows already.
 * event: never, it would change rows a second time; not even disabled, since bodies can't be rewritten.
 * routine: never, its body can't be checked against filter and names, and rows do not need it.
 * user, server: never, accounts and servers of the target are its own.
 * maintenance: never, it changes no content (ANALYZE, OPTIMIZE, FLUSH).
 * other: never (temporary tables, tablespaces, what nobody can read); were it about a table, the next row of that table would not fit and stop by name.
 */
const HANDLING: Readonly<Record<DdlSubject, 'mode' | 'attempt' | DdlSkipReason>> = {
  table: 'mode',
  index: 'mode',
  sequence: 'mode',
  database: 'mode',
  view: 'attempt',
  trigger: 'trigger',
  routine: 'routine',
  event: 'event',
  user: 'user',
  server: 'server',
  maintenance: 'maintenance',
  other: 'other',
};

export type DdlHandling =
  | { readonly kind: 'execute' }
  /** Executed, and counted as skipped where the target refuses. */
  | { readonly kind: 'attempt' }
  | { readonly kind: 'skip'; readonly reason: DdlSkipReason };

/** What to do with a statement. Throws TARGET_DDL_STOPPED where the task has to stop before it. */
export function handlingOf(change: SchemaChange, mode: DdlMode): DdlHandling {
  const handling = HANDLING[change.subject];
  if (handling !== 'mode' && handling !== 'attempt') return { kind: 'skip', reason: handling };
  if (mode === 'ignore') return { kind: 'skip', reason: 'ddl_ignored' };
  if (handling === 'attempt') {
    return mode === 'apply' ? { kind: 'attempt' } : { kind: 'skip', reason: 'ddl_ignored' };
  }
  if (mode === 'apply') return { kind: 'execute' };
  throw new TailraceError(
    'TARGET_DDL_STOPPED',
    `The source executed a DDL: ${excerpt(change.statement)}`,
    { place: { coordinates: formatCoordinates(change.coordinates) } },
  );
}
