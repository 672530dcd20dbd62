import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../../server.ts';
import { DATABASE } from '../../workloads/workload.ts';
import { shell, type Copier } from './copier.ts';

const THREADS = 4;
const ROWS_A_CHUNK = 100_000;

const login = ({ port }: Server): string => `-h 127.0.0.1 -u root -P ${port} -t ${THREADS}`;

/** undefined: the distribution's package is not installed. */
function versionText(): string | undefined {
  try {
    return execFileSync('mydumper', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Dumped to files first, then loaded: it knows no other way. */
export const mydumper: Copier = {
  name: 'mydumper + myloader',
  version: () => versionText() ?? '',
  note: `${THREADS} threads each, chunks of ${ROWS_A_CHUNK} rows, files on the same disk`,
  absent: () => (versionText() === undefined ? 'mydumper is not installed' : undefined),
  start: ({ context, source, target }) => {
    const files = join(context.work, 'mydumper');
    rmSync(files, { recursive: true, force: true });
    return shell(
      `mydumper ${login(source)} -B ${DATABASE} -r ${ROWS_A_CHUNK} -o ${files}; ` +
        `myloader ${login(target)} -d ${files}`,
    );
  },
};
