/**
 * One or more statements as text, sent from Buffers, in the client/server protocol:
 *
 *   request   payload = 03 (COM_QUERY) | text. Split into packets of at most FF FF FF bytes, each
 *             behind int<3> length | int<1> sequence id; a payload that fills its last packet exactly
 *             is followed by an empty one.
 *   replies   one for each statement until SERVER_MORE_RESULTS_EXISTS (0x0008) is off:
 *     OK      00 | lenenc affected rows | lenenc insert id | int<2> status | int<2> warnings | info to the end
 *     ERR     FF | int<2> number | # | 5 bytes state | message
 *     rows    lenenc column count | definitions | EOF | rows (lenenc strings, FB = NULL) | EOF
 *     EOF     FE | int<2> warnings | int<2> status     (shorter than 9 bytes)
 *
 * From the MySQL documentation ("Protocol::COM_QUERY", "Protocol::OK_Packet"). The driver asks for no
 * session tracking and keeps EOF packets, so `info` runs to the packet's end.
 */
import type { DriverPacket, DriverWire } from '../../server/driver-wire.ts';

/** What one statement answered. */
export interface StatementReply {
  /** Rows found, changed or not (the driver logs in with CLIENT_FOUND_ROWS). */
  readonly affectedRows: number;
  readonly warningCount: number;
  /** The server's own line: `Records: 3  Duplicates: 0  Warnings: 0`. */
  readonly info: string;
  /** Of a statement with a result set: its values as text. */
  readonly rows: readonly TextRow[] | undefined;
}

export type TextRow = readonly (string | null)[];

const COM_QUERY = 0x03;
const MAX_PACKET = 0xff_ff_ff;
const MORE_RESULTS = 0x00_08;
/** Below this the pieces are copied into one buffer: one write is cheaper than many. */
const COPY_LIMIT_BYTES = 256 * 1024;
const WRITE_BYTES = 1024 * 1024;

export type TextOutcome = (failure: unknown, replies: readonly StatementReply[]) => void;

type State = (packet: DriverPacket, wire: DriverWire) => State | undefined;

/**
 * A command of the driver's queue. The text never becomes a JavaScript string and is never copied
 * when it is large; it is written as fast as the socket takes it.
 */
export class TextCommand {
  readonly #pieces: readonly Buffer[];
  readonly #done: TextOutcome;
  readonly #onWritten: () => void;
  readonly #replies: StatementReply[] = [];
  #state: State | undefined;
  #rows: TextRow[] = [];
  #columnCount = 0;
  #isSettled = false;

  /**
   * `pieces` are one text when put together; they must stay unchanged until `done` is called. `onWritten`: the system
   * has all of it.
   */
  constructor(pieces: readonly Buffer[], done: TextOutcome, onWritten: () => void) {
    this.#pieces = pieces;
    this.#done = done;
    this.#onWritten = onWritten;
  }

  /** Called by the driver: first without a packet, then with each. True: this command is over. */
  execute(packet: DriverPacket | undefined, wire: DriverWire): boolean {
    if (packet === undefined) {
      this.#state = this.#readHeader;
      wire._resetSequenceId();
      sendQuery(this.#pieces, wire, this.#onWritten);
      return false;
    }
    if (packet.isError()) {
      this.#settle(packet.asError('utf8'));
      return true;
    }
    this.#state = this.#state?.call(this, packet, wire);
    if (this.#state !== undefined) return false;
    this.#settle(undefined);
    return true;
  }

  /** Called by the driver when the connection is lost. */
  onResult(failure: unknown): void {
    this.#settle(failure);
  }

  #settle(failure: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#done(failure, this.#replies);
  }

  #readHeader(packet: DriverPacket): State | undefined {
    if (packet.peekByte() !== 0) return this.#beginRows(packet);
    packet.readInt8();
    const affectedRows = Number(packet.readLengthCodedNumber());
    packet.readLengthCodedNumber();
    const status = packet.readInt16();
    const warningCount = packet.readInt16();
    const info = packet.offset < packet.end ? packet.readString(undefined, 'utf8') : '';
    this.#replies.push({ affectedRows, warningCount, info, rows: undefined });
    return (status & MORE_RESULTS) === 0 ? undefined : this.#readHeader;
  }

  #beginRows(packet: DriverPacket): State {
    this.#columnCount = Number(packet.readLengthCodedNumber());
    this.#rows = [];
    return this.#readDefinition;
  }

  #readDefinition(packet: DriverPacket): State {
    return packet.isEOF() ? this.#readRow : this.#readDefinition;
  }

  #readRow(packet: DriverPacket): State | undefined {
    if (packet.isEOF()) {
      packet.readInt8();
      const warningCount = packet.readInt16();
      const status = packet.readInt16();
      this.#replies.push({ affectedRows: 0, warningCount, info: '', rows: this.#rows });
      return (status & MORE_RESULTS) === 0 ? undefined : this.#readHeader;
    }
    const row: (string | null)[] = [];
    for (let column = 0; column < this.#columnCount; column++) {
      row.push(packet.readLengthCodedString('utf8') ?? null);
    }
    this.#rows.push(row);
    return this.#readRow;
  }
}

function sendQuery(pieces: readonly Buffer[], wire: DriverWire, onWritten: () => void): void {
  let length = 1;
  for (const piece of pieces) length += piece.length;
  // The server counts each packet that it reads; its answer goes on from there.
  const packets = Math.floor(length / MAX_PACKET) + 1;
  wire._bumpSequenceId(packets);
  const whenWritten = (): void => {
    afterWriting(wire, onWritten);
  };
  if (length > COPY_LIMIT_BYTES) {
    new LargeWrite(wire, packetSlices(pieces, length), whenWritten).pump();
  } else {
    writeSmall(pieces, length, wire);
    whenWritten();
  }
}

/** Calls back once nothing of what was written waits in this process. */
function afterWriting({ stream }: DriverWire, then: () => void): void {
  if (stream.writableNeedDrain) stream.once('drain', then);
  else then();
}

function writeSmall(pieces: readonly Buffer[], length: number, wire: DriverWire): void {
  const packet = Buffer.allocUnsafe(4 + length);
  packet.writeUIntLE(length, 0, 3);
  packet[3] = 0;
  packet[4] = COM_QUERY;
  let offset = 5;
  for (const piece of pieces) {
    piece.copy(packet, offset);
    offset += piece.length;
  }
  wire.write(packet);
}

/** Writes slices of the pieces between packet headers, and waits whenever the socket is full. */
class LargeWrite {
  readonly #wire: DriverWire;
  readonly #slices: Iterator<Buffer, undefined>;
  readonly #onDone: () => void;

  constructor(wire: DriverWire, slices: Iterator<Buffer, undefined>, onDone: () => void) {
    this.#wire = wire;
    this.#slices = slices;
    this.#onDone = onDone;
  }

  pump(): void {
    const { stream } = this.#wire;
    for (;;) {
      stream.cork();
      const isDone = this.#writeSome();
      stream.uncork();
      if (stream.destroyed) return;
      if (isDone) {
        this.#onDone();
        return;
      }
      if (stream.writableNeedDrain) {
        stream.once('drain', () => {
          this.pump();
        });
        return;
      }
    }
  }

  #writeSome(): boolean {
    for (let written = 0; written < WRITE_BYTES;) {
      const next = this.#slices.next();
      if (next.value === undefined) return true;
      this.#wire.write(next.value);
      written += next.value.length;
    }
    return false;
  }
}

function* packetSlices(
  pieces: readonly Buffer[],
  length: number,
): Generator<Buffer, undefined, undefined> {
  const begin = Buffer.from([0, 0, 0, 0, COM_QUERY]);
  let unsent = length;
  let sequenceId = 0;
  let room = Math.min(unsent, MAX_PACKET);
  begin.writeUIntLE(room, 0, 3);
  yield begin;
  unsent -= 1;
  room -= 1;
  for (const piece of pieces) {
    for (let offset = 0; offset < piece.length;) {
      if (room === 0) {
        room = Math.min(unsent, MAX_PACKET);
        yield packetHeader(room, ++sequenceId);
      }
      const end = Math.min(piece.length, offset + Math.min(room, WRITE_BYTES));
      yield piece.subarray(offset, end);
      unsent -= end - offset;
      room -= end - offset;
      offset = end;
    }
  }
  if (length % MAX_PACKET === 0) yield packetHeader(0, ++sequenceId);
}

function packetHeader(length: number, sequenceId: number): Buffer {
  const header = Buffer.allocUnsafe(4);
  header.writeUIntLE(length, 0, 3);
  header[3] = sequenceId & 0xff;
  return header;
}
