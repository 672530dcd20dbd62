/**
 * watch-topic.ts BROKER TOPIC COUNT OUT: reads a topic from its beginning and writes when the message of
 * each of COUNT rows was first there. Prints `running`, and `done` in the end.
 */
import { writeFileSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { nowMs } from './clock.ts';

const [broker, topic, countText, out] = process.argv.slice(2);
if (broker === undefined || topic === undefined || out === undefined) {
  throw new Error('BROKER TOPIC COUNT OUT');
}
const count = Number(countText);
const seen = new Float64Array(count);
let missing = count;
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `watches-${topic}`, maxWaitTimeInMs: 50, minBytes: 1 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
let finish: () => void = () => undefined;
const finished = new Promise<void>((resolve) => {
  finish = resolve;
});
await consumer.run({
  autoCommit: false,
  eachBatch: ({ batch }) => {
    const now = nowMs();
    for (const { value } of batch.messages) {
      // The first in every format: the key column of the row itself.
      const index = Number(/"id":"?(\d+)/.exec(value?.toString() ?? '')?.[1]) - 1;
      if (seen[index] !== 0) continue;
      seen[index] = now;
      missing -= 1;
    }
    if (missing === 0) finish();
    return Promise.resolve();
  },
});
console.log('running');
await finished;
writeFileSync(out, Buffer.from(seen.buffer));
console.log('done');
await consumer.disconnect();
