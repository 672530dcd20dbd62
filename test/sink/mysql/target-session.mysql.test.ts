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

it.each(['dst56', 'dst57', 'dst97', 'dst10', 'dst11'] as const)(
  'after a text that %s reads byte by byte, names and values are read as UTF-8 again',
  async (name) => {
    const options = sinkOptions(testServer(name), 'e2_bytes');
    const session = await openTargetSession(options, new AbortController().signal);
    const ask = Buffer.from("SELECT HEX('é')");
    await session.readBytes();
    // Both bytes are characters of their own, and leave as such: so it is in use.
    const { replies: asBytes } = await session.executeAscii(ask);
    await session.readBytes();
    const { replies, failure } = await session.execute([ask]);
    expect({ asBytes: asBytes[0]?.rows, asText: replies.map(({ rows }) => rows), failure }).toEqual(
      {
        asBytes: [['C383C2A9']],
        asText: [[['C3A9']]],
        failure: undefined,
      },
    );
    await session.readBytes();
    expect(await session.connection.query("SELECT HEX('é') AS text")).toEqual([{ text: 'C3A9' }]);
    await session.close();
  },
);
