import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TailraceError } from '../../core/errors.ts';
import { sleep } from '../../lib/sleep.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { connectServer, type ServerConnection } from '../../server/connect.ts';
import type { ServerProgram } from './find-server-program.ts';
import { OwnProcess } from './own-process.ts';

const execute = promisify(execFile);
const RETRY_MS = 100;
const START_TIMEOUT_MS = 60_000;

/** The servers listen on loopback alone and live for a minute. */
export const DEMO_USER = 'tailrace';
export const DEMO_PASSWORD = 'demo';

/** Durability is not what is shown here: the disk should not be either. */
const COMMON_OPTIONS = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--log-bin=binlog',
  '--binlog-format=ROW',
  '--binlog-row-image=FULL',
  '--loose-binlog-row-metadata=FULL',
  '--sync-binlog=0',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-buffer-pool-size=128M',
  '--character-set-server=utf8mb4',
] as const;

const OPTIONS = {
  mariadb: ['--gtid-strict-mode=ON'],
  mysql: ['--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--loose-mysqlx=OFF'],
} as const;

/** A fresh data directory; servers are started on copies of it. */
export async function makeDataDirectory(program: ServerProgram, path: string): Promise<void> {
  const tmp = `${path}-tmp`;
  for (const folder of [path, tmp]) mkdirSync(folder, { recursive: true });
  const args = [
    '--no-defaults',
    `--datadir=${path}`,
    // A server that starts elsewhere clears what it takes for its own in a shared one.
    `--tmpdir=${tmp}`,
    ...asUser(),
    ...(program.flavor === 'mysql'
      ? ['--initialize-insecure']
      : ['--auth-root-authentication-method=normal', '--skip-test-db']),
  ];
  try {
    await execute(program.installer, args);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TailraceError('INTERNAL_FAULT', `No data directory could be made: ${message}`, {
      next: `See why ${program.installer} fails.`,
      cause,
    });
  }
  rmSync(join(path, 'auto.cnf'), { force: true });
}

/** The servers refuse to run as root unless they are told so. */
function asUser(): readonly string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

export interface ThrowawayOptions {
  readonly program: ServerProgram;
  /** Is copied. */
  readonly dataDirectory: string;
  /** Holds everything of this server; short, since a socket's path is. */
  readonly home: string;
  readonly port: number;
  readonly serverId: number;
}

/** One server that lives as long as the demo. */
export class ThrowawayServer {
  readonly #options: ThrowawayOptions;
  readonly #process: OwnProcess;
  readonly #socket: string;

  constructor(options: ThrowawayOptions) {
    const { program, home } = options;
    const data = join(home, 'data');
    const tmp = join(home, 'tmp');
    mkdirSync(tmp, { recursive: true });
    cpSync(options.dataDirectory, data, { recursive: true });
    this.#options = options;
    this.#socket = join(home, 'sock');
    this.#process = new OwnProcess({
      program: program.path,
      logPath: join(home, 'server.log'),
      args: [
        '--no-defaults',
        ...asUser(),
        `--datadir=${data}`,
        `--tmpdir=${tmp}`,
        `--socket=${this.#socket}`,
        `--pid-file=${join(home, 'pid')}`,
        `--port=${options.port}`,
        `--server-id=${options.serverId}`,
        ...COMMON_OPTIONS,
        ...OPTIONS[program.flavor],
      ],
    });
  }

  get host(): string {
    return `127.0.0.1:${this.#options.port}`;
  }

  /** Waits until it answers, and makes the account. */
  async ready(signal: AbortSignal): Promise<void> {
    const root = await this.#connectRoot(signal);
    try {
      const account = `'${DEMO_USER}'@'127.0.0.1'`;
      await root.run('SET sql_log_bin = 0');
      await root.run(`CREATE USER ${account} IDENTIFIED BY '${DEMO_PASSWORD}'`);
      await root.run(`GRANT ALL ON *.* TO ${account}`);
    } finally {
      await root.close();
    }
  }

  connect(signal: AbortSignal): Promise<ServerConnection> {
    const options = { user: DEMO_USER, password: DEMO_PASSWORD, hosts: [this.host] };
    return connectServer({ ...LOCAL, ...options }, 'source', { signal });
  }

  stop(): Promise<void> {
    // Nothing of it is kept.
    return this.#process.kill();
  }

  async #connectRoot(signal: AbortSignal): Promise<ServerConnection> {
    const options = { ...LOCAL, user: 'root', password: '', hosts: [`unix:${this.#socket}`] };
    const untilMs = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        return await connectServer(options, 'source', { signal });
      } catch (thrown) {
        signal.throwIfAborted();
        if (this.#process.hasEnded || Date.now() > untilMs) {
          throw new TailraceError(
            'INTERNAL_FAULT',
            `The server of the demo does not start:\n${this.#process.logTail}`,
            { next: 'See what it says about itself.', cause: thrown },
          );
        }
        await sleep(RETRY_MS, signal);
      }
    }
  }
}

const LOCAL: Pick<ServerOptions, 'tls' | 'tlsCa'> = { tls: 'disabled', tlsCa: undefined };
