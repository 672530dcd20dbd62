import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { EnvReader } from '../../config/env.ts';
import { TailraceError } from '../../core/errors.ts';

export interface ServerProgram {
  readonly path: string;
  readonly flavor: 'mysql' | 'mariadb';
  /** As the program says it of itself. */
  readonly version: string;
  /** Makes a data directory: a script of its own with MariaDB, the server itself with MySQL. */
  readonly installer: string;
}

const MORE_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/libexec',
  '/usr/local/mysql/bin',
  '/opt/homebrew/bin',
] as const;

const run = promisify(execFile);

/** A server to try things on: MariaDB where there is one (it starts faster), else MySQL. */
export async function findServerProgram(env: EnvReader): Promise<ServerProgram> {
  const folders = [...(env('PATH') ?? '').split(delimiter), ...MORE_FOLDERS];
  for (const name of ['mariadbd', 'mysqld']) {
    const path = findProgram(name, folders);
    if (path === undefined) continue;
    const { stdout } = await run(path, ['--no-defaults', '--version']);
    const flavor = /mariadb/i.test(stdout) ? 'mariadb' : 'mysql';
    const installer =
      flavor === 'mysql'
        ? path
        : (findProgram('mariadb-install-db', folders) ?? findProgram('mysql_install_db', folders));
    if (installer === undefined) continue;
    const version = /Ver (\S+)/.exec(stdout)?.[1] ?? stdout.trim();
    return { path, flavor, version, installer };
  }
  throw new TailraceError(
    'USAGE',
    'The demo needs a MariaDB or MySQL server program; none is on PATH.',
    {
      next: 'Install one, for example: apt-get install mariadb-server (Debian, Ubuntu), dnf install mariadb-server (Fedora, RHEL), brew install mariadb (macOS). It need not run.',
    },
  );
}

function findProgram(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
