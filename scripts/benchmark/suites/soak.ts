import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tailraceApplier } from '../contenders/appliers/tailrace.ts';
import type { Context } from '../context.ts';
import type { Figure, Measure } from '../report/results.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb, rssKb } from '../support/process-usage.ts';
import { slopeOf } from '../support/statistics.ts';
import { ApplyStage } from './apply-stage.ts';
import { measureLive, startProgram, type LiveRun } from './live-run.ts';
import { newest, rest } from './recovery.ts';
import type { Suite } from './suite.ts';

const RATE = 500;
const START_TIMEOUT_MS = 60_000;
const SAMPLE_MS = 2000;
const SLOPE: Figure = { key: 'RSS growth MB an hour', unit: 'MB an hour', better: 'less' };
const NAME = 'soak/mariadb11';
const WHAT = `${RATE} transactions of five row changes a second, for long: does its memory grow?`;

/** tailrace alone: a slope has no rival. */
export const soakSuite: Suite = {
  name: 'soak',
  cells: [{ name: NAME, what: WHAT, onlyByName: true }],
  run: async (context, _chosen, done) => {
    const stage = await ApplyStage.open(context, 'mariadb11');
    const minutes = context.options.soakMinutes;
    const turn = { context, stage, applier: tailraceApplier, round: 1 };
    const measure = await measureLive(turn, (run) => sample(context, stage, run, minutes));
    context.say(`  ${NAME}: ${measure.void ?? JSON.stringify(measure.figures)}`);
    done({
      name: NAME,
      suite: 'soak',
      what: WHAT,
      note: 'The slope is that of the last three quarters.',
      compares: SLOPE,
      settings: {
        'source and target': `${stage.target.kind} ${stage.target.version}`,
        minutes: String(minutes),
      },
      contenders: [{ name: 'tailrace', version: 'this commit', measures: [measure] }],
    });
    await stage.close();
  },
};

async function sample(
  context: Context,
  stage: ApplyStage,
  run: LiveRun,
  minutes: number,
): Promise<Measure> {
  const pid = run.running.pids()[0] ?? 0;
  const out = join(context.work, 'sent');
  const writer = startProgram(context, 'load', [stage.source.port, RATE, 0, 'oltp', out]);
  await writer.line(/^running/, START_TIMEOUT_MS);
  const [started, cpu, points]: [number, number, [number, number][]] = [
    performance.now(),
    cpuMs(pid),
    [],
  ];
  while (performance.now() - started < minutes * 60_000) {
    await delay(SAMPLE_MS);
    points.push([(performance.now() - started) / 3_600_000, rssKb(pid) / 1024]);
  }
  const rows = 5 * (await newest(run.targetSql));
  const used = cpuMs(pid) - cpu;
  await rest(writer, run);
  const settled = points.slice(points.length >> 2);
  return {
    round: 1,
    rows,
    contenderMicrosPerRow: (used * 1000) / rows,
    peakRssMb: peakRssKb(pid) / 1024,
    load: load(),
    figures: {
      [SLOPE.key]: slopeOf(settled),
      'RSS MB after a quarter': settled[0]?.[1] ?? Number.NaN,
      'RSS MB in the end': settled.at(-1)?.[1] ?? Number.NaN,
    },
  };
}
