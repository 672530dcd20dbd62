import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE } from '../workloads/workload.ts';

/** Writes HOME/tailrace.toml: one task of this name, every setting at its default but those in `rest`. */
export function writeTaskConfig(home: string, name: string, rest: string): string {
  mkdirSync(home, { recursive: true });
  const path = join(home, 'tailrace.toml');
  const head = `state_dir = "./state"
[log]
format = "json"
[http]
listen = ""
[[task]]
name = "${name}"
[task.filter]
include = ["${DATABASE}.*"]
`;
  writeFileSync(path, head + rest);
  return path;
}
