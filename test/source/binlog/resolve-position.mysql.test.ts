import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TailraceError } from '../../../src/core/errors.ts';
import { parseGtidSet } from '../../../src/core/gtid-set-parse.ts';
import type { Position, PositionRequest } from '../../../src/core/position.ts';
import { openReplicaSession } from '../../../src/replica/open-session.ts';
import { connectServer, type ServerConnection } from '../../../src/server/connect.ts';
import { readNumber, readText } from '../../../src/server/row-reader.ts';
import { dumpStart } from '../../../src/source/binlog/ddl-scan.ts';
import { readHead, resolvePosition } from '../../../src/source/binlog/resolve-position.ts';
import { has, readUntil, replicaOptions } from '../../replica/replica-helpers.ts';
import { rootOf, SERVER_NAMES } from '../../server/servers.ts';

const { signal } = new AbortController();

describe.each(SERVER_NAMES)('positions of %s', (name) => {
  const server = rootOf(name);
  let connection: ServerConnection;
  const resolve = (request: PositionRequest) =>
    resolvePosition(request, { connection, server, signal });
  const refusal = (request: PositionRequest) =>
    resolve(request).then(
      () => {
        throw new Error('it was taken');
      },
      (thrown: unknown) => thrown as TailraceError,
    );
  const insert = async (mark: string) => {
    await connection.run('INSERT INTO a_position.t (v) VALUES (?)', [mark]);
  };
  /** All that comes from a position on, up to the mark. */
  const readFrom = async (position: Position, mark: string) =>
    readUntil(await openReplicaSession(replicaOptions(server, dumpStart(position))), mark);

  beforeAll(async () => {
    connection = await connectServer(server, 'source');
    await connection.run('CREATE DATABASE IF NOT EXISTS a_position');
    await connection.run(
      'CREATE TABLE IF NOT EXISTS a_position.t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)',
    );
  });

  afterAll(() => {
    connection.destroy();
  });

  it('now: after everything that was, before everything that comes', async () => {
    const [before, after] = [`before ${Math.random()}`, `after ${Math.random()}`];
    await insert(before);
    const position = await resolve({ kind: 'now' });
    await insert(after);
    const frames = await readFrom(position, after);
    expect(frames.some((frame) => has(frame, before))).toBe(false);
    expect(position.kind).toBe('gtid');
  });

  it('earliest: from the first event that there is', async () => {
    const position = await resolve({ kind: 'earliest' });
    const [oldest] = await connection.query('SHOW BINARY LOGS');
    expect(position.coordinates).toEqual({ file: readText(oldest, 'Log_name'), offset: 4 });
    const session = await openReplicaSession(replicaOptions(server, dumpStart(position)));
    for await (const frames of session) if (frames.length > 2) break;
  });

  it('file:offset: the same place as GTIDs', async () => {
    const [before, after] = [`before ${Math.random()}`, `after ${Math.random()}`];
    await insert(before);
    const head = await readHead(connection);
    await insert(after);
    const position = await resolve({ kind: 'coordinates', coordinates: head.coordinates });
    expect(position).toMatchObject({ kind: 'gtid', coordinates: head.coordinates });
    if (position.kind !== 'gtid' || head.kind !== 'gtid') return;
    expect(position.gtidSet.toString()).toBe(head.gtidSet.toString());
    const frames = await readFrom(position, after);
    expect(frames.some((frame) => has(frame, before))).toBe(false);
  });

  it('file:offset: not inside a transaction, not inside an event, not behind the end', async () => {
    const head = await readHead(connection);
    await insert(`inside ${Math.random()}`);
    const { file } = head.coordinates;
    const events = await connection.query(
      `SHOW BINLOG EVENTS IN '${file}' FROM ${head.coordinates.offset} LIMIT 5`,
    );
    const tableMap = events.find((event) => event['Event_type'] === 'Table_map');
    const inside = readNumber(tableMap, 'Pos');
    const { offset } = (await readHead(connection)).coordinates;
    for (const wrong of [inside, inside + 3, offset + 10_000_000]) {
      const error = await refusal({ kind: 'coordinates', coordinates: { file, offset: wrong } });
      expect(error.code).toBe('SOURCE_POSITION_UNKNOWN');
      expect(error.message).toContain(`${file}:${wrong}`);
    }
  });

  it('a file that is not there', async () => {
    const coordinates = { file: 'binlog.999999', offset: 4 };
    const error = await refusal({ kind: 'coordinates', coordinates });
    expect(error.code).toBe('SOURCE_POSITION_UNKNOWN');
    expect(error.message).toContain('oldest');
  });

  it('a GTID set, and one of the other family', async () => {
    const head = await readHead(connection);
    if (head.kind !== 'gtid') throw new Error('no GTIDs');
    const position = await resolve({ kind: 'gtid', gtidSet: head.gtidSet });
    expect(position).toMatchObject({ kind: 'gtid', coordinates: { file: '' } });
    const isMariadb = head.gtidSet.flavor === 'mariadb';
    const other = isMariadb
      ? parseGtidSet('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5', 'mysql')
      : parseGtidSet('0-1-5', 'mariadb');
    expect((await refusal({ kind: 'gtid', gtidSet: other })).code).toBe('POSITION_INVALID');
  });

  it('a time: the first transaction of that second or later', async () => {
    const [before, after] = [`before ${Math.random()}`, `after ${Math.random()}`];
    await insert(before);
    await connection.query('DO SLEEP(1.1)');
    const [row] = await connection.query('SELECT UNIX_TIMESTAMP() AS now');
    const at = new Date(readNumber(row, 'now') * 1000);
    await insert(after);
    const position = await resolve({ kind: 'time', at });
    expect(position.kind).toBe('gtid');
    const frames = await readFrom(position, after);
    expect(frames.some((frame) => has(frame, before))).toBe(false);
    const byOffset = await readFrom(
      { kind: 'coordinates', coordinates: position.coordinates },
      after,
    );
    expect(byOffset.some((frame) => has(frame, before))).toBe(false);
  });

  it('a time after the last transaction: the head', async () => {
    await connection.query('DO SLEEP(1.1)');
    const [row] = await connection.query('SELECT UNIX_TIMESTAMP() AS now');
    const at = new Date(readNumber(row, 'now') * 1000);
    const head = await readHead(connection);
    const mark = `later ${Math.random()}`;
    const position = await resolve({ kind: 'time', at });
    await insert(mark);
    await readFrom(position, mark);
    const { file, offset } = position.coordinates;
    expect([file, offset >= head.coordinates.offset]).toEqual([head.coordinates.file, true]);
  });

  it('a time in the future, and one before the oldest file', async () => {
    const future = await refusal({ kind: 'time', at: new Date(Date.now() + 60_000) });
    expect(future.code).toBe('POSITION_INVALID');
    expect(future.exitCode).toBe(2);
    const past = await refusal({ kind: 'time', at: new Date('2001-01-01T00:00:00Z') });
    expect(past.code).toBe('SOURCE_POSITION_PURGED');
    expect(past.exitCode).toBe(4);
    expect(past.message).toMatch(/oldest that is available is \S+:4/);
  });
});
