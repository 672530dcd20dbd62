import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../support/child.ts';
import { writeConfig } from '../appliers/tailrace.ts';
import type { Copier } from './copier.ts';

const tailraceCopier = (name: string, engine: 'mysqldump' | 'native'): Copier => ({
  name,
  version: () => 'this commit',
  note: `snapshot --engine ${engine}`,
  start: ({ context, source, target }) => {
    const home = join(context.work, 'tailrace-copy');
    rmSync(home, { recursive: true, force: true });
    const config = writeConfig(home, { sourcePort: source.port, targetPort: target.port });
    appendFileSync(config, '[task.snapshot]\nconnections = 4\n');
    const args = [join(context.root, 'dist/main.js'), 'snapshot', '--engine', engine, '-c', config];
    return new Child({ program: process.execPath, args });
  },
});

/** The one that is compared with the others. */
export const nativeCopier = tailraceCopier('tailrace', 'native');
export const dumpCopier = tailraceCopier('tailrace by mysqldump', 'mysqldump');
