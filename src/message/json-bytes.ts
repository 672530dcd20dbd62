import type { ByteWriter } from '../lib/byte-writer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LETTERS: Readonly<Record<number, number>> = {
  8: 0x62,
  9: 0x74,
  10: 0x6e,
  12: 0x66,
  13: 0x72,
};
const HEX = Buffer.from('0123456789ABCDEF');

/** `bytes[start..end)`, UTF-8, as a JSON string: what `jsonString` makes of the text. */
export function writeJsonText(out: ByteWriter, bytes: Buffer, start: number, end: number): void {
  // A byte is at most six: \u001F.
  const target = out.reserve((end - start) * 6 + 2);
  let to = out.length;
  target[to++] = QUOTE;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) target[to++] = byte;
    else to = writeEscape(target, to, byte);
  }
  target[to++] = QUOTE;
  out.advance(to);
}

function writeEscape(target: Buffer, offset: number, byte: number): number {
  target[offset] = BACKSLASH;
  if (byte >= SPACE) {
    target[offset + 1] = byte;
    return offset + 2;
  }
  const letter = LETTERS[byte];
  if (letter !== undefined) {
    target[offset + 1] = letter;
    return offset + 2;
  }
  target.write('u00', offset + 1, 'latin1');
  target[offset + 4] = HEX[byte >> 4] ?? 0;
  target[offset + 5] = HEX[byte & 15] ?? 0;
  return offset + 6;
}
