import type { Context } from '../context.ts';
import type { Applier, RunningApplier } from '../contenders/appliers/applier.ts';
import type { Measure } from '../report/results.ts';
import { rows, value, withSql, type Server, type Sql } from '../server.ts';
import { openDelayProxy } from '../support/delay-proxy.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb, resetPeakRss } from '../support/process-usage.ts';
import { waitFor } from '../support/wait.ts';
import type { ApplyStage, Backlog, Stretch } from './apply-stage.ts';
import { shortText } from './decode-lane.ts';

const RUN_TIMEOUT_MS = 600_000;
const POLL_MS = 10;
const PROBLEM_EVERY = 200;

export interface RunOptions {
  readonly context: Context;
  readonly stage: ApplyStage;
  readonly backlog: Backlog;
  readonly applier: Applier;
  readonly round: number;
  /** One way; the target (for its own replica: the source) is that far away. */
  readonly delayMs: number;
  readonly lanes?: number;
}

/** Puts the target back, lets one contender apply the backlog, and compares. */
export async function measureApply(options: RunOptions): Promise<Measure> {
  const { round, stage, backlog } = options;
  try {
    await stage.reset(backlog);
    const measure = await timeOne(options);
    const difference = await stage.difference(backlog, stretchFor(options));
    return difference === undefined ? measure : { round, void: difference };
  } catch (error) {
    return { round, void: shortText(error) };
  }
}

export const stretchFor = ({
  applier,
  backlog,
}: Pick<RunOptions, 'applier' | 'backlog'>): Stretch =>
  (applier.isSlow === true ? backlog.short : undefined) ?? backlog.stretch;

async function timeOne(options: RunOptions): Promise<Measure> {
  const { stage, applier, delayMs } = options;
  const { source, target } = stage;
  const far = applier.runsOnTarget ? source : target;
  const proxy = delayMs === 0 ? undefined : await openDelayProxy(far.port, delayMs);
  const portOf = (server: Server): number =>
    proxy !== undefined && server === far ? proxy.port : server.port;
  try {
    return await withSql(source, (sourceSql) =>
      withSql(target, (targetSql) =>
        clock(options, {
          sourceSql,
          targetSql,
          sourcePort: portOf(source),
          targetPort: portOf(target),
        }),
      ),
    );
  } finally {
    await proxy?.close();
  }
}

interface Ends {
  readonly sourceSql: Sql;
  readonly targetSql: Sql;
  readonly sourcePort: number;
  readonly targetPort: number;
}

/** From the moment a contender begins to read until the last row can be seen on the target. */
async function clock(options: RunOptions, ends: Ends): Promise<Measure> {
  const { context, stage, backlog, applier, round } = options;
  const { source, target } = stage;
  const { from, stateFolder } = backlog;
  const { tally, mark, until } = stretchFor(options);
  const sent = await counter(ends.sourceSql, 'Bytes_sent');
  const received = await counter(ends.targetSql, 'Bytes_received');
  resetPeakRss(target.pid);
  const [targetCpu, sourceCpu] = [cpuMs(target.pid), cpuMs(source.pid)];
  const { sourcePort, targetPort } = ends;
  const running = await applier.start({
    context,
    source,
    target,
    from,
    until,
    sourcePort,
    targetPort,
    stateFolder,
    ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
  });
  let measure: Measure;
  try {
    await untilVisible(ends.targetSql, running, mark);
    const ms = performance.now() - running.startedAt;
    const perRow = (cpu: number): number => (cpu * 1000) / tally.rows;
    const pids = running.pids();
    measure = {
      round,
      rows: tally.rows,
      ms,
      rowsPerSecond: (tally.rows * 1000) / ms,
      contenderMicrosPerRow: perRow(sumOf(pids, cpuMs) - running.cpuMsAtStart),
      serverMicrosPerRow: perRow(cpuMs(target.pid) - targetCpu),
      sourceMicrosPerRow: perRow(cpuMs(source.pid) - sourceCpu),
      ...(pids.length === 0 ? {} : { peakRssMb: sumOf(pids, peakRssKb) / 1024 }),
      serverPeakRssMb: peakRssKb(target.pid) / 1024,
      bytesRead: (await counter(ends.sourceSql, 'Bytes_sent')) - sent,
      bytesWritten: (await counter(ends.targetSql, 'Bytes_received')) - received,
      load: load(),
    };
  } finally {
    await running.stop();
  }
  return measure;
}

export async function untilVisible(sql: Sql, running: RunningApplier, mark = 2): Promise<void> {
  const question = `SELECT COUNT(*) FROM bench.end_mark WHERE id=${mark}`;
  const isVisible = async (): Promise<true | undefined> =>
    (await value(sql, question)) === '1' ? true : undefined;
  let polls = 0;
  await waitFor(
    async () => {
      if ((await isVisible()) === true) return true;
      polls += 1;
      if (polls % PROBLEM_EVERY !== 0) return undefined;
      const problem = await running.problem();
      // It may have come to its end between the two questions.
      if (problem === undefined || (await isVisible()) === true) return undefined;
      throw new Error(problem);
    },
    { what: 'the last row on the target', timeoutMs: RUN_TIMEOUT_MS, everyMs: POLL_MS },
  );
}

async function counter(sql: Sql, name: string): Promise<number> {
  const [first] = await rows(sql, `SHOW GLOBAL STATUS LIKE '${name}'`);
  return Number(first?.['Value']);
}

function sumOf(pids: readonly number[], ask: (pid: number) => number): number {
  return pids.reduce((sum, pid) => sum + askQuietly(pid, ask), 0);
}

/** A process of a pipe may have ended between the list and the question. */
function askQuietly(pid: number, ask: (pid: number) => number): number {
  try {
    const figure = ask(pid);
    return Number.isNaN(figure) ? 0 : figure;
  } catch {
    return 0;
  }
}
