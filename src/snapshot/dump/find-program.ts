import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { GtidFlavor } from '../../core/gtid-set.ts';
import { TailraceError } from '../../core/errors.ts';

export interface DumpProgram {
  readonly path: string;
  /** As `--version` says it. */
  readonly version: string;
  readonly flavor: GtidFlavor;
}

export interface FindProgramOptions {
  /** Of the source. */
  readonly flavor: GtidFlavor;
  /** Configured: a path, or a name to look for. */
  readonly program: string | undefined;
  /** The variable PATH. */
  readonly searchPath: string;
}

/** The server's own program first; each also dumps the other's rows, whose definitions we read ourselves. */
const NAMES: Readonly<Record<GtidFlavor, readonly string[]>> = {
  mysql: ['mysqldump', 'mariadb-dump'],
  mariadb: ['mariadb-dump', 'mysqldump'],
};

const PACKAGES: Readonly<Record<GtidFlavor, string>> = {
  mysql:
    'mysqldump comes with the package mysql-client (Debian: default-mysql-client; Red Hat: mysql; MySQL repositories: mysql-community-client)',
  mariadb:
    'mariadb-dump comes with the package mariadb-client (Debian, Ubuntu; Red Hat: mariadb; MariaDB repositories: MariaDB-client)',
};

const run = promisify(execFile);

export async function findDumpProgram(options: FindProgramOptions): Promise<DumpProgram> {
  const { program, flavor } = options;
  const names = program === undefined ? NAMES[flavor] : [program];
  for (const name of names) {
    const path = locate(name, options.searchPath);
    const found = path === undefined ? undefined : await ask(path);
    if (found !== undefined) return found;
  }
  const what =
    program === undefined
      ? `Neither ${NAMES[flavor].join(' nor ')} is on the PATH`
      : `task.snapshot.program: there is no program ${program}`;
  throw new TailraceError('SNAPSHOT_PROGRAM_MISSING', `${what}. ${PACKAGES[flavor]}.`);
}

function locate(name: string, searchPath: string): string | undefined {
  if (name.includes('/')) return isProgram(name) ? name : undefined;
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function ask(path: string): Promise<DumpProgram | undefined> {
  try {
    const { stdout } = await run(path, ['--no-defaults', '--version'], { timeout: 10_000 });
    const version = stdout.trim();
    return { path, version, flavor: /mariadb/i.test(version) ? 'mariadb' : 'mysql' };
  } catch {
    return undefined;
  }
}
