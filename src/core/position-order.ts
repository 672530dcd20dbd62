import { compareCoordinates, type Position } from './position.ts';

/**
 * Is everything up to `to` done at `at`? By GTID where both have them: coordinates of another host of the
 * cluster mean nothing here.
 */
export function isReached(at: Position, to: Position): boolean {
  if (at.kind === 'gtid' && to.kind === 'gtid') return at.gtidSet.includes(to.gtidSet);
  return at.coordinates.file !== '' && compareCoordinates(at.coordinates, to.coordinates) >= 0;
}
