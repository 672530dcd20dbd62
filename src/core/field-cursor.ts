const NULL_FIELD = 0xfb;

/**
 * Reads the fields of rows in a RowBlock one after the other: each a length-encoded string (one byte below
 * FB; FC, FD, FE: 2, 3, 8 bytes of length follow), or FB for NULL.
 */
export class FieldCursor {
  readonly bytes: Buffer;
  /** Of the field that `next` found; `start` is -1 for NULL. */
  start = 0;
  end: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.end = at;
  }

  next(): void {
    const { bytes } = this;
    const at = this.end;
    const first = bytes[at] as number;
    if (first < NULL_FIELD) {
      this.start = at + 1;
      this.end = this.start + first;
      return;
    }
    if (first === NULL_FIELD) {
      this.start = -1;
      this.end = at + 1;
      return;
    }
    const width = first === 0xfc ? 2 : first === 0xfd ? 3 : 6;
    this.start = at + 1 + (first === 0xfe ? 8 : width);
    this.end = this.start + bytes.readUIntLE(at + 1, width);
  }
}
