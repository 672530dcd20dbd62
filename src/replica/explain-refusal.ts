import { TailraceError, type ErrorPlace } from '../core/errors.ts';
import { fileNumber, formatCoordinates } from '../core/position.ts';
import { connectServer, type ServerConnection } from '../server/connect.ts';
import type { ServerOptions } from '../server/connect-options.ts';
import { errorFromServer, readDriverError } from '../server/error-from-server.ts';
import { readOptionalText } from '../server/row-reader.ts';
import { dumpRefusalOf, type DumpRefusal } from './dump-refusal.ts';
import { readBinlogFiles, readPurgedGtids } from './oldest-position.ts';
import type { DumpStart } from './replica-session.ts';

export interface RefusalContext {
  /** With the one host that was asked. */
  readonly server: ServerOptions;
  readonly serverId: number;
  readonly start: DumpStart;
  readonly place: ErrorPlace;
  /** Events of a file have come: what is unreadable later is damaged, not asked for wrongly. */
  readonly hasEvents: boolean;
  readonly signal: AbortSignal;
}

/**
 * A dump's error as the operator needs it: what was wanted, what there is, and the way out. For that
 * the source is asked once more; when it does not answer, its own words have to do.
 */
export async function explainRefusal(
  thrown: unknown,
  context: RefusalContext,
): Promise<TailraceError> {
  const refusal = dumpRefusalOf(thrown);
  if (refusal === undefined) return errorFromServer(thrown, 'source', context.place);
  const fact = { thrown, refusal, context };
  try {
    const connection = await connectServer(context.server, 'source', { signal: context.signal });
    try {
      return await explainWith(connection, fact);
    } finally {
      connection.destroy();
    }
  } catch {
    return refusalError(fact, '');
  }
}

/**
 * The server ended the dump without a word. MySQL 5.6 does so to a replica whose server id another
 * one takes: then the id is registered although our own thread is gone.
 */
export async function explainEnd(
  threadId: number,
  context: RefusalContext,
): Promise<TailraceError> {
  const { server, signal, serverId } = context;
  const connection = await connectServer(server, 'source', { signal });
  try {
    if (connection.info.flavor === 'mysql' && connection.info.versionNumber < 50700) {
      await hasEnded(connection, threadId);
      const replicas = await connection.query('SHOW SLAVE HOSTS');
      if (replicas.some((row) => readOptionalText(row, 'Server_id') === String(serverId))) {
        const fact = { thrown: undefined, refusal: 'duplicate-server-id', context } as const;
        return refusalError(fact, await describeReplicas(connection));
      }
    }
  } finally {
    connection.destroy();
  }
  return new TailraceError('SOURCE_CONNECTION_LOST', 'the source ended the dump', {
    place: context.place,
  });
}

/** A thread that says goodbye is still listed for a moment. */
async function hasEnded(connection: ServerConnection, threadId: number): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const rows = await connection.query('SHOW PROCESSLIST');
    if (!rows.some((row) => readOptionalText(row, 'Id') === String(threadId))) return;
    await connection.query('DO SLEEP(0.05)');
  }
}

interface RefusalFact {
  readonly thrown: unknown;
  readonly refusal: DumpRefusal;
  readonly context: RefusalContext;
}

async function explainWith(
  connection: ServerConnection,
  fact: RefusalFact,
): Promise<TailraceError> {
  switch (fact.refusal) {
    case 'duplicate-server-id':
      return refusalError(fact, await describeReplicas(connection));
    case 'no-such-file': {
      const isGone = await isBeforeOldest(connection, fact);
      const refusal = isGone ? 'purged' : 'unknown';
      return refusalError({ ...fact, refusal }, await describeOldest(connection));
    }
    case 'purged':
    case 'unknown':
      return refusalError(fact, await describeOldest(connection));
    case 'binlog-off':
    case 'unreadable':
    case 'other':
      return refusalError(fact, '');
  }
}

async function isBeforeOldest(
  connection: ServerConnection,
  { context }: RefusalFact,
): Promise<boolean> {
  // A file that went away while it was being read can only have been purged.
  if (context.hasEvents || context.start.kind === 'gtid') return true;
  const [oldest] = await readBinlogFiles(connection);
  const wanted = fileNumber(context.start.coordinates.file);
  return oldest !== undefined && wanted < fileNumber(oldest.name);
}

/** ` The oldest that it has: binlog.000007:4, and of GTIDs all but …`. */
export async function describeOldest(connection: ServerConnection): Promise<string> {
  const [oldest] = await readBinlogFiles(connection);
  if (oldest === undefined) return '';
  const purged = await readPurgedGtids(connection, oldest);
  const gtids = purged === '' ? '' : ` (after GTIDs ${shorten(purged)})`;
  return `; the oldest that is available is ${oldest.name}:4${gtids}`;
}

/** Who else reads the binlog now. */
async function describeReplicas(connection: ServerConnection): Promise<string> {
  const rows = await connection.query('SHOW FULL PROCESSLIST');
  const others = rows
    .filter((row) => (readOptionalText(row, 'Command') ?? '').startsWith('Binlog Dump'))
    .map((row) => `${readOptionalText(row, 'User') ?? ''}@${readOptionalText(row, 'Host') ?? ''}`);
  return others.length === 0 ? '' : `; now connected as replicas: ${others.join(', ')}`;
}

function refusalError(fact: RefusalFact, more: string): TailraceError {
  const { thrown, refusal, context } = fact;
  const { errno, message } = readDriverError(thrown);
  const options = {
    place: { ...context.place, ...(errno === undefined ? {} : { errno }) },
    cause: thrown,
  };
  const wanted = formatStart(context.start);
  switch (refusal) {
    case 'purged':
      return new TailraceError(
        'SOURCE_POSITION_PURGED',
        `the source no longer has its binlog from ${wanted} on${more}`,
        options,
      );
    case 'no-such-file':
    case 'unknown':
      return new TailraceError(
        'SOURCE_POSITION_UNKNOWN',
        `${wanted} is no position of this source: ${message}${more}`,
        options,
      );
    case 'duplicate-server-id':
      return new TailraceError(
        'SOURCE_SERVER_ID_TAKEN',
        `another replica with our server id ${context.serverId} connected to the source${more}`,
        options,
      );
    case 'binlog-off':
      return new TailraceError('SOURCE_BINLOG_OFF', message, options);
    case 'unreadable':
      return unreadableError(context, message, options);
    case 'other':
      return new TailraceError('SOURCE_REFUSED', message, options);
  }
}

/** Right at a start by file and offset the offset is to blame; later the file is. */
function unreadableError(
  context: RefusalContext,
  message: string,
  options: { readonly place: ErrorPlace; readonly cause: unknown },
): TailraceError {
  if (context.hasEvents || context.start.kind === 'gtid') {
    return new TailraceError('SOURCE_CORRUPT_EVENT', message, options);
  }
  return new TailraceError(
    'SOURCE_POSITION_UNKNOWN',
    `no event begins at ${formatStart(context.start)}: ${message}`,
    options,
  );
}

export function formatStart(start: DumpStart): string {
  if (start.kind === 'coordinates') return formatCoordinates(start.coordinates);
  return start.gtidSet.isEmpty ? 'its beginning' : `GTIDs ${shorten(start.gtidSet.toString())}`;
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
