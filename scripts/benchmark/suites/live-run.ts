import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import type { Applier, RunningApplier } from '../contenders/appliers/applier.ts';
import { withSql, type Sql } from '../server.ts';
import { Child } from '../support/child.ts';
import { live } from '../workloads/live.ts';
import { untilVisible } from './apply-run.ts';
import type { ApplyStage } from './apply-stage.ts';

export interface LiveRun {
  readonly running: RunningApplier;
  readonly sourceSql: Sql;
  readonly targetSql: Sql;
}

/**
 * Source and target equal, a contender that has caught up; then `use`, which loads the source and lets it
 * come to rest; then the comparison. Gives what is different, if anything.
 */
export async function withRunning(
  context: Context,
  stage: ApplyStage,
  applier: Applier,
  use: (run: LiveRun) => Promise<void>,
): Promise<string | undefined> {
  const { source, target } = stage;
  const backlog = await stage.record(live);
  await stage.reset(backlog);
  return withSql(source, (sourceSql) =>
    withSql(target, async (targetSql) => {
      const { from, stateFolder } = backlog;
      const ports = { sourcePort: source.port, targetPort: target.port };
      const running = await applier.start({ context, source, target, from, stateFolder, ...ports });
      try {
        await untilVisible(targetSql, running);
        await use({ running, sourceSql, targetSql });
      } finally {
        await running.stop();
      }
      return stage.differenceNow(backlog);
    }),
  );
}

/** One of the programs in programs/, in a process of its own. */
export function startProgram(
  context: Context,
  name: string,
  args: readonly (string | number)[],
): Child {
  const path = join(context.root, 'scripts/benchmark/programs', `${name}.ts`);
  const child = new Child({
    program: process.execPath,
    args: [...process.execArgv, path, ...args.map(String)],
  });
  context.onEnd(() => child.stop('SIGKILL'));
  return child;
}

/** The doubles that a program has written. */
export function readDoubles(path: string): Float64Array {
  const bytes = readFileSync(path);
  return new Float64Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
}
