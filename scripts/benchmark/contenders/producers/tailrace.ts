import { join } from 'node:path';
import { Child } from '../../support/child.ts';
import { writeTaskConfig } from '../task-config.ts';
import type { Producer, ProduceRun } from './producer.ts';

export const tailraceProducer: Producer = {
  name: 'tailrace',
  version: 'this commit',
  start: (run) => {
    const home = join(run.context.work, `produce-${run.id}`);
    const config = writeTaskConfig(home, `bench-${run.id}`, sections(run));
    const args = [join(run.context.root, 'dist/main.js'), 'produce', '-c', config];
    return Promise.resolve(new Child({ program: process.execPath, args }));
  },
};

const sections = ({ source, from, broker, topic }: ProduceRun): string => `[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
start = "${from.file}:${from.position}"
[task.kafka]
brokers = ["${broker}"]
topic = "${topic}"
partition_by = "primary_key"
`;
