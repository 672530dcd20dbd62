import { createConnection, type Connection } from 'mysql2';
import { TailraceError } from '../core/errors.ts';
import { abortReason } from '../lib/until-aborted.ts';
import type { ServerEnd, ServerOptions } from './connect-options.ts';
import { driverOptions, secureConnection, type DriverExtras } from './driver-options.ts';
import { errorFromConnect } from './error-from-server.ts';
import { reachHost } from './reach-host.ts';
import { readServerInfo } from './read-server-info.ts';
import type { Row } from './row-reader.ts';
import { ServerConnection, streamOf } from './server-connection.ts';

export type { ServerConnection } from './server-connection.ts';

export interface ConnectExtras extends DriverExtras {
  readonly signal?: AbortSignal;
}

/** For the whole login: a frozen server may take the connection and then say nothing. */
const LOGIN_TIMEOUT_MS = 20_000;

/**
 * A known session whatever the server's defaults: no sql_mode (which would change how literals and
 * SHOW CREATE read), UTC, utf8mb4 also where the server ignores what clients ask for.
 */
const SESSION = "SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00', autocommit = 1";

/**
 * Logs in at the first of the hosts that lets us in. A host that is away is passed over; a refusal
 * (password, TLS) ends the search, since the next host would only hide it. Of several targets a read-only one is
 * passed over: nothing can be written there.
 */
export async function connectServer(
  options: ServerOptions,
  end: ServerEnd,
  extra: ConnectExtras = {},
): Promise<ServerConnection> {
  const failures: TailraceError[] = [];
  for (const host of options.hosts) {
    try {
      const connection = await connectHost(host, options, { end, extra });
      if (end !== 'target' || options.hosts.length === 1 || !connection.info.isReadOnly) {
        return connection;
      }
      connection.destroy();
      failures.push(
        new TailraceError('TARGET_UNAVAILABLE', 'it is read-only', { place: { host } }),
      );
    } catch (thrown) {
      extra.signal?.throwIfAborted();
      const failure = errorFromConnect(thrown, end, { host });
      if (!failure.isTransient) throw failure;
      failures.push(failure);
    }
  }
  throw summarize(failures, end);
}

interface ConnectContext {
  readonly end: ServerEnd;
  readonly extra: ConnectExtras;
}

async function connectHost(
  host: string,
  options: ServerOptions,
  { end, extra }: ConnectContext,
): Promise<ServerConnection> {
  extra.signal?.throwIfAborted();
  const reach = await reachHost(host, options, { end, signal: extra.signal });
  if (extra.signal?.aborted === true) {
    reach.close();
    throw abortReason(extra.signal);
  }
  const raw = createConnection(driverOptions(options, reach.near, extra));
  secureConnection(raw, options, reach.far);
  streamOf(raw).once('close', () => {
    reach.close();
  });
  const late = AbortSignal.timeout(LOGIN_TIMEOUT_MS);
  const signal = extra.signal === undefined ? late : AbortSignal.any([extra.signal, late]);
  try {
    await loggedIn(raw, signal);
    await queryRaw(raw, SESSION, signal);
    reach.seal();
    const info = await readServerInfo(host, (sql) => queryRaw(raw, sql, signal));
    return new ServerConnection(raw, info, end);
  } catch (thrown) {
    raw.on('error', ignore);
    raw.destroy();
    streamOf(raw).destroy();
    throw reach.explain(late.aborted ? new LateError() : thrown);
  }
}

/** In the driver's form, so that it is taken for what it is: nobody there. */
class LateError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor() {
    super(`no answer within ${LOGIN_TIMEOUT_MS / 1000} s`);
  }
}

function loggedIn(raw: Connection, signal: AbortSignal): Promise<void> {
  return settle(signal, (done) => {
    // Without a listener an error of the socket would end the process; it stays for good.
    raw.on('error', done);
    raw.connect((error: unknown) => {
      done(error ?? undefined);
    });
  });
}

function queryRaw(raw: Connection, sql: string, signal: AbortSignal) {
  return settle<readonly Row[]>(signal, (done) => {
    raw.query(sql, (error: unknown, rows: unknown) => {
      done(error ?? undefined, rows as readonly Row[]);
    });
  });
}

/** A callback as a promise that an abort settles too: the driver forgets callbacks when destroyed. */
function settle<T>(
  signal: AbortSignal,
  begin: (done: (error?: unknown, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', abort, { once: true });
    begin((error, value) => {
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve(value as T);
      else reject(error instanceof Error ? error : new Error(typeof error));
    });
  });
}

function summarize(failures: readonly TailraceError[], end: ServerEnd): TailraceError {
  const [first] = failures;
  if (first === undefined) return new TailraceError('CONFIG_INVALID', `task.${end}.hosts is empty`);
  if (failures.length === 1) return first;
  const each = failures.map((failure) => `${failure.place.host ?? ''}: ${failure.message}`);
  return new TailraceError(first.code, `no host answers: ${each.join('; ')}`, { cause: first });
}

function ignore(): void {
  // Whatever a connection says after we gave it up.
}
