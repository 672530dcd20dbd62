import type {
  ImageLead,
  RowImage,
  RowImages,
  RowKey,
  RowVisitor,
  WireImages,
} from '../../core/row.ts';
import type { TableMap } from '../../core/table-map.ts';
import type { EventText } from './event-text.ts';
import type { ImageShape } from './image-shape.ts';

/** Where the images of one kind stand: image i is from `offsets[i * stride + first]` to the next offset. */
export interface ImagePlaces {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
  /** 2 where before and after images take turns. */
  readonly stride: 1 | 2;
  readonly first: 0 | 1;
  /** Whose images these are, as the source wrote them; undefined: they were made whole here. */
  readonly tableMap: TableMap | undefined;
  /** Of all their bytes; undefined: each text is made by itself. */
  readonly text: EventText | undefined;
}

/** Row images as the bytes of their event. */
export class BinlogRowImages implements RowImages, WireImages {
  length: number;
  #shape: ImageShape;
  bytes: Buffer;
  readonly #tableMap: TableMap | undefined;
  readonly #offsets: readonly number[];
  readonly #stride: number;
  readonly #first: number;
  readonly #text: EventText | undefined;

  constructor(shape: ImageShape, places: ImagePlaces) {
    this.#shape = shape;
    this.bytes = places.bytes;
    this.#tableMap = places.tableMap;
    this.#offsets = places.offsets;
    this.#stride = places.stride;
    this.#first = places.first;
    this.#text = places.text;
    // The last offset is the end.
    this.length = (places.offsets.length - 1) / places.stride;
  }

  /** Other images, whose offsets were written where those of the last ones stood. */
  refill(shape: ImageShape, bytes: Buffer, length: number): void {
    this.#shape = shape;
    this.bytes = bytes;
    this.length = length;
  }

  get present(): readonly boolean[] {
    return this.#shape.present;
  }

  get isFull(): boolean {
    return this.#shape.isFull;
  }

  at(row: number): RowImage {
    const text = this.#text;
    if (text === undefined) return this.#shape.readValues(this.bytes, this.startOf(row), text);
    text.make();
    const values = this.#shape.readValues(this.bytes, this.startOf(row), text);
    // Rows are asked for one after the other, and of the last row the image after comes last.
    if (row === this.length - 1 && this.#first === this.#stride - 1) text.drop();
    return values;
  }

  visit(row: number, visitor: RowVisitor): void {
    this.#shape.code.visit(this.bytes, this.startOf(row), visitor);
  }

  keyOf(columns: readonly number[]): (row: number) => RowKey {
    const read = this.#shape.keyReader(columns);
    return (row) => read(this.bytes, this.startOf(row));
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    const at = this.startOf(row);
    return columns.some((column) => this.#shape.isNull(this.bytes, at, column));
  }

  byteLength(row: number): number {
    return this.endOf(row) - this.startOf(row);
  }

  get wire(): WireImages | undefined {
    return this.#tableMap !== undefined && this.#shape.hasAllColumns ? this : undefined;
  }

  get tableMap(): TableMap {
    if (this.#tableMap === undefined) throw new RangeError("these images are no one's");
    return this.#tableMap;
  }

  leadOf(count: number): ImageLead | undefined {
    return this.#shape.leadOf(count);
  }

  endOf(row: number): number {
    return this.#offsets[row * this.#stride + this.#first + 1] ?? 0;
  }

  startOf(row: number): number {
    const offset = this.#offsets[row * this.#stride + this.#first];
    if (offset === undefined || row < 0 || row >= this.length) {
      throw new RangeError(`row ${row} of ${this.length}`);
    }
    return offset;
  }
}
