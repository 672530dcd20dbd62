import type { Connection } from 'mysql2';

/** The inside of the driver's packet parser that this stands on; the driver's version is pinned. */
interface PacketParser {
  /** Payloads of the packets so far of one that is longer than a packet can be. */
  largePacketParts: { length: number; push(part: Buffer): void };
  firstPacketSequenceId: number;
  _flushLargePacket: () => void;
  readonly _reusablePacket: {
    sequenceId: number;
    numPackets: number;
    buffer: Buffer;
    start: number;
    offset: number;
    end: number;
  };
  readonly onPacket: (packet: unknown) => void;
}

/*
 * Payload of the first packet: 00 | event header: timestamp 4, type 1, server id 4, event length 4, …
 * From the MySQL documentation ("Binlog Network Stream", "Event Header"). A payload of FF FF FF bytes
 * is followed by another packet.
 */
const EVENT_LENGTH_AT = 1 + 9;
const STATUS_BYTES = 1;
const HEADER_BYTES = 4;
/** The servers' own limit; a length beyond it is damage, which is found when the event is whole. */
const MAX_EVENT_BYTES = 1 << 30;

/**
 * Makes the driver put an event of several packets together in one buffer of its size. By itself it
 * keeps all packets and then makes a copy of them: twice the size of a large blob.
 */
export function joinLargeEvents(connection: Connection): void {
  const { packetParser: parser } = connection as unknown as { packetParser: PacketParser };
  const event = new LargeEvent();
  parser.largePacketParts = event;
  parser._flushLargePacket = () => {
    const numPackets = event.length;
    const buffer = event.take();
    const packet = parser._reusablePacket;
    packet.sequenceId = parser.firstPacketSequenceId;
    packet.numPackets = numPackets;
    packet.buffer = buffer;
    packet.start = 0;
    packet.offset = HEADER_BYTES;
    packet.end = buffer.length;
    parser.onPacket(packet);
    // Its buffer would live until the next packet.
    if (packet.buffer === buffer) packet.buffer = NONE;
  };
}

const NONE = Buffer.alloc(0);

/** Looks like the array that the parser collects packets in. */
class LargeEvent {
  length = 0;
  #body = NONE;
  #end = HEADER_BYTES;

  push(part: Buffer): void {
    if (this.length === 0) this.#body = Buffer.allocUnsafeSlow(sizeOf(part));
    const end = this.#end + part.length;
    if (end > this.#body.length) this.#grow(end);
    part.copy(this.#body, this.#end);
    this.#end = end;
    this.length += 1;
  }

  /** The whole, behind room for a packet header. */
  take(): Buffer {
    const whole = this.#body.subarray(0, this.#end);
    this.#body = NONE;
    this.#end = HEADER_BYTES;
    this.length = 0;
    return whole;
  }

  #grow(bytes: number): void {
    const body = Buffer.allocUnsafeSlow(bytes);
    this.#body.copy(body, 0, 0, this.#end);
    this.#body = body;
  }
}

function sizeOf(first: Buffer): number {
  const said = first.length < EVENT_LENGTH_AT + 4 ? 0 : first.readUInt32LE(EVENT_LENGTH_AT);
  const size = said <= MAX_EVENT_BYTES ? STATUS_BYTES + said : 0;
  return HEADER_BYTES + Math.max(size, first.length);
}
