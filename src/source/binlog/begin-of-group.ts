import type { EventHeader, GtidEvent } from '../../binlog/event.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { GroupStart } from './open-group.ts';

/** What a GTID event says of the group that it begins. */
export function beginOf(event: GtidEvent, coordinates: BinlogCoordinates): GroupStart {
  const { gtid, header, immediateCommitMicros: micros } = event;
  const hasMicros = micros !== undefined && micros !== 0;
  const committedAtMs = hasMicros ? micros / 1000 : header.timestamp * 1000;
  return { gtid, coordinates, committedAtMs, serverId: header.serverId };
}

/** A group that no GTID event began. */
export function beginOfNameless(header: EventHeader, coordinates: BinlogCoordinates): GroupStart {
  const { timestamp, serverId } = header;
  return { gtid: undefined, coordinates, committedAtMs: timestamp * 1000, serverId };
}
