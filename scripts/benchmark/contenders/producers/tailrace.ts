import { join } from 'node:path';
import { Child } from '../../support/child.ts';
import { writeTaskConfig } from '../task-config.ts';
import type { Producer, ProduceRun } from './producer.ts';

const tailraceIn = (form: string): Producer => ({
  name: 'tailrace',
  version: 'this commit',
  start: (run) => {
    const home = join(run.context.work, `produce-${run.id}`);
    const config = writeTaskConfig(home, `bench-${run.id}`, `${sections(run)}${form}`);
    const args = [join(run.context.root, 'dist/main.js'), 'produce', '-c', config];
    return Promise.resolve(new Child({ program: process.execPath, args }));
  },
});

export const tailraceProducer = tailraceIn('');
/** Deletes as Debezium's sink takes them: with schemas, and no tombstone behind them. */
export const tailraceDebeziumProducer = tailraceIn(`format = "debezium"
[task.kafka.debezium]
schemas.enable = true
tombstones.on.delete = false
`);

const sections = ({ source, from, broker, topic }: ProduceRun): string => `[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
start = "${from.file}:${from.position}"
[task.kafka]
brokers = ["${broker}"]
topic = "${topic}"
partition_by = "primary_key"
`;
