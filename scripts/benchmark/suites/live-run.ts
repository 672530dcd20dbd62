import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import type { Applier, RunningApplier } from '../contenders/appliers/applier.ts';
import { takesPart } from '../options.ts';
import type { CellResult, Measure } from '../report/results.ts';
import { OWN } from '../report/summarize.ts';
import { withSql, type Sql } from '../server.ts';
import { Child } from '../support/child.ts';
import { interleave } from '../support/statistics.ts';
import { live } from '../workloads/live.ts';
import { untilVisible } from './apply-run.ts';
import type { ApplyStage } from './apply-stage.ts';
import { shortText } from './decode-lane.ts';

export interface LiveRun {
  readonly running: RunningApplier;
  readonly sourceSql: Sql;
  readonly targetSql: Sql;
}

/**
 * Source and target equal, a contender that has caught up; then `use`, which loads the source and lets it
 * come to rest; then the comparison. Gives what is different, if anything.
 */
async function withRunning(
  context: Context,
  stage: ApplyStage,
  applier: Applier,
  use: (run: LiveRun) => Promise<void>,
): Promise<string | undefined> {
  const { source, target } = stage;
  const backlog = await stage.record(live, context.options.scale);
  await stage.reset(backlog);
  return withSql(source, (sourceSql) =>
    withSql(target, async (targetSql) => {
      const { from, stateFolder } = backlog;
      const ports = { sourcePort: source.port, targetPort: target.port };
      const until = undefined;
      const run = { context, source, target, from, until, stateFolder, ...ports };
      const running = await applier.start(run);
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

export interface LiveTurn {
  readonly context: Context;
  readonly stage: ApplyStage;
  readonly applier: Applier;
  readonly round: number;
}

/** What `use` measures while a contender runs; void where that fails, or source and target differ in the end. */
export async function measureLive(
  { context, stage, applier, round }: LiveTurn,
  use: (run: LiveRun) => Promise<Measure>,
): Promise<Measure> {
  let measure: Measure | undefined;
  try {
    const difference = await withRunning(context, stage, applier, async (run) => {
      measure = await use(run);
    });
    if (difference !== undefined) return { round, void: difference };
  } catch (error) {
    return { round, void: shortText(error) };
  }
  return measure ?? { round, void: 'not measured' };
}

export interface LiveCell {
  readonly context: Context;
  readonly stage: ApplyStage;
  readonly name: string;
  /** tailrace first; `--contender` leaves out others. */
  readonly appliers: readonly Applier[];
}

/** All contenders in turns, round by round. */
export async function takeTurns(
  { context, stage, name, appliers }: LiveCell,
  use: (run: LiveRun, round: number) => Promise<Measure>,
): Promise<CellResult['contenders']> {
  const { options } = context;
  const chosen = appliers.filter(({ name: one }) => one === OWN || takesPart(one, options));
  const measures = new Map<Applier, Measure[]>(chosen.map((applier) => [applier, []]));
  for (const { round, contender: applier } of interleave(chosen, options.rounds)) {
    const turn = { context, stage, applier, round };
    const measure = await measureLive(turn, (run) => use(run, round));
    measures.get(applier)?.push(measure);
    const text = measure.void ?? JSON.stringify(measure.figures);
    context.say(`  ${name} round ${round} ${applier.name}: ${text}`);
  }
  return chosen.map((applier) => ({
    name: applier.name,
    version: applier.version(stage.target),
    measures: measures.get(applier) ?? [],
  }));
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
