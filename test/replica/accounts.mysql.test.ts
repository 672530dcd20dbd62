import { describe, expect, it } from 'vitest';
import { openReplicaSession } from '../../src/replica/open-session.ts';
import type { ServerOptions } from '../../src/server/connect-options.ts';
import { rootOf, type ServerName } from '../server/servers.ts';
import { headOf, readUntil, replicaOptions, withRoot } from './replica-helpers.ts';

interface Account {
  readonly server: ServerName;
  readonly plugin: string;
  readonly identified: string;
  readonly tls: ServerOptions['tls'];
}

const PASSWORD = 'pass word 密';
const BY = `BY '${PASSWORD}'`;
const USING = `USING PASSWORD('${PASSWORD}')`;

const ACCOUNTS: readonly Account[] = [
  { server: 'mysql97', plugin: 'caching_sha2_password', identified: BY, tls: 'disabled' },
  { server: 'mysql97', plugin: 'caching_sha2_password', identified: BY, tls: 'required' },
  { server: 'mysql57', plugin: 'sha256_password', identified: BY, tls: 'disabled' },
  { server: 'mysql57', plugin: 'mysql_native_password', identified: BY, tls: 'required' },
  { server: 'mariadb10', plugin: 'ed25519', identified: USING, tls: 'disabled' },
  { server: 'mariadb11', plugin: 'ed25519', identified: USING, tls: 'required' },
];

describe.each(ACCOUNTS)('$plugin on $server, tls $tls', (account) => {
  it('reads as a replica with the privileges that the documentation names', async () => {
    const { server, plugin, identified, tls } = account;
    const user = 'a_replica';
    await withRoot(rootOf(server), async (root) => {
      await root.run('CREATE DATABASE IF NOT EXISTS a_replica');
      if (plugin === 'ed25519') {
        await root.run("INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'");
      }
      await root.run('SET sql_log_bin = 0');
      await root.run(`DROP USER IF EXISTS ${user}@'%'`);
      const word = plugin === 'ed25519' ? 'VIA' : 'WITH';
      await root.run(`CREATE USER ${user}@'%' IDENTIFIED ${word} ${plugin} ${identified}`);
      await root.run(`GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${user}@'%'`);
    });
    const options = rootOf(server, { user, password: PASSWORD, tls });
    const start = await withRoot(options, headOf);
    const session = await openReplicaSession(replicaOptions(options, start));
    const table = `a_replica.made_${Math.random().toString(36).slice(2)}`;
    await withRoot(rootOf(server), async (root) => {
      await root.run(`CREATE TABLE ${table} (id INT)`);
      await root.run(`DROP TABLE ${table}`);
    });
    const frames = await readUntil(session, table);
    expect(frames.length).toBeGreaterThan(2);
  });
});
