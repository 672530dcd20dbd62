import { spawn, type ChildProcess } from 'node:child_process';
import { TailraceError } from '../../core/errors.ts';
import { createDeferred } from '../../lib/deferred.ts';
import { redactSecrets } from '../../lib/secrets.ts';
import { DumpStatements, type DumpInsert } from './dump-statements.ts';
import type { DumpProgram } from './find-program.ts';
import { optionFile, programArguments, type DumpOptions } from './program-options.ts';

/**
 * The option file comes through a pipe. Those that node makes are sockets, which can't be opened by name:
 * the shell makes one that can.
 */
const SCRIPT = 'cat | exec "$0" --defaults-file=/dev/stdin "$@"';
/** The end of what the program says is what matters. */
const KEPT_STDERR = 4000;

/**
 * The dump program as a source of INSERT statements. It is read as fast as they are taken; nothing of
 * the dump touches a disk.
 */
export class DumpProcess {
  readonly #program: DumpProgram;
  readonly #child: ChildProcess;
  readonly #statements = new DumpStatements();
  readonly #begun = createDeferred<undefined>();
  readonly #exited = createDeferred<number>();
  #stderr = '';
  /** What came before somebody took it. */
  readonly #early: DumpInsert[] = [];
  readonly #chunks: AsyncIterator<Buffer>;
  bytes = 0;

  constructor(program: DumpProgram, options: DumpOptions) {
    this.#program = program;
    this.#exited.promise.catch(() => undefined);
    this.#begun.promise.catch(() => undefined);
    const child = spawn('sh', ['-c', SCRIPT, program.path, ...programArguments(options)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own, to be ended whole; and no login of the user's own.
      detached: true,
      env: { PATH: '/usr/bin:/bin', MYSQL_TEST_LOGIN_FILE: '/dev/null' },
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-KEPT_STDERR);
    });
    child.on('error', (error) => {
      this.#exited.reject(this.#failed(error.message));
    });
    child.on('close', (code, signal) => {
      this.#exited.resolve(code ?? (signal === null ? -1 : 128));
    });
    // It may end before it has read them; its exit code says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(optionFile(options));
    this.#chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Resolves when the program's view is open: it has begun to write, or is through. */
  async begun(): Promise<void> {
    while (!this.#statements.hasBegun) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      this.#early.push(...this.#read(next.value));
    }
    if (!this.#statements.hasBegun) await this.#assertEnd();
  }

  async *inserts(): AsyncGenerator<DumpInsert> {
    yield* this.#early.splice(0);
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      yield* this.#read(next.value);
    }
    await this.#assertEnd();
  }

  kill(): void {
    const { pid, stdout, exitCode } = this.#child;
    stdout?.destroy();
    if (pid === undefined || exitCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended by itself in this moment.
    }
  }

  #read(chunk: Buffer): Generator<DumpInsert> {
    this.bytes += chunk.length;
    return this.#statements.push(chunk);
  }

  /** A dump that was cut off looks like one of fewer tables: it has to say that it is whole. */
  async #assertEnd(): Promise<void> {
    this.#statements.end();
    const code = await this.#exited.promise;
    if (code === 0 && this.#statements.isCompleted) return;
    throw this.#failed(code === 0 ? 'it ended before its dump did' : `it ended with code ${code}`);
  }

  #failed(what: string): TailraceError {
    const said = redactSecrets(this.#stderr)
      .split('\n')
      .filter((line) => line !== '' && !/warning/i.test(line))
      .slice(-3)
      .join('; ');
    const { path, version } = this.#program;
    return new TailraceError(
      'SNAPSHOT_PROGRAM_FAILED',
      `${path} (${version}): ${what}${said === '' ? '' : `: ${said}`}`,
    );
  }
}
