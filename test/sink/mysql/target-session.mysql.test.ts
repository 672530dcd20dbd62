import { expect, it } from 'vitest';
import { openTargetSession } from '../../../src/sink/mysql/target-session.ts';
import { testServer } from '../../support/servers.ts';
import { openSql } from '../../support/sql.ts';
import { waitFor } from '../../support/wait-for.ts';
import { sinkOptions } from './sink-harness.ts';

it('a session that was lost while nobody used it says so at the next statement', async () => {
  const server = testServer('dst11');
  const sql = await openSql(server);
  const options = sinkOptions(server, 'e2_lost');
  const session = await openTargetSession(options, new AbortController().signal);
  await sql.run(`KILL ${session.connection.threadId}`);
  await waitFor('the end of the session', () => !session.isAlive);
  await expect(session.run('DO 0')).rejects.toMatchObject({ code: 'TARGET_CONNECTION_LOST' });
  session.destroy();
  await sql.close();
});
