import type { BinlogCoordinates } from '../../core/position.ts';
import { Histogram } from '../../lib/histogram.ts';
import { DROP_REASONS, type DropReason } from './open-group.ts';

/** What a reader of `status` wants to know about the source. */
export interface SourceProgress {
  host: string | undefined;
  coordinates: BinlogCoordinates | undefined;
  /** Header time of the last transaction read, milliseconds since 1970. */
  lastCommitAtMs: number | undefined;
  /** When that transaction came in. */
  lastReadAtMs: number | undefined;
  /** Since when the source says that there is nothing more; undefined: something came after that. */
  idleSinceMs: number | undefined;
  transactions: number;
  bytes: number;
  dropped: Record<DropReason, number>;
  /** How long each batch of frames took to become transactions. */
  readonly decode: Histogram;
}

export function createProgress(): SourceProgress {
  return {
    host: undefined,
    coordinates: undefined,
    lastCommitAtMs: undefined,
    lastReadAtMs: undefined,
    idleSinceMs: undefined,
    transactions: 0,
    bytes: 0,
    dropped: noneDropped(),
    decode: new Histogram(),
  };
}

function noneDropped(): Record<DropReason, number> {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<
    DropReason,
    number
  >;
}
