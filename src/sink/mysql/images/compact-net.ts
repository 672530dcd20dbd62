import type { ImageLead, RowImages, RowKey, WireImages } from '../../../core/row.ts';
import type { RowsGlance } from '../../../core/transaction.ts';
import type { TableMap } from '../../../core/table-map.ts';
import { sortByNumber } from '../../../lib/sort-by-number.ts';

/** Numbers of a slot: where its images before and after stand (chunk, start, end), and the last change about it. */
const STRIDE = 9;
const BEFORE = 0;
const AFTER = 3;
const CHANGE = 6;
const ROW = 7;
const TIME = 8;
const NONE = -1;
const FIRST_SLOTS = 1024;
/** Spreads neighbours over the places: 2^32 divided by the golden ratio. */
const SPREAD = 0x9e37_79b1;
const TWO_TO_32 = 2 ** 32;
const NO_BYTES = Buffer.alloc(0);

/** Slots by what became of them, each list in the order of its keys. */
export interface CompactEffects {
  readonly deletes: number[];
  readonly vanished: number[];
  readonly inserts: number[];
  readonly upserts: number[];
}

/**
 * What `computeNetEffect` does, for a table whose rows are known by one integer and that has no other unique key, and with
 * images that go to the target as they are. All that is kept of a row are numbers in arrays that the next table uses again:
 * an object for each, with those that it holds, was half of all that a small transaction's row allocated. A property test
 * holds both ways beside each other.
 */
export class CompactNet {
  #chunks: Buffer[] = [];
  #keys = new Float64Array(FIRST_SLOTS);
  #slots = new Int32Array(FIRST_SLOTS * STRIDE);
  /** Slot + 1 at the place of its key's hash or behind it: two places for each slot. */
  #places = new Int32Array(FIRST_SLOTS * 2);
  #count = 0;
  #isNew = false;
  /** Of the rows that are being added. */
  #change = 0;
  #time = 0;
  /** All images are of its table map. */
  #like: WireImages | undefined;
  readonly #before = new OneImage();
  readonly #after = new OneImage();

  begin(): void {
    this.#chunks = [];
    this.#places.fill(0);
    this.#count = 0;
    this.#like = undefined;
  }

  /** `change`: a number of the caller's. False: of such rows the net effect is not told here. */
  add(glance: RowsGlance, identity: readonly number[], change: number): boolean {
    const { before, after } = glance;
    if (!this.#fits(before) || !this.#fits(after)) return false;
    this.#change = change;
    this.#time = glance.timestamp | 0;
    if (before === undefined) return after !== undefined && this.#addInserts(after, identity);
    return after === undefined
      ? this.#addDeletes(before, identity)
      : this.#addUpdates(before, after, identity);
  }

  #addInserts(after: RowImages, identity: readonly number[]): boolean {
    const keyOf = after.keyOf(identity);
    for (let row = 0; row < after.length; row++) {
      if (!this.#move(keyOf(row), row, undefined, after.wire)) return false;
    }
    return true;
  }

  #addDeletes(before: RowImages, identity: readonly number[]): boolean {
    const keyOf = before.keyOf(identity);
    for (let row = 0; row < before.length; row++) {
      if (!this.#move(keyOf(row), row, before.wire, undefined)) return false;
    }
    return true;
  }

  #addUpdates(before: RowImages, after: RowImages, identity: readonly number[]): boolean {
    const keyBefore = before.keyOf(identity);
    const keyAfter = after.keyOf(identity);
    for (let row = 0; row < before.length; row++) {
      const from = keyBefore(row);
      const to = keyAfter(row);
      const isPossible =
        from === to
          ? this.#move(from, row, before.wire, after.wire)
          : this.#move(from, row, before.wire, undefined) &&
            this.#move(to, row, undefined, after.wire);
      if (!isPossible) return false;
    }
    return true;
  }

  effects(): CompactEffects {
    const effects: CompactEffects = { deletes: [], vanished: [], inserts: [], upserts: [] };
    for (let slot = 0; slot < this.#count; slot++) {
      const wasThere = this.#slots[slot * STRIDE + BEFORE] !== NONE;
      const isThere = this.#slots[slot * STRIDE + AFTER] !== NONE;
      if (wasThere) (isThere ? effects.upserts : effects.deletes).push(slot);
      else (isThere ? effects.inserts : effects.vanished).push(slot);
    }
    const keyOf = (slot: number): number => this.keyOf(slot);
    for (const list of Object.values(effects) as number[][]) sortByNumber(list, keyOf);
    return effects;
  }

  keyOf(slot: number): number {
    return this.#keys[slot] as number;
  }

  /** The last change about the row. */
  changeOf(slot: number): number {
    return this.#slots[slot * STRIDE + CHANGE] as number;
  }

  /** Which row of that change. */
  rowOf(slot: number): number {
    return this.#slots[slot * STRIDE + ROW] as number;
  }

  timeOf(slot: number): number {
    return (this.#slots[slot * STRIDE + TIME] as number) >>> 0;
  }

  /** The row as it was before the group, at row 0, until the next call. */
  before(slot: number): WireImages {
    return this.#imageAt(this.#before, slot * STRIDE + BEFORE);
  }

  /** The same of the row as it is behind the group. */
  after(slot: number): WireImages {
    return this.#imageAt(this.#after, slot * STRIDE + AFTER);
  }

  /** As the source wrote them, all of one table map. */
  #fits(images: RowImages | undefined): boolean {
    if (images === undefined) return true;
    const { wire } = images;
    if (wire === undefined) return false;
    this.#like ??= wire;
    return wire.tableMap === this.#like.tableMap;
  }

  /** One row comes, changes or goes. False: it can't, or its key is no number. */
  #move(
    key: RowKey,
    row: number,
    before: WireImages | undefined,
    after: WireImages | undefined,
  ): boolean {
    if (typeof key !== 'number') return false;
    const slot = this.#find(key);
    const at = slot * STRIDE;
    const slots = this.#slots;
    if (this.#isNew) this.#put(at + BEFORE, before, row);
    // It is there exactly if it was there before the change.
    else if ((slots[at + AFTER] !== NONE) !== (before !== undefined)) return false;
    this.#put(at + AFTER, after, row);
    slots[at + CHANGE] = this.#change;
    slots[at + ROW] = row;
    slots[at + TIME] = this.#time;
    return true;
  }

  #put(at: number, images: WireImages | undefined, row: number): void {
    const slots = this.#slots;
    slots[at] = images === undefined ? NONE : this.#chunkOf(images.bytes);
    if (images === undefined) return;
    slots[at + 1] = images.startOf(row);
    slots[at + 2] = images.endOf(row);
  }

  /** Chunks come one after the other. */
  #chunkOf(bytes: Buffer): number {
    const chunks = this.#chunks;
    const last = chunks.length - 1;
    return last >= 0 && chunks[last] === bytes ? last : chunks.push(bytes) - 1;
  }

  #imageAt(image: OneImage, at: number): WireImages {
    const slots = this.#slots;
    image.like = this.#like;
    image.bytes = this.#chunks[slots[at] as number] as Buffer;
    image.start = slots[at + 1] as number;
    image.end = slots[at + 2] as number;
    return image;
  }

  /** The key's slot; `#isNew`: made for it now. */
  #find(key: number): number {
    if (this.#count === this.#keys.length) this.#grow();
    const places = this.#places;
    const mask = places.length - 1;
    let at = placeOf(key, mask);
    for (let slot = places[at] as number; slot !== 0; slot = places[at] as number) {
      if (this.#keys[slot - 1] === key) {
        this.#isNew = false;
        return slot - 1;
      }
      at = (at + 1) & mask;
    }
    this.#isNew = true;
    this.#keys[this.#count] = key;
    this.#count += 1;
    places[at] = this.#count;
    return this.#count - 1;
  }

  #grow(): void {
    const room = this.#keys.length * 2;
    const keys = new Float64Array(room);
    keys.set(this.#keys);
    const slots = new Int32Array(room * STRIDE);
    slots.set(this.#slots);
    const places = new Int32Array(room * 2);
    const mask = places.length - 1;
    for (let slot = 0; slot < this.#count; slot++) {
      let at = placeOf(keys[slot] as number, mask);
      while (places[at] !== 0) at = (at + 1) & mask;
      places[at] = slot + 1;
    }
    this.#keys = keys;
    this.#slots = slots;
    this.#places = places;
  }
}

/** One image wherever it stands, filled anew for each. */
class OneImage implements WireImages {
  like: WireImages | undefined;
  bytes: Buffer = NO_BYTES;
  start = 0;
  end = 0;

  get tableMap(): TableMap {
    if (this.like === undefined) throw new TypeError('an image of no table');
    return this.like.tableMap;
  }

  startOf(): number {
    return this.start;
  }

  endOf(): number {
    return this.end;
  }

  leadOf(count: number): ImageLead | undefined {
    return this.like?.leadOf(count);
  }
}

/** Of the key's high and low half. */
function placeOf(key: number, mask: number): number {
  const mixed = Math.imul(key ^ Math.floor(key / TWO_TO_32), SPREAD);
  return (mixed ^ (mixed >>> 15)) & mask;
}
