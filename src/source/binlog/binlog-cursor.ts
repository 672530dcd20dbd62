import type { Frame } from '../../core/frame.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { EventHeader, RotateEvent } from '../../binlog/event.ts';

/** LOG_EVENT_ARTIFICIAL_F: made up for this connection, in no file. */
export const ARTIFICIAL = 0x20;
const TWO_TO_32 = 2 ** 32;
const HEARTBEAT = 27;
const HEARTBEAT_V2 = 41;
/** Format description and START_ENCRYPTION: at a start in mid-file the server repeats them for us. */
const REPEATED: ReadonlySet<number> = new Set([15, 164]);

/**
 * Where the stream is in the source's files, exact beyond 4 GiB: an event's header carries only the low
 * 32 bits of its end (and 0 inside MariaDB transactions), so the upper part is carried on from event to
 * event, and sizes are added up where there is no end.
 */
export class BinlogCursor {
  #file: string;
  #offset: number;
  #start: number;

  constructor(at: BinlogCoordinates) {
    this.#file = at.file;
    this.#offset = at.offset;
    this.#start = at.offset;
  }

  /** End of the last event. */
  get coordinates(): BinlogCoordinates {
    return { file: this.#file, offset: this.#offset };
  }

  /** Start of the last event. */
  get eventStart(): BinlogCoordinates {
    return { file: this.#file, offset: this.#start };
  }

  /** Of `eventStart`. */
  get startOffset(): number {
    return this.#start;
  }

  get file(): string {
    return this.#file;
  }

  get offset(): number {
    return this.#offset;
  }

  /** The payload of a rotate event is the truth about the file, artificial or not. */
  rotate(event: RotateEvent): void {
    this.#file = event.file;
    this.#offset = event.offset;
    this.#start = event.offset;
  }

  /**
   * The server says that nothing comes before this place. In the same file that is never behind what came, but the old
   * heartbeat has only the low 32 bits of it.
   */
  jump({ file, offset }: BinlogCoordinates): void {
    if (file === this.#file && offset < this.#offset) {
      if (this.#offset < TWO_TO_32) return;
      this.#offset = this.#carriedOn(offset);
    } else this.#offset = offset;
    this.#file = file;
    this.#start = this.#offset;
  }

  /** To where it stood a few events ago, in the same file. */
  goBack(offset: number, startOffset: number): void {
    this.#offset = offset;
    this.#start = startOffset;
  }

  advance(header: EventHeader, frame: Frame, isInGroup: boolean): void {
    if ((header.flags & ARTIFICIAL) !== 0) return;
    if (header.typeCode === HEARTBEAT || header.typeCode === HEARTBEAT_V2) return;
    const size = frame.end - frame.start + frame.checksumLength;
    if (header.endLogPos === 0) {
      if (!isInGroup || REPEATED.has(header.typeCode)) return;
      this.#start = this.#offset;
      this.#offset += size;
      return;
    }
    const end = this.#carriedOn(header.endLogPos);
    this.#start = end - size;
    this.#offset = end;
  }

  /** The next place whose low 32 bits are these. */
  #carriedOn(low: number): number {
    const upper = Math.floor(this.#offset / TWO_TO_32) * TWO_TO_32;
    const at = upper + low;
    return at < this.#offset ? at + TWO_TO_32 : at;
  }
}
