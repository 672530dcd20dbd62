import type { Applier } from '../contenders/appliers/applier.ts';
import { mysqlbinlogPipe } from '../contenders/appliers/mysqlbinlog.ts';
import { nativeReplica } from '../contenders/appliers/native-replica.ts';
import { tailraceApplier } from '../contenders/appliers/tailrace.ts';
import { SERVER_KINDS, takesPart, type ServerKind } from '../options.ts';
import { ROWS_PER_SECOND, type CellResult, type Measure } from '../report/results.ts';
import { OWN } from '../report/summarize.ts';
import type { Durability } from '../server.ts';
import { interleave } from '../support/statistics.ts';
import { APPLY_WORKLOADS, FAR } from '../workloads/apply-workloads.ts';
import type { Workload } from '../workloads/workload.ts';
import { measureApply, stretchFor, type RunOptions } from './apply-run.ts';
import { ApplyStage, type Backlog } from './apply-stage.ts';
import type { Suite } from './suite.ts';

interface ApplyCell {
  readonly name: string;
  readonly kind: ServerKind;
  readonly workload: Workload;
  readonly durability: Durability;
  readonly delayMs: number;
}

/** One way; so a question and its answer take twice that. */
const FAR_MS = 2.5;
const WORKERS = [0, 2, 4];
/** Of one statement at a time over a distance: each takes minutes, whatever else the machine does. */
const SLOW_ROUNDS = 1;

const CELLS: readonly ApplyCell[] = SERVER_KINDS.flatMap((kind) =>
  APPLY_WORKLOADS.flatMap((workload) => {
    const cell = (durability: Durability): ApplyCell => ({
      name: `apply/${kind}/${workload.name}/${durability}`,
      kind,
      workload,
      durability,
      delayMs: workload === FAR ? FAR_MS : 0,
    });
    return workload === FAR ? [cell('relaxed')] : [cell('relaxed'), cell('durable')];
  }),
);

/** A recorded backlog, from a source to a target of the same kind. */
export const applySuite: Suite = {
  name: 'apply',
  cells: CELLS.map((cell) => ({
    name: cell.name,
    what: `${cell.workload.what}; ${settingText(cell)}`,
  })),
  run: async (context, chosen, done) => {
    const cells = CELLS.filter(({ name }) => chosen.has(name));
    for (const kind of new Set(cells.map((cell) => cell.kind))) {
      const stage = await ApplyStage.open(context, kind);
      const ofKind = cells.filter((cell) => cell.kind === kind);
      for (const cell of ofKind) {
        await stage.setDurability('relaxed');
        const backlog = await stage.record(cell.workload, context.options.scale * shareOf(cell));
        const { rows, transactions } = backlog.whole;
        context.say(`${cell.name}: ${rows} rows in ${transactions} transactions`);
        await stage.setDurability(cell.durability);
        done(await measureCell({ context, stage, backlog }, cell));
      }
      await stage.close();
    }
  },
};

/** Where each small transaction waits for the disk, a server's own replica would take many minutes over all. */
const shareOf = ({ durability, workload }: ApplyCell): number =>
  durability === 'durable' && workload.hasLargeTransactions !== true ? 0.25 : 1;

/** Groups that have nothing in common are worth more connections; elsewhere one is the best setting. */
const lanesOf = ({ workload }: ApplyCell): number => (workload.hasSeparateRows === true ? 2 : 1);

type Setting = Pick<RunOptions, 'context' | 'stage' | 'backlog'>;

/**
 * The native replica runs once with each number of workers; the best of them then takes turns with the
 * others.
 */
async function measureCell(setting: Setting, cell: ApplyCell): Promise<CellResult> {
  const { context } = setting;
  const measures = new Map<Applier, Measure[]>();
  const run = async (applier: Applier, round: number): Promise<Measure> => {
    const measure = await measureApply({
      ...setting,
      applier,
      round,
      delayMs: cell.delayMs,
      lanes: lanesOf(cell),
    });
    const all = measures.get(applier) ?? [];
    measures.set(applier, [...all, measure]);
    const rate = measure.void ?? `${Math.round(measure.rowsPerSecond ?? 0)} rows/s`;
    context.say(`  ${cell.name} round ${round} ${applier.name}: ${rate}`);
    return measure;
  };
  const rivals: Applier[] = [];
  if (takesPart(nativeReplica(0).name, context.options)) rivals.push(await bestNative(run));
  if (takesPart(mysqlbinlogPipe.name, context.options)) rivals.push(mysqlbinlogPipe);
  for (const { round, contender } of interleave(
    [tailraceApplier, ...rivals],
    context.options.rounds,
  )) {
    const isTooSlow = contender.isSlow === true && cell.delayMs > 0 && round > SLOW_ROUNDS;
    if (!isTooSlow && !isHopeless(measures.get(contender))) await run(contender, round);
  }
  return result(setting, cell, measures);
}

async function bestNative(
  run: (applier: Applier, round: number) => Promise<Measure>,
): Promise<Applier> {
  let best: { applier: Applier; rate: number } | undefined;
  for (const workers of WORKERS) {
    const applier = nativeReplica(workers);
    const rate = (await run(applier, 0)).rowsPerSecond ?? 0;
    if (best === undefined || rate > best.rate) best = { applier, rate };
  }
  if (best === undefined) throw new Error('no native replica');
  return best.applier;
}

/** Twice in a row void: it can't do this, and each try may take its full time. */
const isHopeless = (measures: readonly Measure[] = []): boolean =>
  measures.length >= 2 && measures.slice(-2).every((measure) => measure.void !== undefined);

function result(
  { stage, backlog }: { stage: ApplyStage; backlog: Backlog },
  cell: ApplyCell,
  measures: ReadonlyMap<Applier, readonly Measure[]>,
): CellResult {
  const { source, target } = stage;
  const ordered = [...measures].sort(([a], [b]) => Number(b.name === OWN) - Number(a.name === OWN));
  return {
    name: cell.name,
    suite: 'apply',
    what: `${cell.workload.what}; ${settingText(cell)}`,
    ...(cell.workload.note === undefined ? {} : { note: cell.workload.note }),
    compares: ROWS_PER_SECOND,
    settings: {
      'source and target': `${target.kind} ${target.version}`,
      'source options': source.settings.join(' '),
      'target options': target.settings.join(' '),
      rows: String(backlog.whole.rows),
      transactions: String(backlog.whole.transactions),
      'bytes of binlog': String(backlog.bytes),
    },
    contenders: ordered.map(([applier, own]) => {
      const notes = [
        ...(own.every(({ round }) => round === 0) ? ['one trial run'] : []),
        ...(applier.name === OWN && lanesOf(cell) > 1 ? [`${lanesOf(cell)} lanes`] : []),
        ...(stretchFor({ applier, backlog }) === backlog.short ? ['a tenth of it'] : []),
      ];
      return {
        name: applier.name,
        version: applier.version(target),
        ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
        ...(cell.delayMs > 0 && applier.runsOnTarget ? { isAside: true } : {}),
        measures: own,
      };
    }),
  };
}

function settingText({ durability, delayMs }: ApplyCell): string {
  const far = delayMs === 0 ? '' : `, source and target ${2 * delayMs} ms apart (there and back)`;
  return durability === 'relaxed'
    ? `relaxed target (log flushed once a second)${far}`
    : `durable target (log and binlog synced at each commit)${far}`;
}
