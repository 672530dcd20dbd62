import { fstatSync } from 'node:fs';

/** Reads one variable of the environment; tests bring their own. */
export type EnvReader = (name: string) => string | undefined;

/** The only place that reads the process's environment. */
export const envReader: EnvReader = (name) => process.env[name];

/** Standard error goes to systemd's journal, which takes the priority of a line from its first characters. */
export function isJournal(env: EnvReader = envReader): boolean {
  const stream = env('JOURNAL_STREAM');
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
