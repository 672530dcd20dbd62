import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { EventFixture, expectKind, makeFrame } from '../../support/binlog-frames.ts';

function queryBody(status: Buffer, statement: Buffer, database = 'db'): Buffer {
  const post = Buffer.alloc(13);
  post.writeUInt32LE(7, 0);
  post[8] = database.length;
  post.writeUInt16LE(status.length, 11);
  return Buffer.concat([post, status, Buffer.from(`${database}\0`), statement]);
}

function decodeQuery(status: number[], statement: Buffer | string = 'DROP TABLE t') {
  const frame = makeFrame(2, queryBody(Buffer.from(status), Buffer.from(statement)));
  return expectKind(new EventDecoder().decode(frame), 'query');
}

describe('decodeQuery', () => {
  it('knows the session that a 9.7 logs', () => {
    const event = new EventFixture('mysql97').decode('ddl-context', 'query');
    expect(event.statement).toBe('CREATE TABLE "ctx" (a TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP)');
    expect(event.database).toBe('b1_ev');
    expect(typeof event.ddlXid).toBe('bigint');
    expect(event.context).toMatchObject({
      timestamp: 1_700_000_000,
      sqlModeNames: ['ANSI_QUOTES', 'NO_AUTO_VALUE_ON_ZERO'],
      autoIncrementIncrement: 3,
      autoIncrementOffset: 2,
      lcTimeNames: 4,
      noForeignKeyChecks: true,
      noUniqueChecks: true,
      sqlAutoIsNull: true,
      explicitDefaultsForTimestamp: true,
      defaultCollationForUtf8mb4: 255,
      sqlRequirePrimaryKey: false,
    });
  });

  it('knows what a 9.7 session requires', () => {
    expect(new EventFixture('mysql97').decode('ddl-require-key', 'query').context).toMatchObject({
      sqlRequirePrimaryKey: true,
      defaultCollationForUtf8mb4: 45,
      noForeignKeyChecks: false,
    });
  });

  it('knows the session that a 5.6 and a MariaDB log', () => {
    const shared = { autoIncrementIncrement: 3, noForeignKeyChecks: true, lcTimeNames: 4 };
    expect(new EventFixture('mysql56').decode('ddl-context', 'query').context).toMatchObject({
      ...shared,
      explicitDefaultsForTimestamp: undefined,
    });
    expect(new EventFixture('mariadb10').decode('query-compressed', 'query').context).toMatchObject(
      { ...shared, explicitDefaultsForTimestamp: true },
    );
    expect(
      new EventFixture('mariadb10').decode('ddl-implicit-defaults', 'query').context
        .explicitDefaultsForTimestamp,
    ).toBe(false);
  });

  it.each(['mysql57', 'mysql97', 'mariadb10'])(
    'decodes the text of a latin1 client of %s',
    (name) => {
      expect(new EventFixture(name).decode('ddl-latin1', 'query').statement).toBe(
        'CREATE TABLE "tabé" (a INT)',
      );
    },
  );

  it('inflates compressed statements', () => {
    const fixture = new EventFixture('mariadb10');
    expect(fixture.frame('query-compressed').bytes[4]).toBe(165);
    expect(fixture.decode('query-compressed', 'query').statement).toMatch(/^CREATE TABLE "ctx"/);
  });

  it('reads every status variable to its end, whatever their order', () => {
    const { context, ddlXid, statement, database } = decodeQuery([
      ...[131, 1, 1, 0, 2, 0],
      ...[2, 3, 0x73, 0x74, 0x64, 0],
      ...[6, 3, 0x73, 0x74, 0x64],
      ...[9, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[10, 1, 2, 3, 4],
      ...[11, 1, 0x75, 1, 0x68],
      ...[12, 2, 0x61, 0, 0x62, 0x63, 0],
      ...[14, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[130, 4, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[130, 2],
      ...[13, 0x40, 0xe2, 0x01],
      ...[5, 3, 0x55, 0x54, 0x43],
      ...[8, 33, 0],
      ...[16, 1],
      ...[17, 9, 0, 0, 0, 0, 0, 0, 0],
      ...[18, 45, 0],
      ...[19, 1],
      ...[20, 1],
      ...[4, 8, 0, 9, 0, 10, 0],
    ]);
    expect(context).toMatchObject({
      timestampMicros: 123_456,
      timeZone: 'UTC',
      collationDatabase: 33,
      explicitDefaultsForTimestamp: true,
      defaultCollationForUtf8mb4: 45,
      sqlRequirePrimaryKey: true,
      defaultTableEncryption: true,
      characterSetClient: 8,
      collationConnection: 9,
      collationServer: 10,
    });
    expect([ddlXid, statement, database]).toEqual([9n, 'DROP TABLE t', 'db']);
  });

  it('takes a list of too many databases as none', () => {
    expect(decodeQuery([12, 254, 5, 1, 0x5a]).context.timeZone).toBe('Z');
  });

  it('stops at a status variable that is not known', () => {
    const event = decodeQuery([5, 1, 0x5a, 99, 1, 2, 3]);
    expect(event.context.timeZone).toBe('Z');
    expect(event.statement).toBe('DROP TABLE t');
  });

  it('refuses a status variable that goes on past the others', () => {
    expect(() => decodeQuery([5, 9, 0x5a])).toThrow(/ends too early/);
  });
});
