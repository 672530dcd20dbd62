import { describe, expect, it } from 'vitest';
import { connectServer } from '../../../src/server/connect.ts';
import {
  missingPrivileges,
  readGlobalPrivileges,
} from '../../../src/source/binlog/source-privileges.ts';
import { readSourceSettings } from '../../../src/source/binlog/source-settings.ts';
import { rootOf, SERVER_NAMES } from '../../server/servers.ts';

describe.each(SERVER_NAMES)('settings of %s', (name) => {
  it('are read, and root lacks nothing', async () => {
    const connection = await connectServer(rootOf(name), 'source');
    try {
      const settings = await readSourceSettings(connection);
      const isMariadb = name.startsWith('mariadb');
      expect(settings).toMatchObject({
        account: expect.stringMatching(/^root@/) as string,
        isLogging: true,
        binlogFormat: 'ROW',
        rowImage: 'FULL',
        checksum: 'CRC32',
        gtidMode: isMariadb ? undefined : 'ON',
        databaseFilter: '',
        hidesReplicatedChanges: false,
      });
      expect(settings.rowMetadata === undefined).toBe(name === 'mysql56' || name === 'mysql57');
      expect(missingPrivileges(await readGlobalPrivileges(connection))).toEqual([]);
    } finally {
      connection.destroy();
    }
  });

  it('are read by an account without privileges, which lacks them', async () => {
    const root = await connectServer(rootOf(name), 'source');
    await root.run('SET sql_log_bin = 0');
    await root.run("GRANT USAGE ON *.* TO a_usage@'%' IDENTIFIED BY 'x'").catch(async () => {
      await root.run("CREATE USER IF NOT EXISTS a_usage@'%' IDENTIFIED BY 'x'");
    });
    root.destroy();
    const options = rootOf(name, { user: 'a_usage', password: 'x' });
    const connection = await connectServer(options, 'source');
    try {
      expect((await readSourceSettings(connection)).isLogging).toBe(true);
      const missing = missingPrivileges(await readGlobalPrivileges(connection));
      expect(missing).toEqual(['SELECT', 'REPLICATION SLAVE', 'REPLICATION CLIENT']);
    } finally {
      connection.destroy();
    }
  });
});
