import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface OwnProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Gets what it prints. */
  readonly logPath: string;
}

const LOG_TAIL_LINES = 15;
const STOP_TIMEOUT_MS = 15_000;

/**
 * A child process that never outlives us: it is ended by `stop`, and killed when this process exits
 * in whatever way it can notice. It has a process group of its own, so that Ctrl-C reaches us alone.
 */
export class OwnProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #logPath: string;
  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };
  #spawnError: Error | undefined;

  constructor({ program, args, logPath }: OwnProcessOptions) {
    const log = openSync(logPath, 'a');
    this.#logPath = logPath;
    this.#child = spawn(program, args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    process.once('exit', this.#kill);
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#spawnError = error;
        resolve();
      });
      this.#child.once('exit', () => {
        process.off('exit', this.#kill);
        resolve();
      });
    });
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.#child;
    return exitCode !== null || signalCode !== null || this.#spawnError !== undefined;
  }

  /** At once, as a crash would. */
  async kill(): Promise<void> {
    this.#kill();
    await this.#ended;
  }

  /** Asks it to end; kills it when it takes too long. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const timer = setTimeout(this.#kill, STOP_TIMEOUT_MS);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(timer);
  }

  /** The last lines of what it printed. */
  get logTail(): string {
    const lines = readFileSync(this.#logPath, 'utf8').trimEnd().split('\n');
    return [...lines.slice(-LOG_TAIL_LINES), this.#spawnError?.message ?? ''].join('\n').trim();
  }
}
