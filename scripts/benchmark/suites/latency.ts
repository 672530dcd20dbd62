import { join } from 'node:path';
import { nativeReplica } from '../contenders/appliers/native-replica.ts';
import { tailraceApplier } from '../contenders/appliers/tailrace.ts';
import type { Context } from '../context.ts';
import type { ServerKind } from '../options.ts';
import type { CellResult, Figure, Measure } from '../report/results.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb } from '../support/process-usage.ts';
import { ApplyStage } from './apply-stage.ts';
import { latencies } from './latencies.ts';
import { startProgram, takeTurns, type LiveRun } from './live-run.ts';
import type { Suite } from './suite.ts';

const KINDS: readonly ServerKind[] = ['mariadb11', 'mysql57'];
const RATES = [100, 1000, 5000];
/** The first seconds warm up and are left out. */
const WARM_UP_SECONDS = 3;
const TIMEOUT_MS = 300_000;
const P99: Figure = { key: 'p99 ms', unit: 'ms, 99th percentile', better: 'less' };

const CELLS = KINDS.flatMap((kind) =>
  RATES.map((rate) => ({
    name: `latency/${kind}/${rate}`,
    what: `from the commit on the source to visible on the target, at ${rate} transactions a second`,
    kind,
    rate,
  })),
);
type LatencyCell = (typeof CELLS)[number];

/** Every transaction has its appointed time, so a stall is paid for by all that fall into it. */
export const latencySuite: Suite = {
  name: 'latency',
  cells: CELLS,
  run: async (context, chosen, done) => {
    const cells = CELLS.filter(({ name }) => chosen.has(name));
    for (const kind of new Set(cells.map((cell) => cell.kind))) {
      const stage = await ApplyStage.open(context, kind);
      for (const cell of cells.filter((one) => one.kind === kind)) {
        done(await measureCell(context, stage, cell));
      }
      await stage.close();
    }
  },
};

async function measureCell(
  context: Context,
  stage: ApplyStage,
  cell: LatencyCell,
): Promise<CellResult> {
  const appliers = [tailraceApplier, nativeReplica(0), nativeReplica(4)];
  const seconds = context.options.quick ? 10 : 30;
  const contenders = await takeTurns({ context, stage, name: cell.name, appliers }, (run, round) =>
    timeAll({ context, stage, cell, seconds }, run, round),
  );
  return {
    name: cell.name,
    suite: 'latency',
    what: cell.what,
    note: 'Single-row inserts; the watcher asks the target again and again, so nothing is finer than its pause between two questions.',
    compares: P99,
    settings: {
      'source and target': `${stage.target.kind} ${stage.target.version}`,
      'target options': stage.target.settings.join(' '),
      seconds: String(seconds),
    },
    contenders,
  };
}

interface Setting {
  readonly context: Context;
  readonly stage: ApplyStage;
  readonly cell: LatencyCell;
  readonly seconds: number;
}

async function timeAll(setting: Setting, { running }: LiveRun, round: number): Promise<Measure> {
  const { context, stage, cell, seconds } = setting;
  const total = WARM_UP_SECONDS + seconds;
  const count = total * cell.rate;
  const [sent, seen] = [join(context.work, 'sent'), join(context.work, 'seen')];
  const watch = startProgram(context, 'watch', [stage.target.port, count, seen]);
  await watch.line(/^running/, TIMEOUT_MS);
  const writer = startProgram(context, 'load', [stage.source.port, cell.rate, total, 'row', sent]);
  await writer.line(/^running/, TIMEOUT_MS);
  const before = sumOf(running, cpuMs);
  const finished = writer.line(/^done/, TIMEOUT_MS);
  const [, pause = ''] = await watch.line(/^done (.*)/, TIMEOUT_MS);
  await finished;
  await Promise.all([watch.ended(), writer.ended()]);
  return {
    round,
    rows: count,
    contenderMicrosPerRow: ((sumOf(running, cpuMs) - before) * 1000) / count,
    ...(running.pids().length === 0 ? {} : { peakRssMb: sumOf(running, peakRssKb) / 1024 }),
    load: load(),
    figures: {
      ...latencies({ sent, seen, skipped: WARM_UP_SECONDS * cell.rate }),
      'pause between questions ms': Number(pause),
    },
  };
}

const sumOf = ({ pids }: LiveRun['running'], ask: (pid: number) => number): number =>
  pids().reduce((sum, pid) => sum + ask(pid), 0);
