/**
 * One binlog event's bytes as they came: header and body, without the checksum. `bytes` is a socket
 * chunk shared with its neighbours; keeping it is safe, it is never written again.
 */
export interface Frame {
  readonly bytes: Buffer;
  /** First byte of the 19-byte event header. */
  readonly start: number;
  /** One past the last byte before the checksum. */
  readonly end: number;
  /** Bytes of checksum behind `end` that the frame had: 0 or 4. They count for positions. */
  readonly checksumLength: 0 | 4;
}

/** A frame that is filled anew for each event: see FrameBatch.load. */
export interface FramePlace {
  bytes: Buffer;
  start: number;
  end: number;
  checksumLength: 0 | 4;
}
