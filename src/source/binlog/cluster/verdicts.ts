import { TailraceError } from '../../../core/errors.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { isReplicating } from '../../../server/is-replicating.ts';

const SHOWN = 300;

/** The server lacks what we have: for good, or until it has applied what it was sent. */
export async function misses(connection: ServerConnection, gtids: string): Promise<TailraceError> {
  const { host } = connection.info;
  const place = { host };
  if (await isReplicating(connection)) {
    const message = `${host} has not applied ${shorten(gtids)} yet`;
    return new TailraceError('SOURCE_BEHIND', message, { place });
  }
  const message = `${host} lacks transactions that were taken from the cluster already: ${shorten(gtids)}`;
  return new TailraceError('SOURCE_MISSES_TRANSACTIONS', message, { place });
}

export function errant(connection: ServerConnection, gtids: string): TailraceError {
  const { host } = connection.info;
  const message = `${host} wrote transactions of its own before it had all of ours: ${shorten(gtids)}`;
  return new TailraceError('SOURCE_ERRANT_TRANSACTIONS', message, { place: { host } });
}

export function purged(connection: ServerConnection, gtids: string): TailraceError {
  const { host } = connection.info;
  const message = `${host} no longer has ${shorten(gtids)}, which comes next`;
  return new TailraceError('SOURCE_POSITION_PURGED', message, { place: { host } });
}

export function unproven(connection: ServerConnection, why: string): TailraceError {
  const { host } = connection.info;
  const message = `${host} is another server than the one that was read, and ${why}`;
  return new TailraceError('SOURCE_POSITION_UNKNOWN', message, {
    place: { host },
    next: 'Use GTIDs for failover, or give the place on that server: tailrace position set FILE:OFFSET.',
  });
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
