import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * The servers that `scripts/test-servers` started. Sources and targets are shared by all test files of
 * a run: each file uses databases of its own names and leaves settings alone. A test that stops or
 * reconfigures a server starts its own with `startOwnServer`.
 */
export const SERVER_NAMES = [
  'src56',
  'src57',
  'src97',
  'src10',
  'src11',
  'dst56',
  'dst57',
  'dst97',
  'dst10',
  'dst11',
] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface TestServer {
  readonly name: string;
  readonly port: number;
  readonly socket: string;
  readonly pid: number;
  readonly datadir: string;
  readonly version: string;
}

const root = new URL('../../', import.meta.url).pathname;

const listPath = pathOfList();

/**
 * `.test-servers.json` at the top of the checkout, unless TAILRACE_TEST_SERVERS names another file. Where
 * test files run side by side, each worker has servers of its own if there are enough: what a test reads
 * of a server's position is then changed by nobody else.
 */
function pathOfList(): string {
  const path = process.env['TAILRACE_TEST_SERVERS'] ?? `${root}.test-servers.json`;
  const own = `${path}.${process.env['VITEST_POOL_ID'] ?? '1'}`;
  return existsSync(own) ? own : path;
}

let list: Record<string, TestServer> | undefined;

export function testServer(name: ServerName): TestServer {
  try {
    list ??= JSON.parse(readFileSync(listPath, 'utf8')) as Record<string, TestServer>;
  } catch (cause) {
    throw new Error('No test servers: run scripts/test-servers up, or scripts/test', { cause });
  }
  const server = list[name];
  if (server === undefined) throw new Error(`No test server named ${name} in ${listPath}`);
  return server;
}

/** Kind of server by the digits in its name: `56` → mysql56.sh. */
const SCRIPTS: Record<string, string> = {
  '56': 'mysql56',
  '57': 'mysql57',
  '97': 'mysql9',
  '10': 'mariadb10',
  '11': 'mariadb11',
};

function script(kind: string, args: readonly string[]): string {
  const file = `${root}scripts/servers/${SCRIPTS[kind] ?? kind}.sh`;
  const env = { ...process.env, ...serverFolders() };
  return execFileSync(file, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Own servers live beside the shared ones, so one clean-up finds them all. */
function serverFolders(): Record<string, string> {
  const { datadir } = testServer('src10');
  const dir = datadir.replace(/\/[^/]+\/data$/, '');
  return { DIR: dir, CACHE: process.env['TAILRACE_SERVER_CACHE'] ?? `${dir}/cache` };
}

export interface OwnServer extends TestServer {
  stop(): void;
  start(...options: string[]): OwnServer;
  destroy(): void;
}

let ownServers = 0;

/** A server for one test alone: it may be stopped, killed, frozen and reconfigured. Destroy it after. */
export function startOwnServer(kind: keyof typeof SCRIPTS, ...options: string[]): OwnServer {
  ownServers += 1;
  const name = `own${kind}-${process.pid}-${ownServers}`;
  const serverId = String(30_000 + ((process.pid * 7 + ownServers) % 30_000));
  return startNamed(kind, name, serverId, options);
}

function startNamed(
  kind: string,
  name: string,
  serverId: string,
  options: readonly string[],
): OwnServer {
  const output = script(kind, ['start', name, '0', serverId, ...options]);
  const read = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(output)?.[1] ?? '';
  return {
    name,
    port: Number(read('port')),
    socket: read('socket'),
    pid: Number(read('pid')),
    datadir: read('datadir'),
    version: read('version'),
    stop: () => void script(kind, ['stop', name]),
    start: (...more) => startNamed(kind, name, serverId, more.length > 0 ? more : options),
    destroy: () => void script(kind, ['destroy', name]),
  };
}
