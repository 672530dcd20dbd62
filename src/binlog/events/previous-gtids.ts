import { parseGtidSet } from '../../core/gtid-set-parse.ts';
import type { Frame } from '../../core/frame.ts';
import type { EventHeader, PreviousGtidsEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';
import { formatUuid } from './gtid-source.ts';

/*
 * Previous GTIDs (35): every GTID of the files before this one.
 *
 *   0  8  number of sources; its highest byte is the format:
 *         0  as it is    1  tagged (8.3 on, once a tag was used): number << 8, lowest byte 1 again
 *   for each source:
 *      16  uuid
 *       …  tagged only: length of the tag << 1 in one byte, tag (may be empty)
 *       8  number of intervals
 *       …  for each: 8 first number · 8 one past the last
 *
 * Source: MySQL sql/rpl_gtid_set.cc `Gtid_set::encode`, `encode_nsids_format`.
 */

const TAGGED = 1;
const MIN_SOURCE_LENGTH = 24;
const INTERVAL_LENGTH = 16;
const MAX_TAG_LENGTH = 32;

export function decodePreviousGtids(frame: Frame, header: EventHeader): PreviousGtidsEvent {
  const reader = EventReader.ofBody(frame, 'previous GTIDs');
  const { count, isTagged } = readCount(reader);
  if (count * MIN_SOURCE_LENGTH > reader.remaining) throw reader.invalid('it ends too early');
  const members: string[] = [];
  for (let i = 0; i < count; i++) {
    const member = readSource(reader, isTagged);
    if (member !== '') members.push(member);
  }
  return { kind: 'previous-gtids', header, gtidSet: parseGtidSet(members.join(','), 'mysql') };
}

function readCount(reader: EventReader): { count: number; isTagged: boolean } {
  const low = reader.u8();
  const middle = reader.u48();
  const format = reader.u8();
  if (format > TAGGED) throw reader.invalid(`GTID set format ${format} is not known`);
  const isTagged = format === TAGGED;
  return { count: isTagged ? middle : low + middle * 256, isTagged };
}

function readSource(reader: EventReader, isTagged: boolean): string {
  const uuid = formatUuid(reader.view(16), 0);
  const source = isTagged ? `${uuid}${readTag(reader)}` : uuid;
  const count = reader.u64();
  if (count * INTERVAL_LENGTH > reader.remaining) throw reader.invalid('it ends too early');
  const intervals: string[] = [];
  for (let i = 0; i < count; i++) {
    const first = reader.u64();
    const last = reader.u64() - 1;
    if (first < 1 || last < first) throw reader.invalid('an interval is empty');
    intervals.push(`${first}-${last}`);
  }
  return count === 0 ? '' : `${source}:${intervals.join(':')}`;
}

function readTag(reader: EventReader): string {
  const length = reader.u8() / 2;
  if (!Number.isInteger(length) || length > MAX_TAG_LENGTH) {
    throw reader.invalid('a tag has no valid length');
  }
  if (length === 0) return '';
  const tag = reader.view(length).toString('latin1');
  if (!/^[a-z_][a-z0-9_]*$/.test(tag)) throw reader.invalid('a tag is not one');
  return `:${tag}`;
}
