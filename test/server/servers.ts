import type { ServerOptions } from '../../src/server/connect-options.ts';
import { testServer } from '../support/servers.ts';

/** The servers that tests of connections talk to. */
const SOURCES = {
  mysql56: 'src56',
  mysql57: 'src57',
  mysql97: 'src97',
  mariadb10: 'src10',
  mariadb11: 'src11',
} as const;
export type ServerName = keyof typeof SOURCES;
export const SERVER_NAMES = Object.keys(SOURCES) as ServerName[];

export function portOf(server: ServerName): number {
  return testServer(SOURCES[server]).port;
}

/** Root of a shared server, or of the one at a port. */
export function rootOf(
  server: ServerName | number,
  more: Partial<ServerOptions> = {},
): ServerOptions {
  const port = typeof server === 'number' ? server : portOf(server);
  return {
    hosts: [`127.0.0.1:${port}`],
    user: 'root',
    password: '',
    tls: 'disabled',
    tlsCa: undefined,
    ...more,
  };
}
