import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { OWN } from '../../report/summarize.ts';
import { withSql } from '../../server.ts';
import { Child } from '../../support/child.ts';
import { writeTaskConfig } from '../task-config.ts';
import type { Consumer, ConsumeRun, MessageForm } from './consumer.ts';

/** Not the one that the stage puts back: a consumer's marks are its own. */
const STATE_DATABASE = 'consumed';

const tailraceOn = (name: string, form: MessageForm): Consumer => ({
  name,
  version: 'this commit',
  form,
  ...(name === OWN ? {} : { isAside: true }),
  start: (run) => start(run, form),
});

export const tailraceConsumer = tailraceOn(OWN, 'maxwell');
/** The same messages as Debezium's own sink. */
export const tailraceOnDebezium = tailraceOn("tailrace, Debezium's form", 'debezium');

async function start(run: ConsumeRun, form: MessageForm): Promise<Child> {
  const { context, target } = run;
  await withSql(target, (sql) =>
    sql.query(`SET sql_log_bin=0; DROP DATABASE IF EXISTS ${STATE_DATABASE}`),
  );
  const home = join(context.work, 'consume');
  rmSync(home, { recursive: true, force: true });
  const config = writeTaskConfig(home, 'bench', sections(run, form));
  const program = join(context.root, 'dist/main.js');
  const options = ['--from', 'earliest', '--until', 'head'];
  const args = [program, 'consume', '-c', config, ...options];
  const child = new Child({ program: process.execPath, args });
  context.onEnd(() => child.stop('SIGKILL'));
  return child;
}

const sections = (
  { target, broker, topic, id }: ConsumeRun,
  form: MessageForm,
): string => `[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
state_database = "${STATE_DATABASE}"
[task.kafka]
brokers = ["${broker}"]
topics = ["${topic}"]
format = "${form}"
group = "bench-${id}"
`;
