import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDefinition } from '../../src/schema/serialize-definition.ts';
import { readCorpus } from './ddl-corpus.ts';
import { DdlFollower } from './ddl-follower.ts';
import { RandomDdl } from './random-ddl.ts';

const SERVERS = ['src56', 'src57', 'src97', 'src10', 'src11'] as const;

/** Fixed: a run must say the same tomorrow. Other numbers find other sequences. */
const SEEDS = [1, 7];

describe.each(SERVERS)('moved definitions on %s', (server) => {
  describe('the corpus', () => {
    let follower: DdlFollower;

    beforeAll(async () => {
      follower = await DdlFollower.open(server, 'tailrace_schema');
    });

    afterAll(async () => {
      await follower.close();
    });

    it('is followed as the server does it', { timeout: 300_000 }, async () => {
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

  describe.each(SEEDS)('random statements, seed %i', (seed) => {
    let follower: DdlFollower;

    beforeAll(async () => {
      follower = await DdlFollower.open(server, 'tailrace_schema_rnd');
    });

    afterAll(async () => {
      await follower.close();
    });

    it('are followed as the server does them', { timeout: 300_000 }, async () => {
      const random = new RandomDdl(seed, follower.info);
      const wrong: string[] = [];
      for (let i = 0; i < 150; i++) {
        const unknown = follower.unknown.length;
        const statement = random.next(knownTables(follower));
        const found = await follower.run(statement);
        // What it says not to know is no wrong answer.
        if (found === undefined || found.length === 0) continue;
        if (follower.unknown.length === unknown) {
          wrong.push(`${statement}\n    ${found.join('\n    ')}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(follower.unknown.length).toBeLessThan(5);
      expect(follower.followed).toBeGreaterThan(50);
    });
  });
});

function knownTables(follower: DdlFollower) {
  return [...follower.history.state()]
    .filter(([key, json]) => key.startsWith('tailrace_schema_rnd\0') && json.includes('"c":['))
    .map(([, json]) => parseDefinition(json));
}
