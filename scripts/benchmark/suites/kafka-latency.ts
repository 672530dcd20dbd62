import { join } from 'node:path';
import type { Producer, ProduceRun } from '../contenders/producers/producer.ts';
import type { KafkaBroker } from '../kafka-broker.ts';
import type { Measure } from '../report/results.ts';
import { withSql } from '../server.ts';
import { load } from '../support/machine.ts';
import { peakRssKb } from '../support/process-usage.ts';
import { Random } from '../support/random.ts';
import { waitFor } from '../support/wait.ts';
import { live } from '../workloads/live.ts';
import { DATABASE, makeDatabase } from '../workloads/workload.ts';
import { latencies } from './latencies.ts';
import { startProgram } from './live-run.ts';

const RATE = 1000;
const WARM_UP_SECONDS = 3;
const TIMEOUT_MS = 180_000;
/** A row of its own, to see that the whole way is open. */
const PROBE = 2_000_000_000;

/** Source commit to a consumer's hands, at a fixed rate. */
export async function measureKafkaLatency(
  run: Omit<ProduceRun, 'from' | 'lowLatency'>,
  broker: KafkaBroker,
  producer: Producer,
  round: number,
): Promise<Measure> {
  const { context, source, topic } = run;
  const from = await withSql(source, async (sql) => {
    await makeDatabase(sql, live, 0, new Random(1));
    return source.dialect.place(sql);
  });
  const child = await producer.start({ ...run, from, lowLatency: true });
  context.onEnd(() => child.stop('SIGKILL'));
  try {
    await withSql(source, (sql) =>
      sql.query(`INSERT INTO ${DATABASE}.live VALUES (${PROBE},0,'')`),
    );
    await waitFor(async () => ((await broker.count(topic)) > 0 ? true : undefined), {
      what: `the first message (${child.output})`,
      timeoutMs: TIMEOUT_MS,
      everyMs: 100,
    });
    const total = WARM_UP_SECONDS + (context.options.quick ? 10 : 30);
    const [sent, seen] = [join(context.work, 'sent'), join(context.work, 'seen')];
    const watch = startProgram(context, 'watch-topic', [broker.address, topic, total * RATE, seen]);
    await watch.line(/^running/, TIMEOUT_MS);
    const writer = startProgram(context, 'load', [source.port, RATE, total, 'row', sent]);
    await Promise.all([writer.line(/^done/, TIMEOUT_MS), watch.line(/^done/, TIMEOUT_MS)]);
    await Promise.all([watch.ended(), writer.ended()]);
    return {
      round,
      rows: total * RATE,
      peakRssMb: peakRssKb(child.pid) / 1024,
      load: load(),
      figures: latencies({ sent, seen, skipped: WARM_UP_SECONDS * RATE }),
    };
  } finally {
    await child.stop();
  }
}
