import { Writable } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, without a process. */
export async function cli(...argv: string[]): Promise<CliResult> {
  const [stdout, stderr] = [new TextSink(), new TextSink()];
  const { signal } = new AbortController();
  const code = await runCli(argv, { stdout, stderr, signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
