import { TailraceError } from '../../core/errors.ts';
import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { RowImages } from '../../core/row.ts';
import { formatTableName, type Table } from '../../core/table.ts';
import type { TableMap } from '../../core/table-map.ts';
import { resolveColumnLayout } from '../column/column-layout.ts';
import type { RowsEvent } from '../event.ts';
import { BinlogRowImages } from './binlog-row-images.ts';
import { eventTextOf } from './event-text.ts';
import { ImageShape, type TableLayout } from './image-shape.ts';
import { PartialUpdateReader } from './partial-update.ts';

/** Rows of one event, or of a part of it. Insert: after; delete: before; update: both, row by row. */
export interface RowsSlice {
  readonly before?: RowImages;
  readonly after?: RowImages;
}

/**
 * Decodes the rows events of one table map and definition. It finds where each row image starts and
 * keeps the bytes; values are read when someone asks for them, by code compiled for the shape of the
 * images (types, present columns). Shapes are shared between decoders, so a new one costs a look-up.
 */
export class RowsDecoder {
  readonly #tableMap: TableMap;
  readonly #layout: TableLayout;
  readonly #name: string;
  readonly #shapes = new Map<string, ImageShape>();
  /** The shape used last; a table's images are nearly always of one. */
  #lastBitmap: Uint8Array = new Uint8Array(0);
  #lastShape: ImageShape | undefined;
  /** Of the event that is being counted or glanced at. */
  readonly #places: number[] = [];
  #glances: Glances | undefined;

  constructor(tableMap: TableMap, table: Table, flavor: GtidFlavor) {
    this.#tableMap = tableMap;
    this.#name = formatTableName({ database: table.database, table: table.name });
    this.#layout = this.#readLayout(table, flavor);
  }

  /**
   * The event's rows in slices of about `maxSliceBytes` (at least one row). Throws before the first slice
   * that does not fit; the slices before it are valid.
   */
  decode(event: RowsEvent, maxSliceBytes: number): Iterable<RowsSlice> {
    const { first, second } = this.#shapesOf(event);
    // An event without rows only ends its statement; a row without columns has no bytes either.
    if (event.start === event.end && first.rowShape.nullBytes > 0) return NO_SLICES;
    const size = event.end - event.start;
    if (size > maxSliceBytes || event.isPartial) {
      return this.#slices(event, { first, second }, maxSliceBytes);
    }
    // Nearly every event: no generator, no second slice.
    return [this.#cut(event, { first, second }, { at: event.start, limit: event.end })];
  }

  /** How many rows the event has, none of which is an update of parts. Throws as `decode` does. */
  count(event: RowsEvent): number {
    return this.#findPlaces(event, this.#shapesOf(event));
  }

  /** The rows of an event that `count` has counted, in images that the next call fills anew. */
  glance(event: RowsEvent): Glance {
    const shapes = this.#shapesOf(event);
    const count = this.#findPlaces(event, shapes);
    const { bytes } = event;
    const glances = (this.#glances ??= this.#makeGlances(shapes.first));
    if (event.presentSecond !== undefined) {
      const { pair } = glances;
      pair.before.refill(shapes.first, bytes, count);
      pair.after.refill(shapes.second, bytes, count);
      return pair;
    }
    glances.one.refill(shapes.first, bytes, count);
    return event.action === 'insert' ? glances.insert : glances.delete;
  }

  /** Writes where the event's images stand, into `#places`, and returns the number of rows. */
  #findPlaces({ bytes, start, end, presentSecond }: RowsEvent, shapes: ShapePair): number {
    const places = this.#places;
    let count = 0;
    let filled = 0;
    places[0] = start;
    for (let at = start; at < end; count++) {
      at = this.#next(shapes.first, bytes, at, end);
      places[++filled] = at;
      if (presentSecond === undefined) continue;
      at = this.#next(shapes.second, bytes, at, end);
      places[++filled] = at;
    }
    return count;
  }

  #makeGlances(shape: ImageShape): Glances {
    const tableMap = this.#tableMap;
    const images = (stride: 1 | 2, first: 0 | 1): BinlogRowImages =>
      new BinlogRowImages(shape, {
        bytes: NO_BYTES,
        offsets: this.#places,
        stride,
        first,
        tableMap,
        text: undefined,
      });
    const one = images(1, 0);
    return {
      one,
      insert: { before: undefined, after: one },
      delete: { before: one, after: undefined },
      pair: { before: images(2, 0), after: images(2, 1) },
    };
  }

  *#slices(
    event: RowsEvent,
    shapes: ShapePair,
    maxSliceBytes: number,
  ): Generator<RowsSlice, void, undefined> {
    const place = { at: event.start, limit: 0 };
    const reader = event.isPartial
      ? new PartialUpdateReader(shapes.first, shapes.second, this.#name)
      : undefined;
    do {
      place.limit = place.at + maxSliceBytes;
      yield reader === undefined
        ? this.#cut(event, shapes, place)
        : this.#cutPartial(event, reader, { shapes, place });
    } while (place.at < event.end);
  }

  /** At least one row, up to the limit; moves `place.at` behind them. */
  #cut(event: RowsEvent, shapes: ShapePair, place: SlicePlace): RowsSlice {
    if (event.presentSecond !== undefined) return this.#cutPairs(event, shapes, place);
    const { bytes, end } = event;
    const tableMap = this.#tableMap;
    const { first: shape } = shapes;
    const { limit } = place;
    let at = this.#next(shape, bytes, place.at, end);
    // Made with both: one that grows reserves room for 17.
    const offsets = [place.at, at];
    while (at < end && at < limit) {
      at = this.#next(shape, bytes, at, end);
      offsets.push(at);
    }
    place.at = at;
    const text = eventTextOf(offsets, bytes, shape.textColumns * (offsets.length - 1));
    const images = new BinlogRowImages(shape, {
      bytes,
      offsets,
      stride: 1,
      first: 0,
      tableMap,
      text,
    });
    return event.action === 'insert' ? { after: images } : { before: images };
  }

  #cutPairs(event: RowsEvent, { first, second }: ShapePair, place: SlicePlace): RowsSlice {
    const { bytes, end } = event;
    const tableMap = this.#tableMap;
    const { limit } = place;
    let middle = this.#next(first, bytes, place.at, end);
    let at = this.#next(second, bytes, middle, end);
    const offsets = [place.at, middle, at];
    while (at < end && at < limit) {
      middle = this.#next(first, bytes, at, end);
      at = this.#next(second, bytes, middle, end);
      offsets.push(middle, at);
    }
    place.at = at;
    const values = (first.textColumns + second.textColumns) * (offsets.length >> 1);
    const text = eventTextOf(offsets, bytes, values);
    return {
      before: new BinlogRowImages(first, { bytes, offsets, stride: 2, first: 0, tableMap, text }),
      after: new BinlogRowImages(second, { bytes, offsets, stride: 2, first: 1, tableMap, text }),
    };
  }

  /** Before images and partial after images take turns; the latter are made whole elsewhere. */
  #cutPartial(
    event: RowsEvent,
    reader: PartialUpdateReader,
    { shapes: { first, second }, place }: { shapes: ShapePair; place: SlicePlace },
  ): RowsSlice {
    const { bytes, end } = event;
    let { at } = place;
    const offsets = [at];
    const after = reader.begin();
    do {
      const middle = this.#next(first, bytes, at, end);
      const next = after.add(bytes, { before: at, start: middle, end });
      if (next > end) throw this.#undecodable('a partial row image goes beyond its end');
      at = next;
      offsets.push(middle, at);
    } while (at < end && at < place.limit);
    place.at = at;
    const made = { tableMap: undefined, text: undefined };
    return {
      before: new BinlogRowImages(first, { bytes, offsets, stride: 2, first: 0, ...made }),
      after: new BinlogRowImages(second, { ...after.finish(), stride: 1, first: 0, ...made }),
    };
  }

  /** The end of the image at `at`; every image takes at least one byte, but for one without columns. */
  #next(shape: ImageShape, bytes: Buffer, at: number, end: number): number {
    const next = shape.code.skip(bytes, at);
    if (!(next <= end)) throw this.#undecodable('a row image goes beyond its end');
    if (next === at && at < end) throw this.#undecodable('its rows have no columns');
    return next;
  }

  #shapesOf(event: RowsEvent): ShapePair {
    if (event.columnCount !== this.#tableMap.columnCount) {
      throw this.#undecodable(
        `it has ${event.columnCount} columns, its table map ${this.#tableMap.columnCount}`,
      );
    }
    const first = this.#shapeOf(event.presentFirst);
    const second = event.presentSecond === undefined ? first : this.#shapeOf(event.presentSecond);
    return { first, second };
  }

  #shapeOf(bitmap: Buffer): ImageShape {
    const last = this.#lastShape;
    if (
      last !== undefined &&
      (this.#lastBitmap === bitmap || equalBytes(this.#lastBitmap, bitmap))
    ) {
      return last;
    }
    const name = bitmap.toString('latin1');
    let shape = this.#shapes.get(name);
    if (shape === undefined) {
      shape = new ImageShape(this.#layout, bitmap);
      this.#shapes.set(name, shape);
    }
    this.#lastBitmap = bitmap;
    this.#lastShape = shape;
    return shape;
  }

  #readLayout(table: Table, flavor: GtidFlavor): TableLayout {
    const { columnCount, columnTypes, columnMeta, nullable } = this.#tableMap;
    if (table.columns.length !== columnCount) {
      throw new TailraceError(
        'SOURCE_SCHEMA_MISMATCH',
        `The rows of ${this.#name} have ${columnCount} columns, its definition ${table.columns.length}.`,
        { place: { table: this.#name } },
      );
    }
    const layouts = table.columns.map((column, i) =>
      resolveColumnLayout({
        type: columnTypes[i] ?? -1,
        meta: columnMeta[i] ?? 0,
        column,
        flavor,
      }),
    );
    return { table, layouts, nullable };
  }

  #undecodable(why: string): TailraceError {
    return new TailraceError(
      'SOURCE_EVENT_UNDECODABLE',
      `A rows event of ${this.#name} cannot be read: ${why}.`,
      { place: { table: this.#name } },
    );
  }
}

/** Quicker than Buffer.equals for the few bytes of a bitmap. */
function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

const NO_SLICES: readonly RowsSlice[] = [];
const NO_BYTES = Buffer.alloc(0);

/** Images that are filled anew again and again. */
interface Glance {
  readonly before: RowImages | undefined;
  readonly after: RowImages | undefined;
}

interface Glances {
  readonly one: BinlogRowImages;
  readonly insert: Glance;
  readonly delete: Glance;
  readonly pair: { readonly before: BinlogRowImages; readonly after: BinlogRowImages };
}

interface SlicePlace {
  at: number;
  limit: number;
}

interface ShapePair {
  readonly first: ImageShape;
  readonly second: ImageShape;
}
