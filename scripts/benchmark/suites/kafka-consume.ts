import { tailraceConsumer } from '../contenders/appliers/tailrace-consume.ts';
import { tailraceProducer } from '../contenders/producers/tailrace.ts';
import type { Context } from '../context.ts';
import type { KafkaBroker } from '../kafka-broker.ts';
import { ROWS_PER_SECOND, type CellResult, type Measure } from '../report/results.ts';
import { waitFor } from '../support/wait.ts';
import { inserts } from '../workloads/inserts.ts';
import { oltp } from '../workloads/oltp.ts';
import { measureApply } from './apply-run.ts';
import { ApplyStage, type Backlog } from './apply-stage.ts';

const PRODUCE_MS = 300_000;

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
    const backlog = await stage.record(workload);
    const topic = `backlog-${id}`;
    await fill({ context, broker, stage, backlog }, topic, id);
    const applier = tailraceConsumer(broker.address, topic);
    const measures: Measure[] = [];
    for (let round = 1; round <= context.options.rounds; round++) {
      const measure = await measureApply({ context, stage, backlog, applier, round, delayMs: 0 });
      context.say(
        `  ${name} round ${round}: ${measure.void ?? `${Math.round(measure.rowsPerSecond ?? 0)} rows/s`}`,
      );
      measures.push(measure);
    }
    done({
      name,
      suite: 'kafka',
      what,
      note: 'From the start of the program (which costs half a second) until the last row can be seen at the target; then both ends are compared.',
      compares: ROWS_PER_SECOND,
      settings: {
        target: `${stage.target.kind} ${stage.target.version}`,
        broker: `Kafka ${broker.version}, one broker, twelve partitions`,
        rows: String(backlog.whole.rows),
        transactions: String(backlog.whole.transactions),
      },
      contenders: [{ name: applier.name, version: applier.version(stage.target), measures }],
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
