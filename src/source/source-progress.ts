import type { BinlogCoordinates } from '../core/position.ts';
import { Histogram } from '../lib/histogram.ts';

/** What a reader of `status` wants to know about a source; `Reason`: why something was dropped. */
export interface SourceProgress<Reason extends string> {
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
  readonly dropped: Record<Reason, number>;
  /** How long each batch that was read took to become transactions. */
  readonly decode: Histogram;
}

export function createProgress<Reason extends string>(
  reasons: readonly Reason[],
): SourceProgress<Reason> {
  return {
    host: undefined,
    coordinates: undefined,
    lastCommitAtMs: undefined,
    lastReadAtMs: undefined,
    idleSinceMs: undefined,
    transactions: 0,
    bytes: 0,
    dropped: Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<Reason, number>,
    decode: new Histogram(),
  };
}
