/**
 * The `uuid` or `uuid:tag` part of MySQL GTIDs as one string object for each distinct value, so that
 * sets compare it by identity. Transactions of one server come in long runs: the last one's bytes
 * are compared first, which costs no hex and no map.
 */
export class GtidSourceInterner {
  readonly #sources = new Map<string, string>();
  #lastBytes: Buffer | undefined;
  #lastSource = '';

  /** `bytes[offset..offset + 16)` is the UUID. */
  intern(bytes: Buffer, offset: number, tag = ''): string {
    if (tag === '' && isAt(this.#lastBytes, bytes, offset)) return this.#lastSource;
    const uuid = formatUuid(bytes, offset);
    const source = this.#canonical(tag === '' ? uuid : `${uuid}:${tag}`);
    if (tag === '') {
      this.#lastBytes = Buffer.from(bytes.subarray(offset, offset + 16));
      this.#lastSource = source;
    }
    return source;
  }

  #canonical(source: string): string {
    const known = this.#sources.get(source);
    if (known !== undefined) return known;
    this.#sources.set(source, source);
    return source;
  }
}

/** A native call to compare 16 bytes costs more than to look at them. */
function isAt(wanted: Buffer | undefined, bytes: Buffer, offset: number): boolean {
  if (wanted === undefined) return false;
  for (let i = 0; i < 16; i++) if (bytes[offset + i] !== wanted[i]) return false;
  return true;
}

export function formatUuid(bytes: Buffer, offset: number): string {
  const hex = bytes.toString('hex', offset, offset + 16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `${parts.join('-')}-${hex.slice(20)}`;
}
