import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { withSql, type Server } from '../../server.ts';
import { Child } from '../../support/child.ts';
import { writeTaskConfig } from '../task-config.ts';

/** Not the one that the stage puts back: a consumer's marks are its own. */
const STATE_DATABASE = 'consumed';

export interface ConsumeRun {
  readonly context: Context;
  readonly target: Server;
  /** host:port */
  readonly broker: string;
  readonly topic: string;
  /** Different in each run. */
  readonly id: number;
}

/** Applies what a topic holds, from its first message to the last that is there, and ends. */
export async function startTailraceConsumer(run: ConsumeRun): Promise<Child> {
  const { context, target } = run;
  await withSql(target, (sql) =>
    sql.query(`SET sql_log_bin=0; DROP DATABASE IF EXISTS ${STATE_DATABASE}`),
  );
  const home = join(context.work, 'consume');
  rmSync(home, { recursive: true, force: true });
  const config = writeTaskConfig(home, 'bench', sections(run));
  const program = join(context.root, 'dist/main.js');
  const options = ['--from', 'earliest', '--until', 'head'];
  const args = [program, 'consume', '-c', config, ...options];
  const child = new Child({ program: process.execPath, args });
  context.onEnd(() => child.stop('SIGKILL'));
  return child;
}

const sections = ({ target, broker, topic, id }: ConsumeRun): string => `[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
state_database = "${STATE_DATABASE}"
[task.kafka]
brokers = ["${broker}"]
topics = ["${topic}"]
group = "bench-${id}"
`;
