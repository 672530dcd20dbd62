import type { GtidSet } from '../../core/gtid-set.ts';
import { emptyGtidSet } from '../../core/gtid-set-parse.ts';
import type { Frame } from '../../core/frame.ts';
import type { EventHeader, GtidListEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';

/*
 * MariaDB GTID list (163): the binlog state at the start of the file.
 *
 *   0  4  number of entries (low 28 bits), flags (high 4)
 *   4  …  for each: 4 domain · 4 server · 8 sequence
 *
 * A domain may come with several servers; its last entry is its latest GTID, so adding them in order
 * leaves the position. Source: MariaDB `Gtid_list_log_event` (sql/log_event.cc).
 */

const ENTRY_LENGTH = 16;
const COUNT_MASK = 0x0fff_ffff;

export function decodeGtidList(frame: Frame, header: EventHeader): GtidListEvent {
  const reader = EventReader.ofBody(frame, 'GTID list');
  const count = reader.u32() & COUNT_MASK;
  if (count * ENTRY_LENGTH > reader.remaining) throw reader.invalid('it ends too early');
  let gtidSet: GtidSet = emptyGtidSet('mariadb');
  for (let i = 0; i < count; i++) {
    const domain = reader.u32();
    const server = reader.u32();
    gtidSet = gtidSet.with({ flavor: 'mariadb', domain, server, sequence: reader.u64() });
  }
  return { kind: 'gtid-list', header, gtidSet };
}
