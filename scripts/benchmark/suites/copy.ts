import type { Copier, CopyRun } from '../contenders/copiers/copier.ts';
import { dumpPipe } from '../contenders/copiers/dump-pipe.ts';
import { mydumper } from '../contenders/copiers/mydumper.ts';
import { dumpCopier, nativeCopier } from '../contenders/copiers/tailrace.ts';
import type { Context } from '../context.ts';
import { takesPart, type ServerKind } from '../options.ts';
import { ROWS_PER_SECOND, type CellResult, type Measure } from '../report/results.ts';
import { checksums, DURABILITY, Server, tablesOf, withSql } from '../server.ts';
import type { Child } from '../support/child.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb, processTree } from '../support/process-usage.ts';
import { interleave } from '../support/statistics.ts';
import { COPY_WHAT, makeCopyTables } from '../workloads/copy-tables.ts';
import { DATABASE } from '../workloads/workload.ts';
import { shortText } from './decode-lane.ts';
import type { Suite } from './suite.ts';

const KINDS: readonly ServerKind[] = ['mariadb11', 'mysql9'];
const SAMPLE_MS = 50;
/** What each leaves behind on the target. */
const LEFT = [DATABASE, 'tailrace'];

const CELLS = KINDS.map((kind) => ({ name: `copy/${kind}`, what: COPY_WHAT, kind }));

/** A first copy, from nothing on the target to all tables with their keys. */
export const copySuite: Suite = {
  name: 'copy',
  cells: CELLS,
  run: async (context, chosen, done) => {
    for (const cell of CELLS.filter(({ name }) => chosen.has(name))) {
      const { kind } = cell;
      const more = kind === 'mysql9' ? ['--performance-schema=OFF', '--local-infile=ON'] : [];
      const args = [...more, ...DURABILITY.relaxed];
      const source = await Server.start(context, { kind, name: 'copied', serverId: 1, args });
      const target = await Server.start(context, { kind, name: 'copy', serverId: 2, args });
      done(await measureCell({ context, source, target }, cell));
      await source.destroy();
      await target.destroy();
    }
  },
};

interface Wanted {
  readonly rows: number;
  readonly tables: readonly string[];
  readonly sums: string;
}

async function measureCell(run: CopyRun, cell: (typeof CELLS)[number]): Promise<CellResult> {
  const { context, source, target } = run;
  const wanted = await withSql(source, async (sql): Promise<Wanted> => {
    const rows = await makeCopyTables(sql, context.options.scale);
    const tables = await tablesOf(sql, DATABASE);
    return { rows, tables, sums: await checksums(sql, tables) };
  });
  const all = [nativeCopier, dumpCopier, dumpPipe, mydumper];
  const asked = all.filter(({ name }) => isAsked(context, name));
  const present = asked.filter(({ absent }) => absent?.() === undefined);
  const measures = new Map<Copier, Measure[]>();
  for (const { round, contender } of interleave(present, context.options.rounds)) {
    const measure = await measureCopy(run, contender, { round, wanted });
    measures.set(contender, [...(measures.get(contender) ?? []), measure]);
    const rate = measure.void ?? `${Math.round(measure.rowsPerSecond ?? 0)} rows/s`;
    context.say(`  ${cell.name} round ${round} ${contender.name}: ${rate}`);
  }
  return {
    name: cell.name,
    suite: 'copy',
    what: cell.what,
    note: 'From the start of the program to its end; secondary keys and all are there then.',
    compares: ROWS_PER_SECOND,
    settings: {
      'source and target': `${target.kind} ${target.version}`,
      'target options': target.settings.join(' '),
      rows: String(wanted.rows),
    },
    contenders: asked.map((copier) => {
      const { name, note } = copier;
      const why = copier.absent?.();
      return {
        name,
        version: copier.version(run),
        ...(note === undefined ? {} : { note }),
        ...(why === undefined ? {} : { absent: why }),
        measures: measures.get(copier) ?? [],
      };
    }),
  };
}

const isAsked = ({ options }: Context, name: string): boolean =>
  name === nativeCopier.name || takesPart(name, options);

/** Takes away what the last one left, lets one copy, and compares. */
async function measureCopy(
  run: CopyRun,
  copier: Copier,
  { round, wanted }: { readonly round: number; readonly wanted: Wanted },
): Promise<Measure> {
  const { context, source, target } = run;
  const drops = LEFT.map((name) => `DROP DATABASE IF EXISTS ${name}`);
  await withSql(target, (sql) => sql.query(drops.join(';')));
  const before = [cpuMs(target.pid), cpuMs(source.pid)] as const;
  const began = performance.now();
  const child = copier.start(run);
  context.onEnd(() => child.stop('SIGKILL'));
  const usage = await untilEnd(child);
  const ms = performance.now() - began;
  const exit = await child.ended();
  if (exit !== 0) return { round, void: shortText(new Error(child.output)) };
  const found = await withSql(target, (sql) => checksums(sql, wanted.tables)).catch(shortText);
  if (found !== wanted.sums) return { round, void: 'source and target differ' };
  const perRow = (cpu: number): number => (cpu * 1000) / wanted.rows;
  return {
    round,
    rows: wanted.rows,
    ms,
    rowsPerSecond: (wanted.rows * 1000) / ms,
    contenderMicrosPerRow: perRow(usage.cpuMs),
    serverMicrosPerRow: perRow(cpuMs(target.pid) - before[0]),
    sourceMicrosPerRow: perRow(cpuMs(source.pid) - before[1]),
    peakRssMb: usage.rssMb,
    load: load(),
  };
}

/** Processes that end can't be asked afterwards: they are looked at as long as they live. */
async function untilEnd(child: Child): Promise<{ readonly cpuMs: number; readonly rssMb: number }> {
  let [cpu, rssMb] = [0, 0];
  const look = (): void => {
    const pids = processTree(child.pid);
    const sum = (ask: (pid: number) => number): number =>
      pids.reduce((total, pid) => total + (tryAsk(ask, pid) ?? 0), 0);
    cpu = Math.max(cpu, sum(cpuMs));
    rssMb = Math.max(rssMb, sum(peakRssKb) / 1024);
  };
  const timer = setInterval(look, SAMPLE_MS);
  await child.ended();
  clearInterval(timer);
  return { cpuMs: cpu, rssMb };
}

function tryAsk(ask: (pid: number) => number, pid: number): number | undefined {
  try {
    const figure = ask(pid);
    return Number.isNaN(figure) ? undefined : figure;
  } catch {
    return undefined; // It has ended since.
  }
}
