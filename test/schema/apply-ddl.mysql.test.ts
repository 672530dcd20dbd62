import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCorpus } from './ddl-corpus.ts';
import { DdlFollower } from './ddl-follower.ts';

const SERVERS = ['src56', 'src57', 'src97', 'src10', 'src11'] as const;

describe.each(SERVERS)('the corpus on %s', (server) => {
  let follower: DdlFollower;

  beforeAll(async () => {
    follower = await DdlFollower.open(server, 'tailrace_schema');
  });

  afterAll(async () => {
    await follower.close();
  });

  it('moves every definition as the server does', { timeout: 300_000 }, async () => {
    const { flavor, versionNumber } = follower.info;
    const wrong: string[] = [];
    for (const entry of readCorpus()) {
      if (entry.flavor !== undefined && entry.flavor !== flavor) continue;
      if (versionNumber < entry.since || versionNumber >= entry.before) continue;
      const found = await follower.run(entry.statement, entry.modes);
      if (found === undefined || found.length === 0) continue;
      wrong.push(`${entry.statement}\n    ${found.join('\n    ')}`);
    }
    expect(wrong).toEqual([]);
    expect(follower.unknown).toEqual([]);
    // Enough of it was accepted: otherwise nothing was tested.
    expect(follower.followed).toBeGreaterThan(200);
  });
});
