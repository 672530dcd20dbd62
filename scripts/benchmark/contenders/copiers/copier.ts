import type { Context } from '../../context.ts';
import type { Server } from '../../server.ts';
import { Child } from '../../support/child.ts';

export interface CopyRun {
  readonly context: Context;
  readonly source: Server;
  readonly target: Server;
}

/** Something that copies the measured database to a target that does not have it. */
export interface Copier {
  readonly name: string;
  version(run: CopyRun): string;
  readonly note?: string;
  /** Why it cannot take part on this machine. */
  readonly absent?: () => string | undefined;
  /** A program that ends with 0 when all is there. */
  start(run: CopyRun): Child;
}

export function shell(script: string): Child {
  return new Child({ program: 'bash', args: ['-c', `set -eo pipefail; ${script}`] });
}
