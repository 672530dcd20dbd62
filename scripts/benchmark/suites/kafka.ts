import { setTimeout as delay } from 'node:timers/promises';
import { canal } from '../contenders/producers/canal.ts';
import { debezium } from '../contenders/producers/debezium.ts';
import { goMysqlFranz } from '../contenders/producers/go-mysql-franz.ts';
import { maxwell } from '../contenders/producers/maxwell.ts';
import type { Producer } from '../contenders/producers/producer.ts';
import { tailraceProducer } from '../contenders/producers/tailrace.ts';
import type { Context } from '../context.ts';
import type { BinlogPlace } from '../dialect.ts';
import { KafkaBroker } from '../kafka-broker.ts';
import { takesPart } from '../options.ts';
import type { CellResult, Measure } from '../report/results.ts';
import { ROWS_PER_SECOND } from '../report/results.ts';
import { DURABILITY, Server, withSql } from '../server.ts';
import type { Child } from '../support/child.ts';
import { load } from '../support/machine.ts';
import { cpuMs, peakRssKb } from '../support/process-usage.ts';
import { Random } from '../support/random.ts';
import { interleave } from '../support/statistics.ts';
import { inserts } from '../workloads/inserts.ts';
import { oltp } from '../workloads/oltp.ts';
import { Recorder, type Tally } from '../workloads/recorder.ts';
import { DATABASE, makeDatabase, type Workload } from '../workloads/workload.ts';
import { shortText } from './decode-lane.ts';
import { CONSUME_CELLS, measureConsume } from './kafka-consume.ts';
import { measureKafkaLatency } from './kafka-latency.ts';
import { MessageTally } from './message-tally.ts';
import type { Suite } from './suite.ts';

const PRODUCERS: readonly Producer[] = [tailraceProducer, goMysqlFranz, maxwell, debezium, canal];
const WORKLOADS = [inserts('bulk', 500, 500_000), oltp(60_000), inserts('single', 1, 150_000)];
const CELLS = WORKLOADS.map((workload) => ({
  name: `kafka/produce/${workload.name}`,
  what: `MySQL to Kafka, a message a row, acks=all: ${workload.what}`,
  workload,
}));
const LATENCY = {
  name: 'kafka/latency/1000',
  what: 'from the commit on the source to a consumer, at 1000 transactions a second',
};
const POLL_MS = 20;
const FIRST_MESSAGE_MS = 120_000;
const QUIET_MS = 30_000;

/** A recorded backlog into a topic of twelve partitions, by primary key. */
export const kafkaSuite: Suite = {
  name: 'kafka',
  cells: [...CELLS, LATENCY, ...CONSUME_CELLS],
  run: async (context, chosen, done) => {
    const broker = await KafkaBroker.start(context);
    const source = await Server.start(context, {
      kind: 'mysql57',
      name: 'kafka-source',
      serverId: 1,
      args: DURABILITY.relaxed,
    });
    for (const { name, what, workload } of CELLS.filter((cell) => chosen.has(cell.name))) {
      const backlog = await record(context, source, workload);
      context.say(
        `${name}: ${backlog.whole.rows} rows in ${backlog.whole.transactions} transactions`,
      );
      done(await measureBacklog({ context, broker, source, ...backlog }, name, what));
    }
    if (chosen.has(LATENCY.name)) done(await measureLatency(context, source, broker));
    await source.destroy();
    await measureConsume(context, broker, chosen, done);
  },
};

interface Setting {
  readonly context: Context;
  readonly broker: KafkaBroker;
  readonly source: Server;
  readonly from: BinlogPlace;
  readonly whole: Tally;
}

async function record(
  context: Context,
  source: Server,
  workload: Workload,
): Promise<Pick<Setting, 'from' | 'whole'>> {
  const { scale } = context.options;
  return withSql(source, async (sql) => {
    const random = new Random(2203);
    await makeDatabase(sql, workload, scale, random);
    await source.dialect.reset(sql);
    // Some programs can't begin at an empty GTID set.
    await sql.query(`INSERT INTO ${DATABASE}.end_mark VALUES (0)`);
    const from = await source.dialect.place(sql);
    const recorder = new Recorder(sql, DATABASE);
    await workload.record(recorder, scale, random);
    return { from, whole: (await recorder.finish()).whole };
  });
}

/** The producers take turns at one thing; what they came to, by producer. */
async function takeTurns(
  context: Context,
  name: string,
  measure: (producer: Producer, round: number) => Promise<Measure>,
): Promise<CellResult['contenders']> {
  const { options } = context;
  const chosen = PRODUCERS.filter(
    (one) => one === tailraceProducer || takesPart(one.name, options),
  );
  const measures = new Map<Producer, Measure[]>(chosen.map((producer) => [producer, []]));
  for (const { round, contender } of interleave(chosen, options.rounds)) {
    const one = await measure(contender, round);
    measures.get(contender)?.push(one);
    const figures = one.figures === undefined ? undefined : JSON.stringify(one.figures);
    const told = one.void ?? figures ?? `${Math.round(one.rowsPerSecond ?? 0)} messages/s`;
    context.say(`  ${name} round ${round} ${contender.name}: ${told}`);
  }
  return chosen.map((producer) => ({
    name: producer.name,
    version: producer.version,
    ...(producer.note === undefined ? {} : { note: producer.note }),
    measures: measures.get(producer) ?? [],
  }));
}

async function measureBacklog(setting: Setting, name: string, what: string): Promise<CellResult> {
  const { context, broker, source, whole } = setting;
  return {
    name,
    suite: 'kafka',
    what,
    note: 'From the first message in the topic to the last, so starting costs nobody anything. Afterwards the topic is read: every row once, or the run is void.',
    compares: { ...ROWS_PER_SECOND, unit: 'messages/s' },
    settings: {
      ...settingsOf(source, broker),
      rows: String(whole.rows),
      transactions: String(whole.transactions),
    },
    contenders: await takeTurns(context, name, (producer, round) =>
      measureOne(setting, producer, round),
    ),
  };
}

async function measureLatency(
  context: Context,
  source: Server,
  broker: KafkaBroker,
): Promise<CellResult> {
  const { name, what } = LATENCY;
  const one = async (producer: Producer, round: number): Promise<Measure> => {
    runs += 1;
    const topic = `bench-${runs}`;
    try {
      await broker.makeTopic(topic);
      const run = { context, source, broker: broker.address, topic, id: runs };
      return await measureKafkaLatency(run, broker, producer, round);
    } catch (error) {
      return { round, void: shortText(error) };
    } finally {
      await broker.dropTopic(topic).catch(() => undefined);
    }
  };
  return {
    name,
    suite: 'kafka',
    what,
    compares: { key: 'p99 ms', unit: 'ms, 99th percentile', better: 'less' },
    settings: settingsOf(source, broker),
    contenders: await takeTurns(context, name, one),
  };
}

const settingsOf = (source: Server, broker: KafkaBroker): Record<string, string> => ({
  source: `${source.kind} ${source.version}`,
  broker: `Kafka ${broker.version}, one broker, twelve partitions`,
});

let runs = 0;

async function measureOne(setting: Setting, producer: Producer, round: number): Promise<Measure> {
  const { context, broker, source, from, whole } = setting;
  runs += 1;
  const topic = `bench-${runs}`;
  let child: Child | undefined;
  try {
    await broker.makeTopic(topic);
    child = await producer.start({
      context,
      source,
      from,
      broker: broker.address,
      topic,
      id: runs,
      lowLatency: false,
    });
    const running = child;
    context.onEnd(() => running.stop('SIGKILL'));
    const { hasManyRowsInMessage } = producer;
    const measure = await clock({ ...setting, topic, child, round, hasManyRowsInMessage });
    await child.stop();
    const tally = new MessageTally();
    await broker.readAll(topic, await broker.count(topic), (value) => {
      tally.take(value);
    });
    const wrong = tally.differsFrom(whole);
    return wrong === undefined ? measure : { round, void: shortText(`${wrong}; ${child.output}`) };
  } catch (error) {
    return { round, void: shortText(error) };
  } finally {
    await child?.stop('SIGKILL');
    await broker.dropTopic(topic).catch(() => undefined);
  }
}

interface Clock extends Setting {
  readonly topic: string;
  readonly child: Child;
  readonly round: number;
  readonly hasManyRowsInMessage: true | undefined;
}

interface Tick {
  readonly count: number;
  readonly at: number;
  readonly cpu: number;
}

/** From the first look that finds messages to the one that finds all of them, or no more. */
async function clock(setting: Clock): Promise<Measure> {
  const { broker, source, whole, topic, child, round } = setting;
  const look = async (): Promise<Tick> => {
    const count = await broker.count(topic);
    if (child.hasEnded) throw new Error(`it ended: ${child.output.slice(-250)}`);
    return { count, at: performance.now(), cpu: cpuMs(child.pid) };
  };
  const sourceCpu = cpuMs(source.pid);
  const brokerCpu = cpuMs(broker.pid);
  const started = performance.now();
  let first = await look();
  while (first.count === 0) {
    if (performance.now() - started > FIRST_MESSAGE_MS)
      throw new Error(`no message came: ${child.output.slice(-250)}`);
    await delay(POLL_MS);
    first = await look();
  }
  let last = first;
  // The mark is a message too.
  while (last.count < whole.rows + 1) {
    await delay(POLL_MS);
    const next = await look();
    if (next.count !== last.count) last = next;
    else if (next.at - last.at > QUIET_MS) break;
  }
  const ms = last.at - first.at;
  const counted = last.count - first.count;
  const rows = setting.hasManyRowsInMessage ? (counted * whole.rows) / last.count : counted;
  return {
    round,
    rows,
    ms,
    rowsPerSecond: (rows * 1000) / ms,
    contenderMicrosPerRow: ((last.cpu - first.cpu) * 1000) / rows,
    serverMicrosPerRow: ((cpuMs(broker.pid) - brokerCpu) * 1000) / whole.rows,
    sourceMicrosPerRow: ((cpuMs(source.pid) - sourceCpu) * 1000) / whole.rows,
    peakRssMb: peakRssKb(child.pid) / 1024,
    serverPeakRssMb: peakRssKb(broker.pid) / 1024,
    load: load(),
  };
}
