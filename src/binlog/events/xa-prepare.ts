import type { Frame } from '../../core/frame.ts';
import type { EventHeader, XaPrepareEvent } from '../event.ts';
import { EventReader } from '../event-reader.ts';

/*
 * XA prepare (38), both families:
 *
 *   0  1  1: XA COMMIT … ONE PHASE, so this is the commit
 *   1  4  format id
 *   5  4  length of the global part, at most 64
 *   9  4  length of the branch part, at most 64
 *  13  …  global part, branch part
 *
 * Source: MySQL `XA_prepare_event` (control_events.h), MariaDB `XA_prepare_log_event`.
 */

const MAX_PART_LENGTH = 64;

export function decodeXaPrepare(frame: Frame, header: EventHeader): XaPrepareEvent {
  const reader = EventReader.ofBody(frame, 'XA prepare');
  const isOnePhase = reader.u8() !== 0;
  const formatId = reader.u32();
  const globalLength = reader.u32();
  const branchLength = reader.u32();
  const xid = readXid(reader, { formatId, globalLength, branchLength });
  return { kind: 'xa-prepare', header, xid, isOnePhase };
}

interface XidShape {
  readonly formatId: number;
  readonly globalLength: number;
  readonly branchLength: number;
}

/** The text that the server writes in XA COMMIT: `X'gtrid',X'bqual',formatID`, empty parts as `X''`. */
export function readXid(reader: EventReader, shape: XidShape): string {
  const { formatId, globalLength, branchLength } = shape;
  if (globalLength > MAX_PART_LENGTH || branchLength > MAX_PART_LENGTH) {
    throw reader.invalid('its xid is longer than an xid can be');
  }
  const globalPart = reader.view(globalLength).toString('hex');
  const branchPart = reader.view(branchLength).toString('hex');
  return `X'${globalPart}',X'${branchPart}',${formatId}`;
}
