/*
 * Geometry as the servers store it: 4 bytes SRID, then WKB. WKB:
 *
 *   0  1  byte order, 1: little endian (the servers write no other)
 *   1  4  type: 1 point · 2 linestring · 3 polygon · 4 multipoint · 5 multilinestring ·
 *         6 multipolygon · 7 geometrycollection
 *   5  …  point: x, y as doubles · others: 4 count, then points, rings (4 count, points) or whole WKB
 *
 * Source: OGC Simple Features, MySQL manual "Well-Known Binary (WKB) Format". The text is laid out as
 * JTS does it: `POINT (3 2)`, `MULTIPOINT ((1 1), (2 2))`, numbers without exponent.
 */

const SRID_LENGTH = 4;

const NAMES = [
  '',
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
];
const TYPE = { POINT: 1, LINESTRING: 2, POLYGON: 3, COLLECTION: 7 } as const;

export function geometrySrid(bytes: Buffer): number {
  return bytes.length < SRID_LENGTH ? 0 : bytes.readUInt32LE(0);
}

export function geometryWkb(bytes: Buffer): Buffer {
  return bytes.subarray(SRID_LENGTH);
}

/** x and y of a stored POINT. */
export function pointOf(bytes: Buffer): { x: number; y: number } | undefined {
  const wkb = geometryWkb(bytes);
  if (wkb.length < 21 || wkb.readUInt32LE(1) !== TYPE.POINT) return undefined;
  return { x: wkb.readDoubleLE(5), y: wkb.readDoubleLE(13) };
}

/** Well-known text; undefined for bytes that are no geometry. */
export function geometryText(bytes: Buffer): string | undefined {
  try {
    return new WkbReader(geometryWkb(bytes)).geometry();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class WkbReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  geometry(): string {
    const type = this.#type();
    const body = this.#body(type);
    return `${NAMES[type] ?? ''} ${body === '' ? 'EMPTY' : body}`;
  }

  #type(): number {
    this.#offset += 1;
    const type = this.#count();
    if (type < TYPE.POINT || type > TYPE.COLLECTION) throw new RangeError('no geometry type');
    return type;
  }

  /** '' for nothing in it. */
  #body(type: number): string {
    if (type === TYPE.POINT) return `(${this.#point()})`;
    if (type === TYPE.LINESTRING) return this.#list(() => this.#point());
    if (type === TYPE.POLYGON) return this.#list(() => this.#list(() => this.#point()));
    if (type === TYPE.COLLECTION) return this.#list(() => this.geometry());
    return this.#list(() => this.#body(this.#type()) || 'EMPTY');
  }

  #list(read: () => string): string {
    const count = this.#count();
    if (count > this.#bytes.length - this.#offset) throw new RangeError('too many parts');
    const parts = Array.from({ length: count }, read);
    return count === 0 ? '' : `(${parts.join(', ')})`;
  }

  #point(): string {
    const x = this.#bytes.readDoubleLE(this.#offset);
    const y = this.#bytes.readDoubleLE(this.#offset + 8);
    this.#offset += 16;
    return `${plainNumber(x)} ${plainNumber(y)}`;
  }

  #count(): number {
    const count = this.#bytes.readUInt32LE(this.#offset);
    this.#offset += 4;
    return count;
  }
}

/** Shortest digits, never with an exponent. */
function plainNumber(value: number): string {
  const text = String(value);
  const [mantissa = '', exponentText] = text.split('e');
  if (exponentText === undefined) return text;
  const negative = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const exponent = Number(exponentText);
  const digits = `${whole}${fraction}`;
  return exponent < 0
    ? `${negative}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${negative}${digits.padEnd(exponent + 1, '0')}`;
}
