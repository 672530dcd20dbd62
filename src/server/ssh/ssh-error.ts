import { TailraceError, type ErrorPlace } from '../../core/errors.ts';
import type { ServerEnd } from '../connect-options.ts';

const REFUSED = { source: 'SOURCE_SSH', target: 'TARGET_SSH' } as const;
const AWAY = { source: 'SOURCE_UNREACHABLE', target: 'TARGET_UNREACHABLE' } as const;

/** The SSH server refuses for good: its key is not the pinned one, or it does not let us in. */
export function sshRefusal(message: string, end: ServerEnd, place: ErrorPlace): TailraceError {
  return new TailraceError(REFUSED[end], message, { place });
}

/** It does not answer, or the host behind it does not: may pass. */
export function sshAway(
  message: string,
  end: ServerEnd,
  options: { readonly place: ErrorPlace; readonly cause?: unknown },
): TailraceError {
  return new TailraceError(AWAY[end], message, options);
}
