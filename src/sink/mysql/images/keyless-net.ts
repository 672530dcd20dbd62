import type { RowsChange } from '../../../core/change.ts';
import type { RowImages, WireImages } from '../../../core/row.ts';

/** One row image, and how many rows of these bytes are meant. */
export interface Copies {
  readonly images: WireImages;
  readonly row: number;
  readonly count: number;
  /** When the source wrote it, in seconds. */
  readonly timestamp: number;
}

/** Applied in this order. */
export interface KeylessNet {
  /** Rows that the target must have. */
  readonly removed: readonly Copies[];
  readonly added: readonly Copies[];
}

/** What a run of changes did to the rows of one image. */
interface Tally {
  images: WireImages;
  row: number;
  timestamp: number;
  /** Rows more than before the run (below 0: fewer), and the fewest there were on the way. */
  balance: number;
  lowest: number;
}

/**
 * The net effect on a table without any unique key. Such a table is nothing but a number of rows for each image,
 * so a run of changes is a number added to or taken from each.
 *
 * A row that a change takes away was made within the run, or has to be there before it: the lowest balance says how
 * many have to be. All of these are removed, even where they come again later: so a target that lacks one is noticed
 * just as it would be row by row.
 */
export function computeKeylessNet(changes: readonly RowsChange[]): KeylessNet {
  const tallies = new Map<string, Tally>();
  const add = (images: RowImages, row: number, by: 1 | -1, timestamp: number): void => {
    const wire = wireOf(images);
    const key = wire.bytes.latin1Slice(wire.startOf(row), wire.endOf(row));
    const tally = tallies.get(key);
    if (tally === undefined) {
      const lowest = Math.min(0, by);
      tallies.set(key, { images: wire, row, timestamp, balance: by, lowest });
      return;
    }
    tally.balance += by;
    tally.lowest = Math.min(tally.lowest, tally.balance);
  };
  for (const { before, after, timestamp } of changes) {
    for (let row = 0; row < (after ?? before).length; row++) {
      if (before !== undefined) add(before, row, -1, timestamp);
      if (after !== undefined) add(after, row, 1, timestamp);
    }
  }
  return split(tallies.values());
}

function split(tallies: Iterable<Tally>): KeylessNet {
  const removed: Copies[] = [];
  const added: Copies[] = [];
  for (const { images, row, timestamp, balance, lowest } of tallies) {
    if (lowest < 0) removed.push({ images, row, timestamp, count: -lowest });
    if (balance > lowest) added.push({ images, row, timestamp, count: balance - lowest });
  }
  return { removed, added };
}

function wireOf({ wire }: RowImages): WireImages {
  if (wire === undefined) throw new TypeError('images that are not as the source wrote them');
  return wire;
}
