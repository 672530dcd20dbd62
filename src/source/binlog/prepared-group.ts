import type { Frame } from '../../core/frame.ts';

/**
 * An XA transaction between PREPARE and COMMIT, as bytes: it may be committed days later, on another
 * machine, when its binlog file is gone.
 *
 * Layout of the payload, one piece after the other: piece 0 is JSON (`PreparedHeader`); the pieces after
 * it hold frames, each as u32 LE length + u8 bytes of checksum that it had + event without it: first the format description,
 * then table maps and rows events. A frame never spans two pieces.
 */
export interface PreparedHeader {
  readonly version: 1;
  /** Serialised definition of each table id in the group, as it was when the rows were written. */
  readonly tables: Readonly<Record<string, string>>;
}

const PIECE_BYTES = 1 << 20;
const RECORD_HEADER_BYTES = 5;

export class PreparedGroup {
  readonly xid: string;
  readonly #tables = new Map<number, string>();
  readonly #pieces: Buffer[] = [];
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(xid: string, formatDescription: Frame | undefined) {
    this.xid = xid;
    if (formatDescription !== undefined) this.append(formatDescription);
  }

  hasTable(tableId: number): boolean {
    return this.#tables.has(tableId);
  }

  addTable(tableId: number, definition: string): void {
    this.#tables.set(tableId, definition);
  }

  append(frame: Frame): void {
    const length = frame.end - frame.start;
    const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + length);
    record.writeUInt32LE(length, 0);
    record.writeUInt8(frame.checksumLength, 4);
    frame.bytes.copy(record, RECORD_HEADER_BYTES, frame.start, frame.end);
    this.#waiting.push(record);
    this.#waitingBytes += record.length;
    if (this.#waitingBytes >= PIECE_BYTES) this.#closePiece();
  }

  toPayload(): Uint8Array[] {
    this.#closePiece();
    const header: PreparedHeader = {
      version: 1,
      tables: Object.fromEntries([...this.#tables].map(([id, text]) => [String(id), text])),
    };
    return [Buffer.from(JSON.stringify(header)), ...this.#pieces];
  }

  #closePiece(): void {
    if (this.#waitingBytes === 0) return;
    this.#pieces.push(Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

export interface PreparedContent {
  /** Serialised definitions by table id. */
  readonly tables: ReadonlyMap<number, string>;
  readonly frames: Iterable<Frame>;
}

export function readPayload(payload: readonly Uint8Array[]): PreparedContent {
  const [head, ...pieces] = payload;
  const header = JSON.parse(Buffer.from(head ?? []).toString()) as PreparedHeader;
  return {
    tables: new Map(Object.entries(header.tables).map(([id, text]) => [Number(id), text])),
    frames: framesOf(pieces),
  };
}

function* framesOf(pieces: readonly Uint8Array[]): Generator<Frame> {
  for (const piece of pieces) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < bytes.length;) {
      const length = bytes.readUInt32LE(at);
      const checksumLength = bytes[at + 4] === 4 ? 4 : 0;
      const start = at + RECORD_HEADER_BYTES;
      yield { bytes, start, end: start + length, checksumLength };
      at = start + length;
    }
  }
}
