import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nativeReplica } from '../contenders/appliers/native-replica.ts';
import { tailraceApplier } from '../contenders/appliers/tailrace.ts';
import type { Context } from '../context.ts';
import type { ServerKind } from '../options.ts';
import type { CellResult, Figure, Measure } from '../report/results.ts';
import { value, type Sql } from '../server.ts';
import { load } from '../support/machine.ts';
import { peakRssKb } from '../support/process-usage.ts';
import { waitFor } from '../support/wait.ts';
import { ApplyStage } from './apply-stage.ts';
import { startProgram, takeTurns, type LiveRun } from './live-run.ts';
import type { Suite } from './suite.ts';

const KINDS: readonly ServerKind[] = ['mariadb11', 'mysql57'];
const RATE = 500;
const ROWS_PER_TRANSACTION = 5;
const TIMEOUT_MS = 600_000;
/** Caught up: less than this behind. */
const NEAR_TRANSACTIONS = RATE;
const CATCH_UP: Figure = {
  key: 'caught up at × the rate of the source',
  unit: '× the rate of the source',
  better: 'more',
};

const CELLS = KINDS.map((kind) => ({
  name: `recovery/${kind}`,
  what: `stopped for a minute while the source makes ${RATE} transactions of five row changes a second`,
  kind,
}));

export const recoverySuite: Suite = {
  name: 'recovery',
  cells: CELLS,
  run: async (context, chosen, done) => {
    for (const cell of CELLS.filter(({ name }) => chosen.has(name))) {
      const stage = await ApplyStage.open(context, cell.kind);
      done(await measureCell(context, stage, cell));
      await stage.close();
    }
  },
};

async function measureCell(
  context: Context,
  stage: ApplyStage,
  cell: (typeof CELLS)[number],
): Promise<CellResult> {
  const appliers = [tailraceApplier, nativeReplica(4)];
  const stoppedSeconds = context.options.quick ? 10 : 60;
  const contenders = await takeTurns({ context, stage, name: cell.name, appliers }, (run, round) =>
    stopAndGo({ context, stage, stoppedSeconds }, run, round),
  );
  return {
    name: cell.name,
    suite: 'recovery',
    what: cell.what,
    note: 'tailrace is stopped by SIGTERM and started as a new process (the seconds include its start), the replica by STOP and START. The source goes on all the while.',
    compares: CATCH_UP,
    settings: {
      'source and target': `${stage.target.kind} ${stage.target.version}`,
      'target options': stage.target.settings.join(' '),
      'stopped for seconds': String(stoppedSeconds),
    },
    contenders,
  };
}

interface Setting {
  readonly context: Context;
  readonly stage: ApplyStage;
  readonly stoppedSeconds: number;
}

async function stopAndGo(setting: Setting, run: LiveRun, round: number): Promise<Measure> {
  const { context, stage, stoppedSeconds } = setting;
  const { running, sourceSql, targetSql } = run;
  const out = join(context.work, 'sent');
  const writer = startProgram(context, 'load', [stage.source.port, RATE, 0, 'oltp', out]);
  await writer.line(/^running/, TIMEOUT_MS);
  await delay(3000);
  await running.pause();
  await delay(stoppedSeconds * 1000);
  const behind = (await newest(sourceSql)) - (await newest(targetSql));
  const [started, first] = [performance.now(), await newest(targetSql)];
  await running.resume();
  const last = await waitFor(
    async () => {
      const [there, here] = [await newest(sourceSql), await newest(targetSql)];
      return there - here < NEAR_TRANSACTIONS ? here : undefined;
    },
    { what: 'caught up', timeoutMs: TIMEOUT_MS, everyMs: 50 },
  );
  const seconds = (performance.now() - started) / 1000;
  const peak = running.pids().reduce((sum, pid) => sum + peakRssKb(pid), 0) / 1024;
  await rest(writer, run);
  return {
    round,
    rows: (last - first) * ROWS_PER_TRANSACTION,
    ...(peak === 0 ? {} : { peakRssMb: peak }),
    load: load(),
    figures: {
      [CATCH_UP.key]: (last - first) / seconds / RATE,
      'seconds to catch up': seconds,
      'transactions behind': behind,
    },
  };
}

/** The source stops, and the target has all of it. */
export async function rest(
  writer: ReturnType<typeof startProgram>,
  { sourceSql, targetSql }: LiveRun,
): Promise<void> {
  const finished = writer.line(/^done/, TIMEOUT_MS);
  writer.endInput();
  await finished;
  const wanted = await newest(sourceSql);
  await waitFor(async () => ((await newest(targetSql)) === wanted ? wanted : undefined), {
    what: 'the last transaction on the target',
    timeoutMs: TIMEOUT_MS,
    everyMs: 50,
  });
}

export const newest = async (sql: Sql): Promise<number> =>
  Number(await value(sql, 'SELECT COALESCE(MAX(id), 0) FROM bench.live'));
