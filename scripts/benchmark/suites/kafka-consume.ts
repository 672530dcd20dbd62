import { setTimeout as delay } from 'node:timers/promises';
import { startTailraceConsumer } from '../contenders/appliers/tailrace-consume.ts';
import { tailraceProducer } from '../contenders/producers/tailrace.ts';
import type { Context } from '../context.ts';
import type { KafkaBroker } from '../kafka-broker.ts';
import { OWN } from '../report/summarize.ts';
import { ROWS_PER_SECOND, type CellResult, type Measure } from '../report/results.ts';
import type { Child } from '../support/child.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb } from '../support/process-usage.ts';
import { waitFor } from '../support/wait.ts';
import { inserts } from '../workloads/inserts.ts';
import { oltp } from '../workloads/oltp.ts';
import { ApplyStage, type Backlog } from './apply-stage.ts';
import { shortText } from './decode-lane.ts';

const PRODUCE_MS = 300_000;
const SAMPLE_MS = 20;

const WORKLOADS = [inserts('bulk', 500, 300_000), oltp(40_000)];
export const CONSUME_CELLS = WORKLOADS.map((workload) => ({
  name: `kafka/consume/${workload.name}`,
  what: `Kafka to MariaDB, messages in Maxwell's form, by primary key: ${workload.what}`,
  workload,
}));

/** A backlog of messages, applied to a target that was put back to where they begin. */
export async function measureConsume(
  context: Context,
  broker: KafkaBroker,
  chosen: ReadonlySet<string>,
  done: (cell: CellResult) => void,
): Promise<void> {
  const cells = CONSUME_CELLS.filter(({ name }) => chosen.has(name));
  if (cells.length === 0) return;
  const stage = await ApplyStage.open(context, 'mariadb11');
  for (const [id, { name, what, workload }] of cells.entries()) {
    const backlog = await stage.record(workload, context.options.scale);
    const topic = `backlog-${id}`;
    await fill({ context, broker, stage, backlog }, topic, id);
    const measures: Measure[] = [];
    for (let round = 1; round <= context.options.rounds; round++) {
      const measure = await measureOne({ context, broker, stage, backlog }, topic, round);
      context.say(
        `  ${name} round ${round}: ${measure.void ?? `${Math.round(measure.rowsPerSecond ?? 0)} rows/s`}`,
      );
      measures.push(measure);
    }
    done({
      name,
      suite: 'kafka',
      what,
      note: 'From the start of the program to its end, when every partition is applied: a second of it is starting, joining the group and leaving it. Then both ends are compared.',
      compares: ROWS_PER_SECOND,
      settings: {
        target: `${stage.target.kind} ${stage.target.version}`,
        broker: `Kafka ${broker.version}, one broker, twelve partitions`,
        rows: String(backlog.whole.rows),
        transactions: String(backlog.whole.transactions),
      },
      contenders: [{ name: OWN, version: 'this commit', measures }],
    });
    await broker.dropTopic(topic);
  }
  await stage.close();
}

interface Filling {
  readonly context: Context;
  readonly broker: KafkaBroker;
  readonly stage: ApplyStage;
  readonly backlog: Backlog;
}

let runs = 0;

/** Across partitions nothing says which row comes last: the program itself knows when it has all. */
async function measureOne(setting: Filling, topic: string, round: number): Promise<Measure> {
  const { context, broker, stage, backlog } = setting;
  const { target } = stage;
  try {
    await stage.reset(backlog);
    const targetCpu = cpuMs(target.pid);
    runs += 1;
    const startedAt = performance.now();
    const run = { context, target, broker: broker.address, topic, id: runs };
    const child = await startTailraceConsumer(run);
    const used = await watchUsage(child);
    const ms = performance.now() - startedAt;
    if ((await child.ended()) !== 0) return { round, void: shortText(child.output) };
    const difference = await stage.difference(backlog);
    if (difference !== undefined) return { round, void: difference };
    const { rows } = backlog.whole;
    return {
      round,
      rows,
      ms,
      rowsPerSecond: (rows * 1000) / ms,
      contenderMicrosPerRow: (used.cpuMs * 1000) / rows,
      serverMicrosPerRow: ((cpuMs(target.pid) - targetCpu) * 1000) / rows,
      peakRssMb: used.rssKb / 1024,
      load: load(),
    };
  } catch (error) {
    return { round, void: shortText(error) };
  }
}

/** What it had used when it was seen last. */
async function watchUsage(
  child: Child,
): Promise<{ readonly cpuMs: number; readonly rssKb: number }> {
  let used = { cpuMs: 0, rssKb: 0 };
  while (!child.hasEnded) {
    try {
      const rssKb = peakRssKb(child.pid);
      // A process that has ended and waits to be noticed has no memory.
      if (rssKb > 0) used = { cpuMs: cpuMs(child.pid), rssKb };
    } catch {
      // It ended just now.
    }
    await delay(SAMPLE_MS);
  }
  return used;
}

/** The topic gets a message for each row, and one for the mark behind them. */
async function fill(
  { context, broker, stage, backlog }: Filling,
  topic: string,
  id: number,
): Promise<void> {
  await broker.makeTopic(topic);
  const child = await tailraceProducer.start({
    context,
    source: stage.source,
    from: backlog.from,
    broker: broker.address,
    topic,
    id: 9000 + id,
    lowLatency: false,
  });
  try {
    const wanted = backlog.whole.rows + 1;
    await waitFor(async () => ((await broker.count(topic)) >= wanted ? true : undefined), {
      what: `${wanted} messages in ${topic} (${child.output.slice(-250)})`,
      timeoutMs: PRODUCE_MS,
      everyMs: 200,
    });
  } finally {
    await child.stop();
  }
}
