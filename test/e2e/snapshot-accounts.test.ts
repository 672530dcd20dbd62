import { describe, expect, it } from 'vitest';
import type { ServerName } from '../support/servers.ts';
import { waitFor } from '../support/wait-for.ts';
import { Pair } from './pair.ts';
import { fillForCopy } from './snapshot-load.ts';

const FAMILIES: readonly (readonly [ServerName, ServerName])[] = [
  ['src57', 'dst57'],
  ['src97', 'dst97'],
  ['src11', 'dst11'],
];

describe.each(FAMILIES)('an account without RELOAD, %s → %s', (from, to) => {
  it('is given a choice, and copies by each way of it', async () => {
    const pair = await Pair.open(from, to, `e2e_snapuser_${from}`);
    const { source, database } = pair;
    const user = `'${database}'@'%'`;
    try {
      await pair.configure({ start: '' });
      pair.edit((text) => text.replace('user = "root"', `user = "${database}"`));
      await source.run(
        `DROP USER IF EXISTS ${user}`,
        `CREATE USER ${user} IDENTIFIED BY ''`,
        `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${user}`,
        `GRANT SELECT ON ${database}.* TO ${user}`,
        'CREATE TABLE t (id INT PRIMARY KEY)',
        'INSERT INTO t VALUES (1), (2)',
      );
      const refused = await pair.command('snapshot');
      expect(refused.code, refused.stderr).toBe(4);
      expect(refused.stderr).toMatch(
        /SNAPSHOT_LOCK_DENIED.*GRANT RELOAD.*GRANT LOCK TABLES.*lock = \\"none\\"/,
      );
      expect(await pair.rows('SHOW TABLES')).toEqual([]);
      await source.run(`GRANT LOCK TABLES ON ${database}.* TO ${user}`);
      const locking = await pair.command('snapshot', '--engine', 'native');
      expect(locking.code, locking.stderr).toBe(0);
      expect(await pair.difference()).toBe('');
      await source.run(`REVOKE LOCK TABLES ON ${database}.* FROM ${user}`);
      pair.edit((text) => `${text}\n[task.snapshot]\nlock = "none"\n`);
      const quiet = await pair.command('snapshot', '--restart');
      expect(quiet.code, quiet.stderr).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await source.run(`DROP USER IF EXISTS ${user}`);
      await pair.drop();
      await pair.close();
    }
  });
});

describe('snapshot --restart', () => {
  it('empties what an earlier copy left, and is gone on with when it is killed itself', async () => {
    const pair = await Pair.open('src57', 'dst57', 'e2e_snapanew');
    try {
      await pair.configure({ start: '' });
      await fillForCopy(pair, 3000);
      expect((await pair.command('snapshot')).code).toBe(0);
      // What only the target has is not left behind.
      await pair.target.run('INSERT INTO notes (v) VALUES (-7)');
      const running = pair.start('snapshot', '--restart', '--engine', 'native');
      const isBegun = async (): Promise<boolean> =>
        running.child.exitCode !== null ||
        (await pair.target
          .value(`SELECT COUNT(*) FROM tailrace_${pair.database}.tailrace_snapshot`)
          .then((count) => Number(count) > 1));
      await waitFor('its record', isBegun, 60_000);
      running.child.kill('SIGKILL');
      await running.finished;
      const rest = await pair.command('snapshot', '--engine', 'native');
      // Where it was through before it was killed, there is nothing left to do.
      if (!rest.stderr.includes('SNAPSHOT_NOT_NEEDED')) expect(rest.code, rest.stderr).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});
