import type { Writable } from 'node:stream';

/** What a command may touch of the process. */
export interface CliIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted by SIGTERM and SIGINT. */
  readonly signal: AbortSignal;
}

export const EXIT_OK = 0;
export const EXIT_USAGE = 2;
export const EXIT_FOUND = 3;

export function print(io: CliIo, text: string): void {
  io.stdout.write(text);
}

export function printJson(io: CliIo, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
