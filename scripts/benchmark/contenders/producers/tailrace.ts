import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../support/child.ts';
import { DATABASE } from '../../workloads/workload.ts';
import type { Producer, ProduceRun } from './producer.ts';

export const tailraceProducer: Producer = {
  name: 'tailrace',
  version: 'this commit',
  start: (run) => {
    const home = join(run.context.work, `produce-${run.id}`);
    mkdirSync(home, { recursive: true });
    const config = join(home, 'tailrace.toml');
    writeFileSync(config, configText(run));
    const args = [join(run.context.root, 'dist/main.js'), 'produce', '-c', config];
    return Promise.resolve(new Child({ program: process.execPath, args }));
  },
};

const configText = ({
  source,
  from,
  broker,
  topic,
  id,
}: ProduceRun): string => `state_dir = "./state"
[log]
format = "json"
[http]
listen = ""
[[task]]
name = "bench-${id}"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
start = "${from.file}:${from.position}"
[task.filter]
include = ["${DATABASE}.*"]
[task.kafka]
brokers = ["${broker}"]
topic = "${topic}"
partition_by = "primary_key"
`;
