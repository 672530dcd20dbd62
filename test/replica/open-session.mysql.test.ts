import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openReplicaSession } from '../../src/replica/open-session.ts';
import type { ReplicaOptions, ReplicaSession } from '../../src/replica/replica-session.ts';
import type { TailraceError } from '../../src/core/errors.ts';
import { parseGtidSet } from '../../src/core/gtid-set-parse.ts';
import { readOptionalText, readText } from '../../src/server/row-reader.ts';
import { rootOf, SERVER_NAMES } from '../server/servers.ts';
import {
  gtidHeadOf,
  has,
  headOf,
  isFormatDescription,
  readUntil,
  replicaOptions,
  TYPE,
  typeOf,
  withRoot,
} from './replica-helpers.ts';

const sessions: ReplicaSession[] = [];

async function open(options: ReplicaOptions): Promise<ReplicaSession> {
  const session = await openReplicaSession(options);
  sessions.push(session);
  return session;
}

async function refusal(options: ReplicaOptions): Promise<TailraceError> {
  return open(options).then(
    () => {
      throw new Error('it was let in');
    },
    (thrown: unknown) => thrown as TailraceError,
  );
}

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

describe.each(SERVER_NAMES)('a replica of %s', (name) => {
  const server = rootOf(name);
  const isMariadb = name.startsWith('mariadb');
  const insert = (mark: string) =>
    withRoot(server, (root) => root.run('INSERT INTO a_replica.t (v) VALUES (?)', [mark]));

  beforeAll(() =>
    withRoot(server, async (root) => {
      await root.run('CREATE DATABASE IF NOT EXISTS a_replica');
      await root.run(
        'CREATE TABLE IF NOT EXISTS a_replica.t (id INT PRIMARY KEY AUTO_INCREMENT, v LONGTEXT)',
      );
    }),
  );

  it.each(['coordinates', 'gtid'] as const)('reads on from its %s', async (kind) => {
    const start = await withRoot(server, kind === 'gtid' ? gtidHeadOf : headOf);
    const mark = `from ${kind} ${Math.random()}`;
    const session = await open(replicaOptions(server, start));
    await insert(mark);
    const frames = await readUntil(session, mark);
    const [first, second] = frames.map(typeOf);
    expect(first).toBe(TYPE.rotate);
    expect(second).toBe(TYPE.formatDescription);
    const real = frames.filter((frame) => frame.bytes.readUInt32LE(frame.start + 13) !== 0);
    expect(real.every((frame) => frame.checksumLength === 4)).toBe(true);
    expect(frames.map(typeOf).at(-1)).toBeGreaterThan(TYPE.tableMap);
    expect(frames.filter(isFormatDescription)).toHaveLength(1);
  });

  it('reads the text of statements where the server is told to log them', async () => {
    const start = await withRoot(server, headOf);
    const mark = `query ${Math.random()}`;
    await withRoot(server, async (root) => {
      const variable = isMariadb ? 'binlog_annotate_row_events' : 'binlog_rows_query_log_events';
      await root.run(`SET SESSION ${variable} = 1`);
      await root.run(`INSERT INTO a_replica.t (v) VALUES ('${mark}') /* asked */`);
    });
    const frames = await readUntil(await open(replicaOptions(server, start)), '/* asked */');
    expect(frames.map(typeOf).at(-1)).toBe(isMariadb ? TYPE.annotateRows : TYPE.rowsQuery);
  });

  it('is listed among the replicas', async () => {
    const start = await withRoot(server, headOf);
    const options = replicaOptions(server, start);
    await open(options);
    await withRoot(server, async (root) => {
      const show = name === 'mysql97' ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS';
      const rows = await root.query(show);
      const ids = rows.map((row) => Number(row['Server_Id'] ?? row['Server_id']));
      expect(ids).toContain(options.serverId);
    });
  });

  it('gets heartbeats while nothing happens', async () => {
    const start = await withRoot(server, headOf);
    const session = await open(replicaOptions(server, start, { heartbeatSeconds: 0.05 }));
    for await (const frames of session) {
      if ([...frames].some((frame) => typeOf(frame) === TYPE.heartbeat)) return;
    }
    throw new Error('no heartbeat');
  });

  it('reads events over 16 MB whole, and the next', async () => {
    const start = await withRoot(server, headOf);
    const mark = `after the large one ${Math.random()}`;
    // 5.6 takes at most a tenth of its redo log.
    const bytes = (name === 'mysql56' ? 4 : 34) << 20;
    await withRoot(server, async (root) => {
      const [row] = await root.query('SELECT @@GLOBAL.max_allowed_packet AS n');
      if (Number(readText(row, 'n')) < 2 * bytes) {
        await root.run(`SET GLOBAL max_allowed_packet = ${1 << 30}`);
      }
    });
    await withRoot(server, async (root) => {
      await root.run(`INSERT INTO a_replica.t (v) VALUES (REPEAT('x', ${bytes}))`);
      await root.run('INSERT INTO a_replica.t (v) VALUES (?)', [mark]);
      await root.run('DELETE FROM a_replica.t WHERE LENGTH(v) > 1000');
    });
    const options = replicaOptions(server, start, { queuedBytesHigh: 1 << 20 });
    const frames = await readUntil(await open(options), mark);
    expect(Math.max(...frames.map(({ start: from, end }) => end - from))).toBeGreaterThan(bytes);
  });

  it('bounds what waits while the reader is slow, and loses nothing', async () => {
    const start = await withRoot(server, headOf);
    const mark = `last ${Math.random()}`;
    await withRoot(server, async (root) => {
      const value = 'y'.repeat(50_000);
      for (let i = 0; i < 100; i += 1) {
        await root.run('INSERT INTO a_replica.t (v) VALUES (?)', [`${i} ${value}`]);
      }
      await root.run('DELETE FROM a_replica.t');
      await root.run('INSERT INTO a_replica.t (v) VALUES (?)', [mark]);
    });
    const high = 200_000;
    const session = await open(replicaOptions(server, start, { queuedBytesHigh: high }));
    let inserts = 0;
    let isDone = false;
    for await (const frames of session) {
      expect(frames.bytes).toBeLessThan(high + 70_000 + 60_000);
      inserts += [...frames].filter((frame) => has(frame, 'yyyyyyyyyyyyyyyyyyyy')).length;
      isDone = [...frames].some((frame) => has(frame, mark));
      if (isDone) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Each once as inserted; the delete logs them again, several to an event.
    expect(inserts).toBeGreaterThanOrEqual(100);
    expect(isDone).toBe(true);
  });

  it('says that the connection is lost when its dump thread is killed', async () => {
    const start = await withRoot(server, headOf);
    const session = await open(replicaOptions(server, start));
    const { serverId } = replicaOptions(server, start);
    expect(serverId).toBeGreaterThan(0);
    await withRoot(server, async (root) => {
      const rows = await root.query('SHOW FULL PROCESSLIST');
      const port = String(localPortOf(session));
      const mine = rows.find((row) => (readOptionalText(row, 'Host') ?? '').endsWith(`:${port}`));
      await root.run(`KILL ${readText(mine, 'Id')}`);
    });
    await expect(readUntil(session, 'never')).rejects.toMatchObject({
      code: 'SOURCE_CONNECTION_LOST',
      isTransient: true,
    });
  });

  it('is told when another takes its server id', async () => {
    const start = await withRoot(server, headOf);
    const options = replicaOptions(server, start);
    const first = await open(options);
    const second = await open(options);
    const error = await readUntil(first, 'never').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SOURCE_SERVER_ID_TAKEN' });
    expect((error as TailraceError).message).toContain(`${options.serverId}`);
    expect((error as TailraceError).message).toContain('root@');
    const mark = `second ${Math.random()}`;
    await insert(mark);
    await readUntil(second, mark);
  });

  it("does not take the source's own server id", async () => {
    const start = await withRoot(server, headOf);
    const serverId = await withRoot(server, (root) => Promise.resolve(root.info.serverId));
    const error = await refusal(replicaOptions(server, start, { serverId }));
    expect(error.code).toBe('SOURCE_SERVER_ID_TAKEN');
  });

  it('refuses a file that the source never had', async () => {
    const coordinates = { file: 'nowhere.999999', offset: 4 };
    const error = await refusal(replicaOptions(server, { kind: 'coordinates', coordinates }));
    expect(error.code).toBe('SOURCE_POSITION_UNKNOWN');
    expect(error.message).toContain('nowhere.999999:4');
    expect(error.message).toMatch(/oldest that is available is \S+\.0\d+:4/);
  });

  it('refuses an offset behind the end, and one inside an event', async () => {
    const head = await withRoot(server, headOf);
    if (head.kind !== 'coordinates') return;
    const { file, offset } = head.coordinates;
    for (const wrong of [offset + 100_000_000, offset - 3]) {
      const coordinates = { file, offset: wrong };
      const session = open(replicaOptions(server, { kind: 'coordinates', coordinates }));
      const error = await session.then((one) => readUntil(one, 'never')).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: 'SOURCE_POSITION_UNKNOWN' });
      expect((error as TailraceError).message).toContain(`${file}:${wrong}`);
    }
  });

  it('refuses an offset beyond 4 GiB and says what to give', async () => {
    const coordinates = { file: 'binlog.000001', offset: 2 ** 32 + 4 };
    const error = await refusal(replicaOptions(server, { kind: 'coordinates', coordinates }));
    expect(error.code).toBe('SOURCE_POSITION_UNKNOWN');
    expect(error.next).toContain('GTID');
  });

  it('refuses GTIDs from the future', async () => {
    const head = await withRoot(server, gtidHeadOf);
    if (head.kind !== 'gtid') return;
    const { flavor } = head.gtidSet;
    const uuid = await withRoot(server, (root) => Promise.resolve(root.info.serverUuid));
    const future = flavor === 'mysql' ? `${uuid}:1-999999999` : '0-1-999999999';
    const gtidSet = parseGtidSet(future, flavor);
    const error = await refusal(replicaOptions(server, { kind: 'gtid', gtidSet }));
    expect(error.code).toBe('SOURCE_POSITION_UNKNOWN');
  });

  it('ends without an error when it is closed, and with the reason when aborted', async () => {
    const start = await withRoot(server, headOf);
    const session = await open(replicaOptions(server, start));
    await session.close();
    expect(await readUntil(session, 'never')).toEqual([]);
    const controller = new AbortController();
    const other = await open(replicaOptions(server, start, { signal: controller.signal }));
    const reading = readUntil(other, 'never');
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('refuses an account without the privilege', async () => {
    const start = await withRoot(server, headOf);
    await withRoot(server, async (root) => {
      await root.run('SET sql_log_bin = 0');
      await root.run("GRANT SELECT ON *.* TO a_reader@'%' IDENTIFIED BY 'x'").catch(async () => {
        await root.run("CREATE USER IF NOT EXISTS a_reader@'%' IDENTIFIED BY 'x'");
        await root.run("GRANT SELECT ON *.* TO a_reader@'%'");
      });
    });
    const error = await refusal(
      replicaOptions(rootOf(name, { user: 'a_reader', password: 'x' }), start),
    );
    expect(error.code).toBe('SOURCE_ACCESS_DENIED');
  });
});

/** The port on our side, which the process list shows. */
function localPortOf(session: ReplicaSession): number {
  return (session as unknown as { localPort: number }).localPort;
}
