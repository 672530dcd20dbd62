import { describe, expect, it } from 'vitest';
import { missingPrivileges, parseGrants } from '../../../src/source/binlog/source-privileges.ts';
import {
  findSourceProblems,
  refuseSourceProblems,
} from '../../../src/source/binlog/source-problems.ts';
import type { SourceSettings } from '../../../src/source/binlog/source-settings.ts';

const GOOD: SourceSettings = {
  info: {
    host: 'h:1',
    version: '9.7.4',
    flavor: 'mysql',
    versionNumber: 90704,
    serverId: 1,
    serverUuid: 'u',
    lowerCaseTableNames: 0,
    maxAllowedPacket: 1,
    isReadOnly: false,
  },
  account: 'tail@%',
  isLogging: true,
  binlogFormat: 'ROW',
  rowImage: 'FULL',
  rowMetadata: 'FULL',
  checksum: 'CRC32',
  gtidMode: 'ON',
  gtidStrictMode: undefined,
  expireSeconds: 0,
  databaseFilter: '',
  hidesReplicatedChanges: false,
};
const ALL = new Set(['ALL PRIVILEGES']);
const codes = (settings: SourceSettings, privileges: ReadonlySet<string> = ALL) =>
  findSourceProblems(settings, privileges).map(({ code, severity }) => `${severity} ${code}`);

describe('findSourceProblems', () => {
  it('has nothing to say about a good source', () => {
    expect(codes(GOOD)).toEqual([]);
  });

  it.each([
    [{ isLogging: false }, 'error SOURCE_BINLOG_OFF'],
    [{ info: { ...GOOD.info, serverId: 0 } }, 'error SOURCE_BINLOG_OFF'],
    [{ info: { ...GOOD.info, versionNumber: 50500 } }, 'error SOURCE_REFUSED'],
    [{ binlogFormat: 'MIXED' }, 'error SOURCE_NOT_ROW_FORMAT'],
    [{ rowImage: 'MINIMAL' }, 'warning ROW_IMAGE_NOT_FULL'],
    [{ rowMetadata: 'MINIMAL' }, 'warning ROW_METADATA_NOT_FULL'],
    [{ checksum: 'NONE' }, 'warning CHECKSUM_OFF'],
    [{ gtidMode: 'OFF' }, 'warning GTID_OFF'],
    [{ gtidStrictMode: 'OFF' }, 'warning GTID_NOT_STRICT'],
    [{ expireSeconds: 3600 }, 'warning BINLOG_EXPIRES_SOON'],
    [{ databaseFilter: 'binlog_do_db = a' }, 'warning BINLOG_FILTERED'],
    [{ hidesReplicatedChanges: true }, 'warning REPLICATED_CHANGES_HIDDEN'],
  ] satisfies [Partial<SourceSettings>, string][])('names %j', (changed, code) => {
    expect(codes({ ...GOOD, ...changed })).toEqual([code]);
  });

  it('names what the account lacks, with the grant that mends it', () => {
    const [first, second] = findSourceProblems(
      { ...GOOD, account: "o'brien@10.%" },
      new Set(['REPLICATION SLAVE']),
    );
    expect(first).toMatchObject({
      code: 'SOURCE_ACCESS_DENIED',
      severity: 'error',
      fixSql: "GRANT REPLICATION CLIENT ON *.* TO 'o''brien'@'10.%';",
    });
    expect(second).toMatchObject({ code: 'SELECT_NOT_GLOBAL', severity: 'warning' });
  });

  it('refuses by the first error and lets warnings pass', () => {
    const warned = findSourceProblems({ ...GOOD, checksum: 'NONE' }, ALL);
    expect(() => {
      refuseSourceProblems(warned, 'h');
    }).not.toThrow();
    const refused = findSourceProblems({ ...GOOD, checksum: 'NONE', binlogFormat: 'MIXED' }, ALL);
    expect(() => {
      refuseSourceProblems(refused, 'h');
    }).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_ROW_FORMAT', exitCode: 4 }));
  });
});

describe('parseGrants', () => {
  it.each([
    [['GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION'], []],
    [["GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 't'@'%'"], []],
    [['GRANT SELECT, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `t`@`%`'], []],
    [['GRANT REPLICATION SLAVE ON *.* TO t', 'GRANT SELECT ON *.* TO t'], ['REPLICATION CLIENT']],
    [
      ["GRANT USAGE ON *.* TO 't'@'%'", "GRANT ALL PRIVILEGES ON `shop`.* TO 't'@'%'"],
      ['SELECT', 'REPLICATION SLAVE', 'REPLICATION CLIENT'],
    ],
  ])('of %j', (grants, missing) => {
    expect(missingPrivileges(parseGrants(grants))).toEqual(missing);
  });
});
