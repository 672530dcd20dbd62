import { isReached } from '../../core/position-order.ts';
import {
  compareCoordinates,
  formatCoordinates,
  type BinlogCoordinates,
  type Position,
} from '../../core/position.ts';
import { TailraceError } from '../../core/errors.ts';
import { BoundaryScan } from './boundary-scan.ts';
import { findBoundary, FIRST_OFFSET, openScan, type ScanContext } from './position-scan.ts';

/** What lies between two positions of one source, in transactions. */
export interface Span {
  /** Done at the first and not at the second: they come again. */
  readonly again: number;
  /** Done at the second and not at the first: they are passed over. */
  readonly passed: number;
}

/**
 * From GTIDs where both have them; else the binlog between them is read. `unreadable`: it is damaged
 * there, which must not keep anybody from going past it.
 */
export async function measureSpan(
  from: Position,
  to: Position,
  context: ScanContext,
): Promise<Span | 'unreadable'> {
  if (from.kind === 'gtid' && to.kind === 'gtid') {
    return {
      again: from.gtidSet.countBeyond(to.gtidSet),
      passed: to.gtidSet.countBeyond(from.gtidSet),
    };
  }
  const isBack = compareCoordinates(to.coordinates, from.coordinates) < 0;
  const [first, last] = isBack ? [to, from] : [from, to];
  const count = await countTransactions(first.coordinates, last.coordinates, context).catch(
    (thrown: unknown) => {
      if (thrown instanceof TailraceError && thrown.code === 'SOURCE_CORRUPT_EVENT')
        return undefined;
      throw thrown;
    },
  );
  if (count === undefined) return 'unreadable';
  return isBack ? { again: count, passed: 0 } : { again: 0, passed: count };
}

async function countTransactions(
  from: BinlogCoordinates,
  to: BinlogCoordinates,
  context: ScanContext,
): Promise<number> {
  if (compareCoordinates(from, to) >= 0) return 0;
  const scan = new BoundaryScan(from, context.connection.info, context.withGtids);
  const session = await openScan({ kind: 'coordinates', coordinates: from }, context);
  let count = 0;
  try {
    for await (const frames of session) {
      for (const frame of frames) {
        const boundary = scan.read(frame);
        if (boundary === undefined) continue;
        if (compareCoordinates(boundary.coordinates, to) >= 0) return count;
        if (boundary.timestamp !== undefined) count += 1;
      }
      if (compareCoordinates(scan.coordinates, context.head.coordinates) >= 0) return count;
    }
  } finally {
    await session.close();
  }
  return count;
}

/** Does `to` leave out something that is done at `from`? */
export function goesBack(from: Position, to: Position): boolean {
  return !isReached(to, from);
}

/** The boundaries around a place that may lie inside a transaction; the same one twice where it does not. */
export async function boundariesAround(
  place: BinlogCoordinates,
  context: ScanContext,
): Promise<{ readonly before: Position; readonly behind: Position }> {
  let before: BinlogCoordinates = { file: place.file, offset: FIRST_OFFSET };
  const behind = await findBoundary(
    place.file,
    ({ coordinates }) => {
      const order = compareCoordinates(coordinates, place);
      if (order <= 0) before = coordinates;
      return order >= 0;
    },
    context,
  );
  if (behind === undefined) throw unknownPlace(place);
  const start = await findBoundary(
    place.file,
    ({ coordinates }) => compareCoordinates(coordinates, before) >= 0,
    context,
  );
  if (start === undefined) throw unknownPlace(place);
  return { before: start, behind };
}

function unknownPlace(place: BinlogCoordinates): TailraceError {
  return new TailraceError(
    'SOURCE_POSITION_UNKNOWN',
    `the source's binlog ends before ${formatCoordinates(place)}`,
    { place: { coordinates: formatCoordinates(place) } },
  );
}
