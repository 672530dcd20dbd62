import type { ServerOptions } from '../../src/server/connect-options.ts';

/** The servers that tests of connections talk to. */
export const SOURCES = {
  mysql56: 21056,
  mysql57: 21057,
  mysql97: 21097,
  mariadb10: 21010,
  mariadb11: 21011,
} as const;
export type ServerName = keyof typeof SOURCES;
export const SERVER_NAMES = Object.keys(SOURCES) as ServerName[];

export function rootOf(server: ServerName | number, more: Partial<ServerOptions> = {}) {
  const port = typeof server === 'number' ? server : SOURCES[server];
  return {
    hosts: [`127.0.0.1:${port}`],
    user: 'root',
    password: '',
    tls: 'disabled',
    tlsCa: undefined,
    ...more,
  } satisfies ServerOptions;
}
