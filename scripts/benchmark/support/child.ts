import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const KEPT_LINES = 60;

/** A program that is measured or helps to: its lines can be waited for, and its end is never missed. */
export class Child {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | string>;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #exit: number | string | undefined;

  constructor(options: ChildOptions) {
    const { program, args, env, cwd } = options;
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => {
          this.#take(line);
        });
    }
    this.#child.stdin?.on('error', () => undefined);
    this.#ended = once(this.#child, 'close').then(
      ([code, signal]) => (this.#exit = (code as number | null) ?? String(signal)),
      (error: unknown) => (this.#exit = String(error)),
    );
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program did not start');
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  get output(): string {
    return this.#lines.join('\n');
  }

  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  /** The next line that matches, from now on. Rejects when the program ends or time is up. */
  async line(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    let listener: ((line: string) => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      listener = (line) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match);
      };
      this.#listeners.add(listener);
      timer = setTimeout(() => {
        reject(new Error(`no answer in ${timeoutMs / 1000} s\n${this.output}`));
      }, timeoutMs);
      void this.#ended.then((exit) => {
        reject(new Error(`ended with ${exit}\n${this.output}`));
      });
    });
    try {
      return await found;
    } finally {
      clearTimeout(timer);
      if (listener !== undefined) this.#listeners.delete(listener);
    }
  }

  /** Asks it to end, and insists after a while. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 15_000): Promise<number | string> {
    if (this.#exit === undefined) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    const exit = await this.#ended;
    clearTimeout(timer);
    return exit;
  }

  ended(): Promise<number | string> {
    return this.#ended;
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }
}
