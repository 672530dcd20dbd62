import type { RowsEvent } from '../../binlog/event.ts';
import { EventView } from '../../binlog/event-view.ts';
import { decodeRows, type BitmapCache } from '../../binlog/events/rows.ts';
import type { RowsChange } from '../../core/change.ts';
import type { RowsGlance } from '../../core/transaction.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import { u32At } from '../../lib/little-endian.ts';
import { changeOfWhole, type TableReader } from './table-cache.ts';

/** Numbers for each event: its reader, its chunk, where it starts and ends there, place in the transaction, rows. */
const STRIDE = 6;
const FIRST_CAPACITY = 16;
const TYPE_AT = 4;

/**
 * Rows events whose changes are made when they are asked for. While transactions wait to be applied, an object for each
 * change and its images would outlive the young generation, which costs more than all that is done with it; so they wait
 * as numbers beside the bytes. What comes in here was decoded once already, so that damage is found where it is read.
 */
export class RowsLog {
  readonly #context: { readonly bitmaps: BitmapCache; postHeaderLength(): undefined };
  readonly #readers: TableReader[] = [];
  readonly #chunks: Buffer[] = [];
  #numbers = new Int32Array(FIRST_CAPACITY * STRIDE);
  #length = 0;

  /** Of the decoder that read the events. */
  constructor(bitmaps: BitmapCache) {
    this.#context = { bitmaps, postHeaderLength: () => undefined };
  }

  get length(): number {
    return this.#length;
  }

  /** `distance`: from the start of its transaction to this event. */
  add(event: EventView, reader: TableReader, distance: number, rows: number): void {
    const at = this.#length * STRIDE;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = indexOf(this.#readers, reader);
    numbers[at + 1] = lastIndexOf(this.#chunks, event.bytes);
    numbers[at + 2] = event.start;
    numbers[at + 3] = event.end;
    numbers[at + 4] = distance;
    numbers[at + 5] = rows;
    this.#length += 1;
  }

  /** Forgets what came in last: it is no plain transaction's. */
  truncate(length: number): void {
    this.#length = length;
  }

  readerAt(index: number): TableReader {
    return this.#readers[this.#numbers[index * STRIDE] as number] as TableReader;
  }

  rowsAt(index: number): number {
    return this.#numbers[index * STRIDE + 5] as number;
  }

  typeAt(index: number): number {
    const chunk = this.#chunks[this.#numbers[index * STRIDE + 1] as number] as Buffer;
    return chunk[(this.#numbers[index * STRIDE + 2] as number) + TYPE_AT] as number;
  }

  changeAt(index: number, begin: BinlogCoordinates): RowsChange {
    const event = this.#decode(index);
    const distance = this.#numbers[index * STRIDE + 4] as number;
    const coordinates = { file: begin.file, offset: begin.offset + distance };
    return changeOfWhole(this.readerAt(index), event, coordinates);
  }

  glanceAt(index: number): RowsGlance {
    const event = this.#decode(index);
    const { before, after } = this.readerAt(index).rows.glance(event);
    glance.timestamp = view.timestamp;
    glance.before = before;
    glance.after = after;
    return glance;
  }

  #decode(index: number): RowsEvent {
    const at = index * STRIDE;
    const numbers = this.#numbers;
    const bytes = this.#chunks[numbers[at + 1] as number] as Buffer;
    const start = numbers[at + 2] as number;
    view.bytes = bytes;
    view.start = start;
    view.end = numbers[at + 3] as number;
    view.typeCode = bytes[start + TYPE_AT] as number;
    view.timestamp = u32At(bytes, start);
    return decodeRows(view, view, this.#context);
  }

  #grow(): void {
    const grown = new Int32Array(this.#numbers.length * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

/** An event's header is not kept beyond the making of its change. */
const view = new EventView();
const glance: { -readonly [Name in keyof RowsGlance]: RowsGlance[Name] } = {
  timestamp: 0,
  before: undefined,
  after: undefined,
};

function indexOf(readers: TableReader[], reader: TableReader): number {
  const known = readers.indexOf(reader);
  return known >= 0 ? known : readers.push(reader) - 1;
}

/** Chunks come one after the other. */
function lastIndexOf(chunks: Buffer[], chunk: Buffer): number {
  const last = chunks.length - 1;
  return last >= 0 && chunks[last] === chunk ? last : chunks.push(chunk) - 1;
}
