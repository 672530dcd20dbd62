import { checkConfig } from '../../../src/config/load-config.ts';
import type { Config } from '../../../src/config/schema.ts';
import type { Draft } from '../../../src/config/convert/draft.ts';

/** What our own loader makes of it; throws what it refuses. */
export function load({ toml }: Draft): Config {
  const { config, issues } = checkConfig(toml, { env: () => 'set', baseDir: '/' });
  if (config === undefined) {
    throw new Error(
      `${issues.map(({ path, message }) => `${path}: ${message}`).join('\n')}\n${toml}`,
    );
  }
  return config;
}

export function noteOf({ notes }: Draft, key: string): string {
  return notes
    .filter((note) => note.key === key)
    .map(({ text }) => text)
    .join('\n');
}
