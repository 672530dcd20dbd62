import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestServer } from './servers.ts';

const root = new URL('../../', import.meta.url).pathname;

export interface TaskSetup {
  readonly source: Pick<TestServer, 'port'>;
  readonly target?: Pick<TestServer, 'port'>;
  readonly name?: string;
  readonly start?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** More lines for [task.source], [task.filter], [task.target], and at the end of the file. */
  readonly sourceLines?: string;
  readonly filterLines?: string;
  readonly targetLines?: string;
  readonly tail?: string;
}

/** A folder with a configuration file of its own; its state lies in it. */
export class Workspace {
  readonly dir = mkdtempSync(join(tmpdir(), 'tailrace-e2e-'));
  readonly config = join(this.dir, 'tailrace.toml');

  write(setup: TaskSetup): void {
    const include = JSON.stringify(setup.include ?? ['*.*']);
    const name = setup.name ?? 'e2e';
    const target =
      setup.target === undefined
        ? ''
        : `[task.target]
hosts = ["127.0.0.1:${setup.target.port}"]
user = "root"
password = ""
state_database = "tailrace_${name.replaceAll('-', '_')}"
${setup.targetLines ?? ''}
`;
    const start = (setup.start ?? '') === '' ? '' : `start = "${setup.start}"\n`;
    writeFileSync(
      this.config,
      `state_dir = "./state"
[log]
level = "debug"
[http]
listen = ""
[[task]]
name = "${name}"
[task.source]
hosts = ["127.0.0.1:${setup.source.port}"]
user = "root"
password = ""
heartbeat_seconds = 1
${start}${setup.sourceLines ?? ''}
[task.filter]
include = ${include}
exclude = ${JSON.stringify(setup.exclude ?? [])}
${setup.filterLines ?? ''}
${target}${setup.tail ?? ''}`,
    );
  }

  text(): string {
    return readFileSync(this.config, 'utf8');
  }

  edit(change: (text: string) => string): void {
    writeFileSync(this.config, change(existsSync(this.config) ? this.text() : ''));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  stdout(): string;
  stderr(): string;
}

/** TAILRACE_FROM_SOURCE=1: without building first, while working on it. */
const program =
  process.env['TAILRACE_FROM_SOURCE'] === '1'
    ? ['--import', import.meta.resolve('tsx'), `${root}src/main.ts`]
    : [`${root}dist/main.js`];

/** Program and arguments, for tests that start it in their own way. */
export function commandLine(args: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, ...program, ...args];
}

/** The built command, as a user runs it. */
export function startTailrace(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [...program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  // A character may stand in two chunks.
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { child, finished, stdout: () => stdout, stderr: () => stderr };
}

export function runTailrace(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  return startTailrace(args, env).finished;
}
