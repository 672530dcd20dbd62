import { readFileSync } from 'node:fs';

/** From package.json, two folders up in the sources and in the build alike. */
function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

export const VERSION = readVersion();
