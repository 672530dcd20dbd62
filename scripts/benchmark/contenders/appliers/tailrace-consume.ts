import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSql } from '../../server.ts';
import { Child } from '../../support/child.ts';
import { cpuMs } from '../../support/process-usage.ts';
import { DATABASE } from '../../workloads/workload.ts';
import type { Applier, ApplyRun } from './applier.ts';

/** Not the one that the stage puts back: a consumer's marks are its own. */
const STATE_DATABASE = 'consumed';

let runs = 0;

/** Applies what a topic holds, from its first message on. */
export function tailraceConsumer(broker: string, topic: string): Applier {
  return {
    name: 'tailrace',
    version: () => 'this commit',
    runsOnTarget: false,
    start: async (run) => {
      await withSql(run.target, (sql) =>
        sql.query(`SET sql_log_bin=0; DROP DATABASE IF EXISTS ${STATE_DATABASE}`),
      );
      const child = startConsumer(run, broker, topic);
      const end = async (): Promise<void> => {
        const exit = await child.stop();
        if (exit !== 0) throw new Error(`tailrace ended with ${exit}: ${child.output}`);
      };
      return {
        pids: () => (child.hasEnded ? [] : [child.pid]),
        startedAt: performance.now(),
        cpuMsAtStart: cpuMs(child.pid),
        problem: () => Promise.resolve(child.hasEnded ? `it ended: ${child.output}` : undefined),
        pause: end,
        resume: () => Promise.reject(new Error('a consumer is not paused here')),
        stop: end,
      };
    },
  };
}

function startConsumer(run: ApplyRun, broker: string, topic: string): Child {
  const { context, targetPort } = run;
  const home = join(context.work, 'consume');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const path = join(home, 'tailrace.toml');
  runs += 1;
  writeFileSync(
    path,
    `state_dir = "./state"
[log]
format = "json"
[http]
listen = ""
[[task]]
name = "bench"
[task.filter]
include = ["${DATABASE}.*"]
[task.target]
hosts = ["127.0.0.1:${targetPort}"]
user = "root"
state_database = "${STATE_DATABASE}"
[task.kafka]
brokers = ["${broker}"]
topics = ["${topic}"]
group = "bench-${runs}"
`,
  );
  const args = [join(context.root, 'dist/main.js'), 'consume', '-c', path, '--from', 'earliest'];
  const child = new Child({ program: process.execPath, args });
  context.onEnd(() => child.stop('SIGKILL'));
  return child;
}
