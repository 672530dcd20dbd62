import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/server/ssh/host-key.ts';
import { Replication } from '../support/replication.ts';
import { testServer } from '../support/servers.ts';
import { SshServer } from '../support/ssh-server.ts';
import { startTailrace } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

describe('both ends through SSH', () => {
  let source: SshServer;
  let target: SshServer;
  let replication: Replication;

  beforeEach(async () => {
    source = await SshServer.start();
    target = await SshServer.start();
    replication = await Replication.open({
      database: 'e2e_ssh',
      source: testServer('src57'),
      target: testServer('dst57'),
      sourceLines: sshLines('source', source),
      targetLines: sshLines('target', target),
    });
    for (const [name, server] of Object.entries({ source, target })) {
      const key = join(replication.workspace.dir, `key_${name}`);
      writeFileSync(key, server.clientKey, { mode: 0o600 });
    }
  });
  afterEach(async () => {
    await replication.close();
    source.close();
    target.close();
  });

  it('connections that break again and again under load lose and double nothing', async () => {
    const { database } = replication;
    await replication.catchUp();
    await replication.source.run(`create table ${database}.log (n int)`);
    const insert = async (round: number): Promise<void> => {
      for (let n = 0; n < 10; n += 1) {
        await replication.source.run(`insert into ${database}.log values (${round}), (${round})`);
      }
    };
    const count = async (): Promise<number> => {
      const rows = replication.target.value(`select count(*) from ${database}.log`);
      // The table comes with the first of them.
      return Number(await rows.catch(() => 0));
    };
    const run = startTailrace(['run', '-c', replication.workspace.config]);
    try {
      for (let round = 1; round <= 2; round += 1) {
        await insert(round);
        (round % 2 === 0 ? source : target).cut();
        await insert(round);
        await waitFor('every row', async () => (await count()) === round * 40, 90_000);
      }
    } finally {
      run.child.kill('SIGTERM');
    }
    expect((await run.finished).code).toBe(0);
    await replication.expectSame('log');
  });
});

function sshLines(end: 'source' | 'target', server: SshServer): string {
  return `[task.${end}.ssh]
host = "127.0.0.1:${server.port}"
user = "ops"
private_key = "key_${end}"
host_key_sha256 = "${fingerprintOf(server.hostKey)}"
`;
}
