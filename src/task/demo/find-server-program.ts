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
  const onPath = (env('PATH') ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folders of [onPath, MORE_FOLDERS]) {
    for (const name of ['mariadbd', 'mysqld']) {
      const program = await describeProgram(findProgram(name, folders), [
        ...onPath,
        ...MORE_FOLDERS,
      ]);
      if (program !== undefined) return program;
    }
  }
  throw new TailraceError(
    'USAGE',
    'The demo needs a MariaDB or MySQL server program; none is on PATH.',
    {
      next: 'Install one, for example: apt-get install mariadb-server (Debian, Ubuntu), dnf install mariadb-server (Fedora, RHEL), brew install mariadb (macOS). It need not run.',
    },
  );
}

async function describeProgram(
  path: string | undefined,
  folders: readonly string[],
): Promise<ServerProgram | undefined> {
  if (path === undefined) return undefined;
  const { stdout } = await run(path, ['--no-defaults', '--version']);
  const flavor = /mariadb/i.test(stdout) ? 'mariadb' : 'mysql';
  const installer = flavor === 'mysql' ? path : findInstaller(folders);
  const version = /Ver (\S+)/.exec(stdout)?.[1] ?? stdout.trim();
  return installer === undefined ? undefined : { path, flavor, version, installer };
}

function findInstaller(folders: readonly string[]): string | undefined {
  return findProgram('mariadb-install-db', folders) ?? findProgram('mysql_install_db', folders);
}

function findProgram(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
