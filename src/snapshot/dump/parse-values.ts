import { TailraceError } from '../../core/errors.ts';

const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const QUOTE = 0x27;
const BACKSLASH = 0x5c;
const NULL_FIELD = 0xfb;
const SPACE = 0x20;
const BINARY_LEAD = Buffer.from("_binary '");
/** What stands behind a backslash, where it is not the byte itself. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x30, 0],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x5a, 0x1a],
]);

export interface ParsedValues {
  readonly bytes: Buffer;
  readonly rowCount: number;
}

/**
 * Reads the rows of an INSERT, `(1,'a',0xFF,NULL),(…)`, into length-encoded fields; only the wanted
 * ones are kept (one flag for each column of the statement).
 */
export function parseValues(values: Buffer, wanted: readonly boolean[]): ParsedValues {
  return new ValuesParser(values, wanted).parse();
}

class ValuesParser {
  readonly #in: Buffer;
  readonly #wanted: readonly boolean[];
  #at = 0;
  #out: Buffer;
  #length = 0;
  /** The value as it is read, before its length is known. */
  #value: Buffer = Buffer.allocUnsafe(1024);

  constructor(values: Buffer, wanted: readonly boolean[]) {
    this.#in = values;
    this.#wanted = wanted;
    this.#out = Buffer.allocUnsafeSlow(values.length + 1024);
  }

  parse(): ParsedValues {
    let rowCount = 0;
    for (;;) {
      this.#skipSpace();
      if (this.#at >= this.#in.length) break;
      if (rowCount > 0) this.#expect(COMMA);
      this.#skipSpace();
      this.#row();
      rowCount++;
    }
    return { bytes: this.#out.subarray(0, this.#length), rowCount };
  }

  #row(): void {
    this.#expect(OPEN);
    for (const [index, isWanted] of this.#wanted.entries()) {
      if (index > 0) this.#expect(COMMA);
      this.#field(isWanted);
    }
    this.#expect(CLOSE);
  }

  #field(isWanted: boolean): void {
    const first = this.#in[this.#at];
    if (first === 0x5f && this.#startsWith(BINARY_LEAD)) this.#at += BINARY_LEAD.length - 1;
    if (this.#in[this.#at] === QUOTE) {
      const length = this.#quoted();
      if (isWanted) this.#emit(this.#value, 0, length);
      return;
    }
    const start = this.#at;
    for (;;) {
      const byte = this.#in[this.#at];
      if (byte === undefined) throw this.#broken();
      if (byte === COMMA || byte === CLOSE) break;
      this.#at++;
    }
    if (isWanted) this.#bare(start, this.#at);
  }

  #bare(start: number, end: number): void {
    if (this.#in[start] === 0x4e) {
      this.#room(1);
      this.#out[this.#length++] = NULL_FIELD;
    } else if (this.#in[start] === 0x30 && this.#in[start + 1] === 0x78) {
      const bytes = Buffer.from(this.#in.latin1Slice(start + 2, end), 'hex');
      this.#emit(bytes, 0, bytes.length);
    } else this.#emit(this.#in, start, end);
  }

  /** Reads into `#value`; gives its length. */
  #quoted(): number {
    const { length } = this.#in;
    let at = this.#at + 1;
    let to = 0;
    for (;;) {
      if (at >= length) throw this.#broken();
      let byte = this.#in[at++] as number;
      if (byte === QUOTE) {
        if (this.#in[at] !== QUOTE) break;
        at++;
      } else if (byte === BACKSLASH) {
        const escaped = this.#in[at++] as number;
        byte = ESCAPES.get(escaped) ?? escaped;
      }
      if (to === this.#value.length) this.#value = doubled(this.#value);
      this.#value[to++] = byte;
    }
    this.#at = at;
    return to;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    this.#room(size + 9);
    this.#length = writeLength(this.#out, this.#length, size);
    bytes.copy(this.#out, this.#length, start, end);
    this.#length += size;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#out.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.ceil((this.#length + size) * 1.5));
    this.#out.copy(grown, 0, 0, this.#length);
    this.#out = grown;
  }

  #skipSpace(): void {
    while ((this.#in[this.#at] ?? NULL_FIELD) <= SPACE) this.#at++;
  }

  #startsWith(lead: Buffer): boolean {
    return this.#in.subarray(this.#at, this.#at + lead.length).equals(lead);
  }

  #expect(byte: number): void {
    if (this.#in[this.#at] !== byte) throw this.#broken();
    this.#at++;
  }

  #broken(): TailraceError {
    return new TailraceError(
      'SNAPSHOT_PROGRAM_FAILED',
      `the dump program wrote rows that cannot be read, at byte ${this.#at} of an INSERT`,
    );
  }
}

function doubled(buffer: Buffer): Buffer {
  const grown = Buffer.allocUnsafeSlow(buffer.length * 2);
  buffer.copy(grown);
  return grown;
}

/** A length-encoded integer; gives where it ends. */
export function writeLength(out: Buffer, at: number, size: number): number {
  if (size < NULL_FIELD) {
    out[at] = size;
    return at + 1;
  }
  if (size < 0x1_00_00) {
    out[at] = 0xfc;
    return out.writeUInt16LE(size, at + 1);
  }
  if (size < 0x1_00_00_00) {
    out[at] = 0xfd;
    return out.writeUIntLE(size, at + 1, 3);
  }
  out[at] = 0xfe;
  return out.writeBigUInt64LE(BigInt(size), at + 1);
}
