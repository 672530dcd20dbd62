import type { GtidSet } from '../core/gtid-set.ts';
import type { BinlogCoordinates } from '../core/position.ts';
import type { ServerOptions } from '../server/connect-options.ts';
import type { FrameBatch } from './frame-batch.ts';

/** Where the dump begins, in the server's terms. MySQL: everything not in `gtidSet`; MariaDB: after it. */
export type DumpStart =
  | { readonly kind: 'coordinates'; readonly coordinates: BinlogCoordinates }
  | { readonly kind: 'gtid'; readonly gtidSet: GtidSet };

export interface ReplicaOptions {
  readonly server: ServerOptions;
  readonly serverId: number;
  readonly heartbeatSeconds: number;
  /** Bytes of frames that may wait before the socket is paused. */
  readonly queuedBytesHigh: number;
  readonly start: DumpStart;
  /** MariaDB leaves the statements behind the rows out of the stream when nobody asks for them. */
  readonly leavesOutRowQueries?: boolean;
  readonly signal: AbortSignal;
}

/**
 * One connection as a replica. Frames have a checked length and, where the format description says so,
 * a checked CRC; the socket is paused (never closed) while the reader is slow. Ends only by throwing:
 * a TailraceError with a SOURCE_… code, transient or final.
 */
export interface ReplicaSession extends AsyncIterable<FrameBatch> {
  /** `host:port` that answered. */
  readonly host: string;
  close(): Promise<void>;
}
