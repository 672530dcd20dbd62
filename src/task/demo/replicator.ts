import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnProcess } from './own-process.ts';
import { DEMO_PASSWORD, DEMO_USER } from './throwaway-server.ts';

export interface ReplicatorOptions {
  readonly home: string;
  readonly sourceHost: string;
  readonly targetHost: string;
  readonly httpPort: number;
}

/** `tailrace run` as a process of its own, so that it can be killed. */
export class Replicator {
  readonly #options: ReplicatorOptions;
  readonly #config: string;
  #process: OwnProcess | undefined;

  constructor(options: ReplicatorOptions) {
    this.#options = options;
    this.#config = join(options.home, 'tailrace.toml');
    writeFileSync(this.#config, configText(options));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#options.httpPort}/`;
  }

  /** The configuration file that it runs by. */
  get config(): string {
    return this.#config;
  }

  get hasEnded(): boolean {
    return this.#process?.hasEnded ?? false;
  }

  get logTail(): string {
    return this.#process?.logTail ?? '';
  }

  start(): void {
    this.#process = new OwnProcess({
      program: process.execPath,
      args: [...process.execArgv, process.argv[1] ?? '', 'run', '-c', this.#config],
      logPath: join(this.#options.home, 'tailrace.log'),
    });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }
}

function configText({ sourceHost, targetHost, httpPort }: ReplicatorOptions): string {
  const account = `user = "${DEMO_USER}"\npassword = "${DEMO_PASSWORD}"`;
  return `state_dir = "./state"
[log]
format = "json"
[http]
listen = "127.0.0.1:${httpPort}"
[[task]]
name = "demo"
[task.source]
hosts = ["${sourceHost}"]
${account}
start = "earliest"
[task.filter]
include = ["demo.*"]
[task.target]
hosts = ["${targetHost}"]
${account}
`;
}
