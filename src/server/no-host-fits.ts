import { TailraceError } from '../core/errors.ts';
import type { ServerEnd } from './connect-options.ts';

/** One that may still pass keeps the task trying; each host is named with what was wrong with it. */
export function noHostFits(failures: readonly TailraceError[], end: ServerEnd): TailraceError {
  const first = failures.find(({ isTransient }) => isTransient) ?? failures[0];
  if (first === undefined) return new TailraceError('CONFIG_INVALID', `task.${end}.hosts is empty`);
  if (failures.length === 1) return first;
  const each = failures.map(({ place, message }) => `${place.host ?? ''}: ${message}`);
  return new TailraceError(first.code, `no host of the cluster will do: ${each.join('; ')}`, {
    cause: first,
    next: first.next,
  });
}
