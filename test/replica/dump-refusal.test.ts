import { describe, expect, it } from 'vitest';
import { dumpRefusalOf } from '../../src/replica/dump-refusal.ts';

describe('dumpRefusalOf', () => {
  it.each([
    [1236, 'Could not find first log file name in binary log index file', 'no-such-file'],
    [
      1236,
      "Client requested master to start replication from position > file size; the first event 'binlog.000001' at 999",
      'unknown',
    ],
    [1236, 'Client requested source to start replication from impossible position', 'unknown'],
    [
      1236,
      'The slave is connecting using CHANGE MASTER TO MASTER_AUTO_POSITION = 1, but the master has purged binary logs containing GTIDs that the slave requires.',
      'purged',
    ],
    [
      1236,
      'Cannot replicate because the source purged required binary logs. Replicate the missing transactions from elsewhere',
      'purged',
    ],
    [
      1236,
      'Could not find GTID state requested by slave in any binlog files. Probably the slave state is too old and required binlog files have been purged.',
      'purged',
    ],
    [1236, "Slave has more GTIDs than the master has, using the master's SERVER_UUID.", 'unknown'],
    [
      1236,
      "Error: connecting slave requested to start from GTID 0-1-5, which is not in the master's binlog",
      'unknown',
    ],
    [1955, 'anything', 'unknown'],
    [
      1236,
      'A slave with the same server_uuid/server_id as this slave has connected to the master',
      'duplicate-server-id',
    ],
    [
      1236,
      'A replica with the same server_uuid/server_id as this replica has connected to the source',
      'duplicate-server-id',
    ],
    [4052, 'A slave with the same server_uuid as this slave has connected', 'duplicate-server-id'],
    [1236, 'Binary log is not open', 'binlog-off'],
    [1236, 'bogus data in log event', 'unreadable'],
    [1236, 'event read from binlog did not pass crc check; the first event', 'unreadable'],
    [
      1236,
      'log event entry exceeded max_allowed_packet; Increase max_allowed_packet on master',
      'unreadable',
    ],
    [1236, 'something new', 'other'],
    [1045, 'Access denied', undefined],
    [2013, 'Lost connection', undefined],
  ])('%i %s: %s', (errno, message, refusal) => {
    expect(dumpRefusalOf(Object.assign(new Error(message), { errno }))).toBe(refusal);
  });
});
