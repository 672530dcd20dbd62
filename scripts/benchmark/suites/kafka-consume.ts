import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, MessageForm } from '../contenders/consumers/consumer.ts';
import { debeziumJdbcSink } from '../contenders/consumers/debezium-jdbc.ts';
import { tailraceConsumer, tailraceOnDebezium } from '../contenders/consumers/tailrace.ts';
import { tailraceDebeziumProducer, tailraceProducer } from '../contenders/producers/tailrace.ts';
import type { Context } from '../context.ts';
import type { KafkaBroker } from '../kafka-broker.ts';
import { takesPart } from '../options.ts';
import { OWN } from '../report/summarize.ts';
import {
  ROWS_PER_SECOND,
  type CellResult,
  type ContenderResult,
  type Measure,
} from '../report/results.ts';
import type { Child } from '../support/child.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb } from '../support/process-usage.ts';
import { interleave } from '../support/statistics.ts';
import { waitFor } from '../support/wait.ts';
import { inserts } from '../workloads/inserts.ts';
import { oltp } from '../workloads/oltp.ts';
import { ApplyStage, type Backlog } from './apply-stage.ts';
import { shortText } from './decode-lane.ts';

const PRODUCE_MS = 300_000;
const SAMPLE_MS = 20;

const CONSUMERS: readonly Consumer[] = [tailraceConsumer, tailraceOnDebezium, debeziumJdbcSink];
const FORMS: Readonly<Record<MessageForm, typeof tailraceProducer>> = {
  maxwell: tailraceProducer,
  debezium: tailraceDebeziumProducer,
};
const WORKLOADS = [inserts('bulk', 500, 600_000), oltp(60_000)];
export const CONSUME_CELLS = WORKLOADS.map((workload) => ({
  name: `kafka/consume/${workload.name}`,
  what: `Kafka to MariaDB, partitioned by primary key: ${workload.what}`,
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
    const filling = { context, broker, stage, backlog };
    const topicOf = (form: MessageForm): string => `backlog-${id}-${form}`;
    const consumers = CONSUMERS.filter((one) => isWanted(context, one));
    const forms = [...new Set(consumers.map(({ form }) => form))];
    for (const form of forms) await fill(filling, topicOf(form), form);
    const measures = new Map<Consumer, Measure[]>(consumers.map((one) => [one, []]));
    for (const { round, contender } of interleave(consumers, context.options.rounds)) {
      const measure = await measureOne(filling, contender, topicOf(contender.form), round);
      const rate = measure.void ?? `${Math.round(measure.rowsPerSecond ?? 0)} rows/s`;
      context.say(`  ${name} round ${round} ${contender.name}: ${rate}`);
      measures.get(contender)?.push(measure);
    }
    done({
      name,
      suite: 'kafka',
      what,
      note: "From the start of the program to its end, when every partition is applied: a second or two of it is starting and joining the group. Then both ends are compared. tailrace reads Maxwell's form, and in a second line the same messages as Debezium's sink: Debezium's form, with schemas.",
      compares: ROWS_PER_SECOND,
      settings: {
        target: `${stage.target.kind} ${stage.target.version}`,
        broker: `Kafka ${broker.version}, one broker, twelve partitions`,
        rows: String(backlog.whole.rows),
        transactions: String(backlog.whole.transactions),
      },
      contenders: consumers.map((consumer) => resultOf(consumer, measures.get(consumer) ?? [])),
    });
    for (const form of forms) await broker.dropTopic(topicOf(form));
  }
  await stage.close();
}

const isWanted = ({ options }: Context, { name, isAside }: Consumer): boolean =>
  name === OWN || isAside === true || takesPart(name, options);

const resultOf = (
  { name, version, note, isAside }: Consumer,
  measures: readonly Measure[],
): ContenderResult => ({
  name,
  version,
  ...(note === undefined ? {} : { note }),
  ...(isAside === true ? { isAside } : {}),
  measures,
});

interface Filling {
  readonly context: Context;
  readonly broker: KafkaBroker;
  readonly stage: ApplyStage;
  readonly backlog: Backlog;
}

let runs = 0;

/** Across partitions nothing says which row comes last: the program itself knows when it has all. */
async function measureOne(
  setting: Filling,
  consumer: Consumer,
  topic: string,
  round: number,
): Promise<Measure> {
  const { context, broker, stage, backlog } = setting;
  const { target } = stage;
  try {
    await stage.reset(backlog);
    const targetCpu = cpuMs(target.pid);
    runs += 1;
    const startedAt = performance.now();
    const run = { context, target, broker: broker.address, topic, id: runs };
    const child = await consumer.start(run);
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

let fillings = 0;

/** The topic gets a message for each row, and one for the mark behind them. */
async function fill(
  { context, broker, stage, backlog }: Filling,
  topic: string,
  form: MessageForm,
): Promise<void> {
  await broker.makeTopic(topic);
  fillings += 1;
  const child = await FORMS[form].start({
    context,
    source: stage.source,
    from: backlog.from,
    broker: broker.address,
    topic,
    id: 9000 + fillings,
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
