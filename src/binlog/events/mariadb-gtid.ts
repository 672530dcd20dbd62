import type { Frame } from '../../core/frame.ts';
import type { EventHeader, GtidEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { readXid } from './xa-prepare.ts';

/*
 * MariaDB GTID (162): starts a group and stands for BEGIN.
 *
 *   0  8  sequence
 *   8  4  domain; the server is the header's
 *  12  1  flags: 01 standalone · 02 commit id follows · 04 transactional · 08 may run in parallel ·
 *         10 waited · 20 DDL · 40 XA PREPARE · 80 XA COMMIT or ROLLBACK
 *         [8  commit id]                                               with 02
 *         [4  format id, 1 + 1 lengths, global and branch part]        with 40 or 80
 *      1  more flags: 01 several engines · 02 START ALTER · 04 COMMIT ALTER · 08 ROLLBACK ALTER ·
 *         10 thread id follows
 *         [1  number of engines]   with 01
 *         [8  sequence of the START ALTER]   with 04 or 08
 *         [4  thread id]   with 10
 *   padded with zeros to 19 bytes
 *
 * Source: MariaDB `Gtid_log_event` (sql/log_event.h, log_event.cc).
 */

const FLAG = {
  STANDALONE: 0x01,
  COMMIT_ID: 0x02,
  TRANSACTIONAL: 0x04,
  DDL: 0x20,
  PREPARED_XA: 0x40,
  COMPLETED_XA: 0x80,
} as const;

const EXTRA = {
  MULTI_ENGINE: 0x01,
  START_ALTER: 0x02,
  COMMIT_ALTER: 0x04,
  ROLLBACK_ALTER: 0x08,
  THREAD_ID: 0x10,
} as const;

type MariadbPart = NonNullable<GtidEvent['mariadb']>;

export function decodeMariadbGtid(frame: Frame, header: EventHeader): GtidEvent {
  const reader = EventReader.passing(frame, 'GTID');
  const sequence = reader.u64();
  const domain = reader.u32();
  const flags = reader.u8();
  const commitId = (flags & FLAG.COMMIT_ID) === 0 ? undefined : reader.u64Big();
  const xid = (flags & (FLAG.PREPARED_XA | FLAG.COMPLETED_XA)) === 0 ? undefined : xidOf(reader);
  const { alterPhase, threadId } = readExtra(reader);
  return {
    kind: 'gtid',
    header,
    gtid: { flavor: 'mariadb', domain, server: header.serverId, sequence },
    originalCommitMicros: undefined,
    immediateCommitMicros: undefined,
    lastCommitted: undefined,
    sequenceNumber: undefined,
    mariadb: {
      isStandalone: (flags & FLAG.STANDALONE) !== 0,
      isTransactional: (flags & FLAG.TRANSACTIONAL) !== 0,
      isDdl: (flags & FLAG.DDL) !== 0,
      commitId,
      preparedXid: (flags & FLAG.PREPARED_XA) === 0 ? undefined : xid,
      completedXid: (flags & FLAG.COMPLETED_XA) === 0 ? undefined : xid,
      alterPhase,
      threadId,
    },
  };
}

function xidOf(reader: EventReader): string {
  const formatId = reader.u32();
  const globalLength = reader.u8();
  const branchLength = reader.u8();
  return readXid(reader, { formatId, globalLength, branchLength });
}

function readExtra(reader: EventReader): Pick<MariadbPart, 'alterPhase' | 'threadId'> {
  const extra = reader.remaining === 0 ? 0 : reader.u8();
  if (extra === 0) return NO_EXTRA;
  if ((extra & EXTRA.MULTI_ENGINE) !== 0) reader.skip(1);
  if ((extra & (EXTRA.COMMIT_ALTER | EXTRA.ROLLBACK_ALTER)) !== 0) reader.skip(8);
  const threadId = (extra & EXTRA.THREAD_ID) === 0 ? undefined : reader.u32();
  return { alterPhase: alterPhaseOf(extra), threadId };
}

const NO_EXTRA = { alterPhase: undefined, threadId: undefined } as const;

function alterPhaseOf(extra: number): MariadbPart['alterPhase'] {
  if ((extra & EXTRA.START_ALTER) !== 0) return 'start';
  if ((extra & EXTRA.COMMIT_ALTER) !== 0) return 'commit';
  if ((extra & EXTRA.ROLLBACK_ALTER) !== 0) return 'rollback';
  return undefined;
}
