import type { Connection, ConnectionOptions } from 'mysql2';
import { clientEd25519Plugin } from './auth/client-ed25519.ts';
import type { ServerOptions } from './connect-options.ts';
import type { HostAddress } from './host-address.ts';
import { installTls, type UpgradableConnection } from './tls.ts';

export interface DriverExtras {
  readonly database?: string;
  readonly multipleStatements?: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that vanished without a word is noticed although we wait for its answer. */
const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * Options of the driver for one address. Every value comes as the server wrote it: dates as text, and
 * numbers beyond 2^53 and decimals as text.
 */
export function driverOptions(
  options: ServerOptions,
  address: HostAddress,
  extras: DriverExtras = {},
): ConnectionOptions {
  return {
    ...(address.kind === 'tcp'
      ? { host: address.host, port: address.port }
      : { socketPath: address.path }),
    user: options.user,
    password: options.password,
    ...(extras.database === undefined ? {} : { database: extras.database }),
    multipleStatements: extras.multipleStatements ?? false,
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    // Session tracking and query attributes are of no use here and cost bytes with each packet.
    flags: ['-IGNORE_SPACE', '-ODBC', '-SESSION_TRACK', '-CLIENT_QUERY_ATTRIBUTES'],
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    connectAttributes: { program_name: 'tailrace' },
    authPlugins: { client_ed25519: clientEd25519Plugin(options.password) },
    // Says only that TLS is wanted: see secureConnection.
    ...(options.tls === 'disabled' ? {} : { ssl: {} }),
  };
}

/** Sets the TLS rules of a connection that was made with `driverOptions`, in the same tick. */
export function secureConnection(
  connection: Connection,
  options: ServerOptions,
  address: HostAddress,
): void {
  if (options.tls === 'disabled') return;
  installTls(connection as unknown as UpgradableConnection, {
    mode: options.tls,
    ca: options.tlsCa,
    address,
  });
}
