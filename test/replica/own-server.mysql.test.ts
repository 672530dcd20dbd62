import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailraceError } from '../../src/core/errors.ts';
import type { Frame } from '../../src/core/frame.ts';
import { parseGtidSet } from '../../src/core/gtid-set-parse.ts';
import { openReplicaSession } from '../../src/replica/open-session.ts';
import type { ReplicaSession } from '../../src/replica/replica-session.ts';
import { connectServer, type ServerConnection } from '../../src/server/connect.ts';
import type { ServerOptions } from '../../src/server/connect-options.ts';
import { readText } from '../../src/server/row-reader.ts';
import { resolvePosition } from '../../src/source/binlog/resolve-position.ts';
import { rootOf } from '../server/servers.ts';
import { startOwnServer, type OwnServer } from '../support/servers.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  gtidHeadOf,
  has,
  headOf,
  readUntil,
  replicaOptions,
  TYPE,
  typeOf,
  withRoot,
} from './replica-helpers.ts';

async function errorOf(reading: Promise<unknown>): Promise<TailraceError> {
  return reading.then(
    () => {
      throw new Error('there was no error');
    },
    (thrown: unknown) => thrown as TailraceError,
  );
}

/** The end of the first file that is closed, and of the one that is written. */
async function filesOf(root: ServerConnection): Promise<readonly string[]> {
  return (await root.query('SHOW BINARY LOGS')).map((row) => readText(row, 'Log_name'));
}

describe.each(['57', '97', '10'] as const)('a server of our own, %s', (kind) => {
  let own: OwnServer;
  let server: ServerOptions;
  let root: ServerConnection;
  const isMariadb = kind === '10';

  const insert = (value: string) => root.run('INSERT INTO r.t (v) VALUES (?)', [value]);
  const flush = () => root.run('FLUSH BINARY LOGS');
  const openAt = (file: string, offset = 4): Promise<ReplicaSession> =>
    openReplicaSession(
      replicaOptions(server, { kind: 'coordinates', coordinates: { file, offset } }),
    );

  beforeAll(async () => {
    own = startOwnServer(kind);
    server = rootOf(own.port);
    root = await connectServer(server, 'source');
    await root.run('CREATE DATABASE r');
    await root.run('CREATE TABLE r.t (id INT PRIMARY KEY AUTO_INCREMENT, v LONGTEXT)');
    await root.run('CREATE TABLE r.tiny (v TINYINT)');
  });

  afterAll(() => {
    root.destroy();
    own.destroy();
  });

  it('is read through none, CRC32 and none in one history, whatever is set today', async () => {
    const { file } = await withRoot(server, headOf).then((head) => {
      if (head.kind !== 'coordinates') throw new Error('no coordinates');
      return head.coordinates;
    });
    for (const algorithm of ['NONE', 'CRC32', 'NONE', 'CRC32'] as const) {
      await root.run(`SET GLOBAL binlog_checksum = ${algorithm}`);
      await root.run('INSERT INTO r.tiny VALUES (1), (2), (3), (4), (5)');
    }
    for (const today of ['NONE', 'CRC32'] as const) {
      await root.run(`SET GLOBAL binlog_checksum = ${today}`);
      const mark = `today ${today} ${Math.random()}`;
      await insert(mark);
      const frames = await readUntil(await openAt(file), mark);
      const rows = frames.filter((frame) => endsInRows(frame, [1, 2, 3, 4, 5]));
      const lengths = rows.map((frame) => frame.checksumLength);
      expect(lengths).toEqual([0, 4, 0, 4]);
    }
    await root.run('SET GLOBAL binlog_checksum = CRC32');
  });

  it('is followed while that changes, made-up rotates and heartbeats too', async () => {
    const start = await withRoot(server, headOf);
    const session = await openReplicaSession(
      replicaOptions(server, start, { heartbeatSeconds: 1 }),
    );
    const frames = session[Symbol.asyncIterator]();
    const readTo = async (isLast: (frame: Frame) => boolean): Promise<Frame> => {
      for (;;) {
        const next = await frames.next();
        if (next.done === true) throw new Error('the stream ended');
        const last = [...next.value].find(isLast);
        if (last !== undefined) return last;
      }
    };
    for (const algorithm of ['NONE', 'CRC32'] as const) {
      await root.run(`SET GLOBAL binlog_checksum = ${algorithm}`);
      const length = algorithm === 'CRC32' ? 4 : 0;
      const mark = `live ${algorithm} ${Math.random()}`;
      await insert(mark);
      expect((await readTo((frame) => has(frame, mark))).checksumLength).toBe(length);
      const heartbeat = await readTo((frame) =>
        [TYPE.heartbeat, TYPE.heartbeatV2].some((type) => type === typeOf(frame)),
      );
      expect(heartbeat.checksumLength).toBe(length);
    }
    await session.close();
  });

  it('purged: names what was wanted, the oldest there is, and the way out', async () => {
    const gtids = await withRoot(server, gtidHeadOf);
    const [first] = await filesOf(root);
    for (let i = 0; i < 3; i += 1) {
      await insert(`purge ${i}`);
      await flush();
    }
    await root.run(`PURGE BINARY LOGS TO '${(await filesOf(root)).at(-1) ?? ''}'`);
    // A file that a dump thread has not left yet stays.
    const [oldest = ''] = await filesOf(root);
    expect(oldest).not.toBe(first);
    const byFile = await errorOf(openAt(first ?? '', 4));
    expect(byFile).toMatchObject({ code: 'SOURCE_POSITION_PURGED', exitCode: 4 });
    expect(byFile.message).toContain(`${first ?? ''}:4`);
    expect(byFile.message).toContain(`oldest that is available is ${oldest}:4`);
    expect(byFile.next).toContain('tailrace snapshot');
    const byGtid = await errorOf(openReplicaSession(replicaOptions(server, gtids)));
    expect(byGtid.code).toBe('SOURCE_POSITION_PURGED');
    expect(byGtid.message).toContain(`oldest that is available is ${oldest}:4`);
    const { signal } = new AbortController();
    const request = { connection: root, server, signal };
    const earliest = await resolvePosition({ kind: 'earliest' }, request);
    expect(earliest.coordinates).toEqual({ file: oldest, offset: 4 });
    if (earliest.kind !== 'gtid') throw new Error('no GTIDs');
    const start = { kind: 'gtid', gtidSet: earliest.gtidSet } as const;
    const mark = `first that is left ${Math.random()}`;
    await insert(mark);
    await readUntil(await openReplicaSession(replicaOptions(server, start)), mark);
    const beginning = { kind: 'gtid', gtidSet: parseGtidSet('', earliest.gtidSet.flavor) } as const;
    const whole = await errorOf(openReplicaSession(replicaOptions(server, beginning)));
    expect(whole.code).toBe('SOURCE_POSITION_PURGED');
  });

  it('a byte that is flipped on its disk never gets through', async () => {
    const file = (await filesOf(root)).at(-1) ?? '';
    await insert('before the damage');
    await insert('a DAMAGED item');
    await flush();
    const path = join(own.datadir, file);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('DAMAGED');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    const session = await openAt(file);
    const seen: Frame[] = [];
    const error = await errorOf(
      (async () => {
        for await (const frames of session) seen.push(...frames);
      })(),
    );
    expect(error).toMatchObject({ code: 'SOURCE_CORRUPT_EVENT', isTransient: true });
    expect(error.place.coordinates).toMatch(new RegExp(`^${file}:\\d+$`));
    expect(seen.some((frame) => has(frame, 'before the damage'))).toBe(true);
    expect(seen.some((frame) => has(frame, 'MAGED item'))).toBe(false);
  });

  it('waits for a reader slower than net_write_timeout', async () => {
    const start = await withRoot(server, headOf);
    await root.run('SET GLOBAL net_write_timeout = 1');
    const value = 'z'.repeat(1 << 20);
    for (let i = 0; i < 40; i += 1) await insert(`${i} ${value}`);
    const mark = `after the pause ${Math.random()}`;
    await insert(mark);
    const options = replicaOptions(server, start, { queuedBytesHigh: 1 << 20 });
    const session = await openReplicaSession({ ...options, heartbeatSeconds: 0.5 });
    const iterator = session[Symbol.asyncIterator]();
    const first = await iterator.next();
    expect(first.done).toBe(false);
    // The server's timeout and the watchdog's, both more than once.
    await root.query('DO SLEEP(4)');
    const frames = await readUntil(session, mark);
    const inserts = frames
      .filter((frame) => typeOf(frame) !== TYPE.annotateRows)
      .filter((frame) => frame.end - frame.start > value.length);
    expect(inserts).toHaveLength(40);
    await root.run('SET GLOBAL net_write_timeout = 60');
  });

  it('frozen: is silent after three heartbeats', async () => {
    const start = await withRoot(server, headOf);
    const session = await openReplicaSession(
      replicaOptions(server, start, { heartbeatSeconds: 0.3 }),
    );
    let heartbeats = 0;
    for await (const frames of session) {
      heartbeats += [...frames].filter((frame) => typeOf(frame) === TYPE.heartbeat).length;
      if (heartbeats >= 5) break;
    }
    const frozen = await openReplicaSession(
      replicaOptions(server, start, { heartbeatSeconds: 0.3 }),
    );
    process.kill(own.pid, 'SIGSTOP');
    try {
      const error = await errorOf(readUntil(frozen, 'never'));
      expect(error).toMatchObject({ code: 'SOURCE_SILENT', isTransient: true });
      expect(error.place.host).toBe(`127.0.0.1:${own.port}`);
    } finally {
      process.kill(own.pid, 'SIGCONT');
    }
  });

  it('MariaDB: takes up at a GTID whose number is not the highest', async () => {
    if (!isMariadb) return;
    await root.run('SET GLOBAL gtid_strict_mode = 0');
    await root.run('SET SESSION server_id = 4001, gtid_seq_no = 90000');
    await insert('high');
    await root.run('SET SESSION server_id = 4002, gtid_seq_no = 80000');
    await insert('low');
    const start = await withRoot(server, gtidHeadOf);
    expect(start.kind === 'gtid' && start.gtidSet.toString()).toContain('0-4002-80000');
    const mark = `after ${Math.random()}`;
    await insert(mark);
    const frames = await readUntil(await openReplicaSession(replicaOptions(server, start)), mark);
    expect(frames.some((frame) => has(frame, 'low'))).toBe(false);
  });

  it('stopped: the connection is lost, and later it is unreachable', async () => {
    const start = await withRoot(server, headOf);
    const session = await openReplicaSession(replicaOptions(server, start));
    const lost = errorOf(readUntil(session, 'never'));
    own.stop();
    expect((await lost).isTransient).toBe(true);
    const away = await errorOf(openReplicaSession(replicaOptions(server, start)));
    expect(away.code).toBe('SOURCE_UNREACHABLE');
    own = own.start();
    await waitFor('the server', async () => {
      const again = await connectServer(rootOf(own.port), 'source').catch(() => undefined);
      again?.destroy();
      return again !== undefined;
    });
  });
});

/** Whether the event ends in rows of these TINYINTs: for each a null bitmap, its spare bits 0 or 1, and the value. */
function endsInRows(frame: Frame, values: readonly number[]): boolean {
  const tail = frame.bytes.subarray(frame.end - 2 * values.length, frame.end);
  return [0x00, 0xfe].some((bitmap) =>
    tail.equals(Buffer.from(values.flatMap((value) => [bitmap, value]))),
  );
}

describe('certificates for an address', () => {
  let folder: string;
  let own: OwnServer;
  let server: ServerOptions;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tailrace-tls-'));
    makeCertificates(folder, 'subjectAltName=IP:127.0.0.1,DNS:db.example');
    const file = (name: string) => join(folder, name);
    own = startOwnServer(
      '57',
      `--ssl-ca=${file('ca.pem')}`,
      `--ssl-cert=${file('server.pem')}`,
      `--ssl-key=${file('server.key')}`,
    );
    server = rootOf(own.port, { tlsCa: readFileSync(file('ca.pem'), 'utf8') });
  });

  afterAll(() => {
    own.destroy();
    rmSync(folder, { recursive: true });
  });

  it('are verified with verify-identity, by the replica connection too', async () => {
    const verified: ServerOptions = { ...server, tls: 'verify-identity' };
    const start = await withRoot(verified, headOf);
    const session = await openReplicaSession(
      replicaOptions(verified, start, { heartbeatSeconds: 0.1 }),
    );
    // Longer than the watchdog would wait if it could not see bytes inside TLS.
    let heartbeats = 0;
    for await (const frames of session) {
      heartbeats += [...frames].filter((frame) => typeOf(frame) === TYPE.heartbeat).length;
      if (heartbeats >= 10) break;
    }
    const byName = rootOf(own.port, {
      tlsCa: server.tlsCa,
      tls: 'verify-identity',
      hosts: [`localhost:${own.port}`],
    });
    expect((await errorOf(connectServer(byName, 'source'))).code).toBe('SOURCE_TLS');
    const byCa: ServerOptions = { ...byName, tls: 'verify-ca' };
    const connection = await connectServer(byCa, 'source');
    connection.destroy();
  });
});

function makeCertificates(folder: string, names: string): void {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=test ca',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=server',
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  );
  writeFileSync(join(folder, 'names.cnf'), names);
  openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-days',
    '2',
    '-CAcreateserial',
    '-extfile',
    'names.cnf',
    '-out',
    'server.pem',
  );
}
