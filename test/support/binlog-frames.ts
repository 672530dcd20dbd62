import { readFileSync } from 'node:fs';
import { EventDecoder } from '../../src/binlog/event-decoder.ts';
import type { BinlogEvent } from '../../src/binlog/event.ts';
import type { Frame } from '../../src/core/frame.ts';

const HEADER_LENGTH = 19;
const FORMAT_DESCRIPTION = 15;

/** Events captured from a real server, by name. */
export class EventFixture {
  readonly #frames: ReadonlyMap<string, Frame>;

  constructor(name: string) {
    const path = new URL(`../binlog/fixtures/${name}.hex`, import.meta.url);
    const lines = readFileSync(path, 'utf8').split('\n');
    this.#frames = new Map(
      lines
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const [event = '', hex = ''] = line.split(' ');
          return [event, frameOf(Buffer.from(hex, 'hex'), 4)];
        }),
    );
  }

  get names(): string[] {
    return [...this.#frames.keys()];
  }

  frame(name: string): Frame {
    const frame = this.#frames.get(name);
    if (frame === undefined) throw new Error(`no fixture event ${name}`);
    return frame;
  }

  /** A decoder that knows this server's format. */
  decoder(): EventDecoder {
    const decoder = new EventDecoder();
    decoder.decode(this.frame('format'));
    return decoder;
  }

  /** The event, which must be of that kind. */
  decode<K extends BinlogEvent['kind']>(name: string, kind: K): Extract<BinlogEvent, { kind: K }> {
    return expectKind(this.decoder().decode(this.frame(name)), kind);
  }
}

export function expectKind<K extends BinlogEvent['kind']>(
  event: BinlogEvent,
  kind: K,
): Extract<BinlogEvent, { kind: K }> {
  if (event.kind !== kind) throw new Error(`a ${event.kind} event, not ${kind}`);
  return event as Extract<BinlogEvent, { kind: K }>;
}

export function frameOf(bytes: Buffer, checksumLength: 0 | 4): Frame {
  return { bytes, start: 0, end: bytes.length - checksumLength, checksumLength };
}

export interface EventOptions {
  readonly flags?: number;
  readonly timestamp?: number;
  readonly endLogPos?: number;
  readonly serverId?: number;
}

/** An event made by hand, without a checksum. */
export function makeFrame(typeCode: number, body: Buffer, options: EventOptions = {}): Frame {
  return frameOf(makeEvent(typeCode, body, options), 0);
}

export function makeEvent(typeCode: number, body: Buffer, options: EventOptions = {}): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32LE(options.timestamp ?? 1_700_000_000, 0);
  header[4] = typeCode;
  header.writeUInt32LE(options.serverId ?? 1, 5);
  header.writeUInt32LE(HEADER_LENGTH + body.length, 9);
  header.writeUInt32LE(options.endLogPos ?? 0, 13);
  header.writeUInt16LE(options.flags ?? 0, 17);
  return Buffer.concat([header, body]);
}

/** The frame with its last bytes gone and a header that says so. */
export function truncated(frame: Frame, length: number): Frame {
  const bytes = Buffer.from(frame.bytes.subarray(frame.start, frame.start + length));
  if (length >= HEADER_LENGTH) bytes.writeUInt32LE(length, 9);
  return frameOf(bytes, 0);
}

/** The events of a whole binlog file as they lie on disk. */
export function* framesOfFile(bytes: Buffer): Generator<Frame> {
  let checksumLength: 0 | 4 = 4;
  let start = 4;
  while (start + HEADER_LENGTH <= bytes.length) {
    const size = bytes.readUInt32LE(start + 9);
    // The server may be writing: the last event can be incomplete.
    if (start + size > bytes.length) return;
    const isFormat = bytes[start + 4] === FORMAT_DESCRIPTION;
    if (isFormat) checksumLength = bytes[start + size - 5] === 1 ? 4 : 0;
    const cut = isFormat ? 4 : checksumLength;
    yield { bytes, start, end: start + size - cut, checksumLength: cut };
    start += size;
  }
}
