/*
 * The binlog network stream: packets of
 *
 *   0  3  length of what follows the header, little endian; FF FF FF: the next packet goes on with it
 *   3  1  sequence id
 *   4  1  00: an event · FE, shorter than 9 bytes: the end · FF: an error       (first packet of a whole)
 *   5  …  the event: header 19 (its length at 9, u32), body, checksum
 *
 * Source: MySQL documentation, "Binlog Network Stream", "MySQL Packets".
 */
import { collectGarbage } from '../lib/collect-garbage.ts';
import { u24At } from '../lib/little-endian.ts';

const PACKET_HEADER = 4;
const MAX_PACKET = 0xff_ff_ff;
const STATUS_BYTES = 1;
/** Enough to know how long an event is: packet header, status, event header up to its length. */
const PREFIX = PACKET_HEADER + STATUS_BYTES + 13;
const EVENT_LENGTH_AT = PACKET_HEADER + STATUS_BYTES + 9;
/** The servers' own limit; a length beyond it is damage, which is found when the event is whole. */
const MAX_EVENT_BYTES = 1 << 30;
const NOTHING = Buffer.alloc(0);

export interface EventSplitterOptions {
  /**
   * Takes as many of the packets that stand from `from` on as are whole and to its liking; returns where it stopped. The
   * packet there goes the way of a single one.
   */
  readonly takeRun: (bytes: Buffer, from: number) => number;
  /** One event, checksum included; its bytes are never written again. */
  readonly onEvent: (bytes: Buffer, start: number, end: number) => void;
  /** A whole packet that is no event, with its header. */
  readonly onOther: (packet: Buffer) => void;
}

/**
 * Cuts what a dump connection sends into events. Nearly all of them stand whole in one chunk of the
 * socket and are handed on where they stand; one that goes over chunks, or is longer than a packet can be,
 * is put together once in a buffer of its size. Throws what its receivers throw.
 */
export class EventSplitter {
  readonly #options: EventSplitterOptions;
  /** The start of a packet, too short to say anything; or of a following packet's header. */
  #rest = NOTHING;
  #split: SplitEvent | undefined;

  constructor(options: EventSplitterOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = NOTHING;
    }
    const at = this.#split === undefined ? 0 : this.#continue(this.#split, bytes);
    if (this.#split === undefined) this.#keep(bytes, this.#cut(bytes, at));
  }

  /** Hands on all packets that are whole; returns where the first stands that is not. */
  #cut(bytes: Buffer, from: number): number {
    const { takeRun, onEvent, onOther } = this.#options;
    let at = takeRun(bytes, from);
    for (const last = bytes.length - PACKET_HEADER; at < last; at = takeRun(bytes, at)) {
      const length = u24At(bytes, at);
      const end = at + PACKET_HEADER + length;
      if (end > bytes.length || length === MAX_PACKET) break;
      if (bytes[at + PACKET_HEADER] === 0) onEvent(bytes, at + PACKET_HEADER + STATUS_BYTES, end);
      else onOther(bytes.subarray(at, end));
      at = end;
    }
    return at;
  }

  #keep(bytes: Buffer, at: number): void {
    if (bytes.length === at) return;
    // Copied: a view would keep the whole chunk.
    if (bytes.length - at < PREFIX) this.#rest = Buffer.from(bytes.subarray(at));
    else {
      const split = new SplitEvent(bytes, at);
      this.#continue(split, bytes, at + PACKET_HEADER);
    }
  }

  /** Returns where the bytes go on behind the event; at their end when it is not whole. */
  #continue(split: SplitEvent, bytes: Buffer, from = 0): number {
    this.#split = split;
    let at = split.take(bytes, from);
    while (split.needsHeader) {
      if (bytes.length - at < PACKET_HEADER) {
        this.#rest = Buffer.from(bytes.subarray(at));
        return bytes.length;
      }
      split.begin(u24At(bytes, at));
      at = split.take(bytes, at + PACKET_HEADER);
    }
    if (!split.isWhole) return bytes.length;
    this.#split = undefined;
    this.#hand(split.packet());
    return at;
  }

  #hand(packet: Buffer): void {
    const { onEvent, onOther } = this.#options;
    if (packet[PACKET_HEADER] !== 0) onOther(packet);
    else onEvent(packet, PACKET_HEADER + STATUS_BYTES, packet.length);
  }
}

/** A packet, or several that are one, put together behind the first one's header. */
class SplitEvent {
  #bytes: Buffer;
  #length = PACKET_HEADER;
  #missing: number;
  #isContinued: boolean;

  constructor(bytes: Buffer, at: number) {
    const length = u24At(bytes, at);
    this.#missing = length;
    this.#isContinued = length === MAX_PACKET;
    const said = STATUS_BYTES + bytes.readUInt32LE(at + EVENT_LENGTH_AT);
    const isLarge = this.#isContinued && said <= MAX_EVENT_BYTES;
    // The large event before it may be done with.
    if (isLarge) collectGarbage();
    this.#bytes = Buffer.allocUnsafeSlow(PACKET_HEADER + Math.max(length, isLarge ? said : 0));
    bytes.copy(this.#bytes, 0, at, at + PACKET_HEADER);
  }

  get isWhole(): boolean {
    return this.#missing === 0 && !this.#isContinued;
  }

  get needsHeader(): boolean {
    return this.#missing === 0 && this.#isContinued;
  }

  begin(length: number): void {
    this.#missing = length;
    this.#isContinued = length === MAX_PACKET;
    const wanted = this.#length + length;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(wanted);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }

  /** Takes what belongs to it; returns where that ends. */
  take(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.#missing);
    bytes.copy(this.#bytes, this.#length, from, end);
    this.#length += end - from;
    this.#missing -= end - from;
    return end;
  }

  packet(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
