import type { Frame, FramePlace } from '../core/frame.ts';
import { u16At, u32At } from '../lib/little-endian.ts';
import type { EventHeader } from './event.ts';
import { checkEventSize } from './events/header.ts';

const NOTHING = Buffer.alloc(0);

/**
 * The event that is being read, frame and header in one, filled anew for each: two objects an event are a sixth of
 * what a small transaction allocates. So nobody may keep it, or the header of an event that was decoded from it,
 * beyond the next event.
 */
export class EventView implements Frame, EventHeader, FramePlace {
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;
  checksumLength: Frame['checksumLength'] = 0;
  timestamp = 0;
  typeCode = 0;
  serverId = 0;
  eventSize = 0;
  endLogPos = 0;
  flags = 0;

  readHeader(): void {
    const { bytes, start } = this;
    this.eventSize = checkEventSize(this);
    this.timestamp = u32At(bytes, start);
    this.typeCode = bytes[start + 4] as number;
    this.serverId = u32At(bytes, start + 5);
    this.endLogPos = u32At(bytes, start + 13);
    this.flags = u16At(bytes, start + 17);
  }

  /** Lets go of the bytes. */
  clear(): void {
    this.bytes = NOTHING;
    this.start = 0;
    this.end = 0;
  }
}
