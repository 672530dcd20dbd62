/*
 * Well-known text to what the servers store: 4 bytes SRID, then WKB (see ../geometry-text.ts for its layout).
 */

const TYPES = [
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
];
const TOKEN = /\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])/y;

/** undefined: it is no well-known text. */
export function parseGeometry(text: string, srid = 0): Buffer | undefined {
  try {
    const reader = new WktReader(text);
    const wkb = reader.geometry();
    if (!reader.isAtEnd) return undefined;
    return Buffer.concat([uint32(srid), wkb]);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

class WktReader {
  readonly #tokens: string[] = [];
  #at = 0;

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    const trimmed = text.trim();
    while (TOKEN.lastIndex < trimmed.length) {
      const match = TOKEN.exec(trimmed);
      if (match?.[1] === undefined) throw new RangeError('no well-known text');
      this.#tokens.push(match[1].toUpperCase());
    }
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  geometry(): Buffer {
    const type = TYPES.indexOf(this.#next()) + 1;
    if (type === 0) throw new RangeError('no geometry');
    return Buffer.concat([header(type), this.#body(type)]);
  }

  #body(type: number): Buffer {
    if (this.#accept('EMPTY')) {
      if (type === 1) throw new RangeError('a point without a place');
      return uint32(0);
    }
    if (type === 1) return this.#inParentheses(() => this.#point());
    if (type === 2) return this.#list(() => this.#point());
    if (type === 3) return this.#list(() => this.#list(() => this.#point()));
    if (type === 7) return this.#list(() => this.geometry());
    return this.#list(() => Buffer.concat([header(type - 3), this.#part(type - 3)]));
  }

  /** Points of a MULTIPOINT may stand without parentheses. */
  #part(type: number): Buffer {
    if (type === 1 && this.#tokens[this.#at] !== '(') return this.#point();
    return this.#body(type);
  }

  #list(read: () => Buffer): Buffer {
    if (this.#accept('EMPTY')) return uint32(0);
    return this.#inParentheses(() => {
      const parts = [read()];
      while (this.#accept(',')) parts.push(read());
      return Buffer.concat([uint32(parts.length), ...parts]);
    });
  }

  #inParentheses(read: () => Buffer): Buffer {
    if (!this.#accept('(')) throw new RangeError('no parenthesis');
    const inner = read();
    if (!this.#accept(')')) throw new RangeError('no parenthesis at the end');
    return inner;
  }

  #point(): Buffer {
    const bytes = Buffer.alloc(16);
    bytes.writeDoubleLE(this.#number(), 0);
    bytes.writeDoubleLE(this.#number(), 8);
    return bytes;
  }

  #number(): number {
    const value = Number(this.#next());
    if (Number.isNaN(value)) throw new RangeError('no number');
    return value;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? '';
  }
}

function header(type: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = 1;
  bytes.writeUInt32LE(type, 1);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
