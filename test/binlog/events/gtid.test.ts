import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import { EventFixture, expectKind, makeFrame } from '../../support/binlog-frames.ts';

const mysql97 = new EventFixture('mysql97');
const mariadb10 = new EventFixture('mariadb10');

describe('GTID events', () => {
  it('5.6 has the GTID alone', () => {
    expect(new EventFixture('mysql56').decode('gtid', 'gtid')).toMatchObject({
      gtid: { flavor: 'mysql', number: 1 },
      lastCommitted: undefined,
      immediateCommitMicros: undefined,
    });
  });

  it('5.7 has the logical clock', () => {
    expect(new EventFixture('mysql57').decode('gtid', 'gtid')).toMatchObject({
      lastCommitted: 0,
      sequenceNumber: 1,
      immediateCommitMicros: undefined,
    });
  });

  it('8 and later have the commit time in microseconds', () => {
    const event = mysql97.decode('gtid', 'gtid');
    expect(event.immediateCommitMicros).toBe(event.originalCommitMicros);
    expect(Math.floor((event.originalCommitMicros ?? 0) / 1e6)).toBe(event.header.timestamp);
  });

  it('reads an original commit time that differs', () => {
    const body = Buffer.alloc(56);
    body[17] = 5;
    body[25] = 2;
    body.writeUIntLE(222, 42, 6);
    body[48] = 0x80;
    body.writeUIntLE(111, 49, 6);
    const event = expectKind(new EventDecoder().decode(makeFrame(33, body)), 'gtid');
    expect([event.immediateCommitMicros, event.originalCommitMicros]).toEqual([222, 111]);
  });

  it('an anonymous one has no GTID', () => {
    const event = new EventDecoder().decode(makeFrame(34, Buffer.alloc(25)));
    expect(expectKind(event, 'gtid').gtid).toBeUndefined();
  });

  it('reads tags', () => {
    const event = mysql97.decode('gtid-tagged', 'gtid');
    expect(event.gtid).toEqual({
      flavor: 'mysql',
      source: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeff:tag_one',
      number: 42,
    });
    expect(event.sequenceNumber).toBeGreaterThan(event.lastCommitted ?? Infinity);
    expect(Math.floor((event.immediateCommitMicros ?? 0) / 1e6)).toBe(event.header.timestamp);
    expect(mysql97.decode('gtid-tagged-automatic', 'gtid').gtid).toMatchObject({
      source: expect.stringMatching(/:other$/) as string,
      number: 1,
    });
  });

  it('previous GTIDs with tags are a set', () => {
    const { gtidSet } = mysql97.decode('previous-gtids-tagged', 'previous-gtids');
    const tagged = mysql97.decode('gtid-tagged', 'gtid').gtid;
    const plain = mysql97.decode('gtid', 'gtid').gtid;
    if (tagged === undefined || plain === undefined) throw new Error('no GTID');
    expect(gtidSet.contains(tagged)).toBe(true);
    expect(gtidSet.contains(plain)).toBe(true);
    expect(gtidSet.toString()).toContain('tag_one:42');
    expect(
      new EventFixture('mysql56').decode('previous-gtids', 'previous-gtids').gtidSet.isEmpty,
    ).toBe(true);
  });

  it('gives one string object for one source', () => {
    const decoder = mysql97.decoder();
    const sourceOf = (name: string): string => {
      const { gtid } = expectKind(decoder.decode(mysql97.frame(name)), 'gtid');
      return gtid?.flavor === 'mysql' ? gtid.source : '';
    };
    const names = ['gtid', 'gtid-tagged', 'gtid'];
    // Map keys are compared by value; only the interner's own map can tell identity apart.
    const [first, , second] = names.map(sourceOf);
    expect(Object.is(first, second)).toBe(true);
    expect(first).toHaveLength(36);
  });
});

describe('MariaDB GTID events', () => {
  it('carry domain, server, sequence and flags', () => {
    expect(mariadb10.decode('gtid', 'gtid')).toMatchObject({
      gtid: { flavor: 'mariadb', domain: 0, server: 9702, sequence: 1 },
      mariadb: { isStandalone: true, isDdl: true, preparedXid: undefined, alterPhase: undefined },
    });
  });

  it('name the xid that they prepare or complete, as the server writes it', () => {
    expect(mariadb10.decode('gtid-prepared', 'gtid').mariadb).toMatchObject({
      preparedXid: "X'623178',X'',1",
      completedXid: undefined,
      isStandalone: false,
    });
    expect(mariadb10.decode('gtid-completed', 'gtid').mariadb).toMatchObject({
      completedXid: "X'623178',X'',1",
      preparedXid: undefined,
    });
    expect(mariadb10.decode('xa-prepare', 'xa-prepare')).toMatchObject({
      xid: "X'623178',X'',1",
      isOnePhase: false,
    });
  });

  it('tell the phases of an ALTER', () => {
    expect(mariadb10.decode('gtid-start-alter', 'gtid').mariadb?.alterPhase).toBe('start');
    expect(mariadb10.decode('gtid-commit-alter', 'gtid').mariadb?.alterPhase).toBe('commit');
  });

  it('11.5 and later carry the thread id', () => {
    expect(new EventFixture('mariadb11').decode('gtid', 'gtid').mariadb?.threadId).toBe(7);
  });

  it('read a commit id before the xid', () => {
    const body = Buffer.concat([
      Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0x02 | 0x40]),
      Buffer.from([77, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from([1, 0, 0, 0, 1, 1, 0x61, 0x62]),
    ]);
    const event = expectKind(new EventDecoder().decode(makeFrame(162, body)), 'gtid');
    expect(event.mariadb).toMatchObject({ commitId: 77n, preparedXid: "X'61',X'62',1" });
  });

  it('lists give the last GTID of each domain', () => {
    expect(mariadb10.decode('gtid-list-empty', 'gtid-list').gtidSet.isEmpty).toBe(true);
    expect(mariadb10.decode('gtid-list', 'gtid-list').gtidSet.toString()).toMatch(
      /^0-9702-\d+,5-9702-1$/,
    );
  });
});

describe('MySQL XA prepare', () => {
  it('tells one phase from two', () => {
    const fixture = new EventFixture('mysql57');
    expect(fixture.decode('xa-prepare', 'xa-prepare').isOnePhase).toBe(false);
    expect(fixture.decode('xa-one-phase', 'xa-prepare')).toMatchObject({
      isOnePhase: true,
      xid: "X'623179',X'6272',7",
    });
  });
});
