import type { GtidSet } from './gtid-set.ts';

/** A place in a server's binlog. `offset` is exact beyond 4 GiB (files may be larger than 32 bits say). */
export interface BinlogCoordinates {
  readonly file: string;
  readonly offset: number;
}

/**
 * Where to resume: always a commit boundary. Two positions are never ordered by comparing their
 * text; order is `Transaction.seq`.
 */
export type Position =
  | { readonly kind: 'gtid'; readonly gtidSet: GtidSet; readonly coordinates: BinlogCoordinates }
  | { readonly kind: 'coordinates'; readonly coordinates: BinlogCoordinates };

/** A position as an operator writes it; see `tailrace position`. */
export type PositionRequest =
  | { readonly kind: 'now' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'coordinates'; readonly coordinates: BinlogCoordinates }
  | { readonly kind: 'gtid'; readonly gtidSet: GtidSet }
  | { readonly kind: 'time'; readonly at: Date };

export function formatCoordinates(coordinates: BinlogCoordinates): string {
  return `${coordinates.file}:${coordinates.offset}`;
}

/** What `position show` prints and what `position set` takes back. */
export function formatPosition(position: Position): string {
  return position.kind === 'gtid'
    ? position.gtidSet.toString()
    : formatCoordinates(position.coordinates);
}
