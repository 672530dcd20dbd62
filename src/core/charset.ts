import { decodeMultiByte } from './charset-multi-byte.ts';
import { isAsciiBased, singleByteTable } from './charset-single-byte.ts';
import { collationById as lookUp, type Collation } from './collations.ts';
import { TailraceError } from './errors.ts';
import type { GtidFlavor } from './gtid-set.ts';

/** The collation with this id, as table maps and status variables name it; undefined: no server has it. */
export function collationById(id: number, flavor?: GtidFlavor): Collation | undefined {
  return lookUp(id, flavor);
}

/** UTF-16 and UCS-2, big endian: the bytes swapped in a copy. An odd byte at the end is dropped. */
function decodeUtf16BigEndian(bytes: Buffer, start: number, end: number): string {
  const copy = Buffer.from(bytes.subarray(start, start + ((end - start) & ~1)));
  return copy.swap16().toString('utf16le');
}

function decodeUtf32(bytes: Buffer, start: number, end: number): string {
  const parts: string[] = [];
  for (let at = start; at + 4 <= end; at += 4) {
    const point = bytes.readUInt32BE(at);
    parts.push(point <= 0x10ffff ? String.fromCodePoint(point) : '?');
  }
  return parts.join('');
}

const ASCII_ONLY = /^[\0-\x7f]*$/;

/** Most single-byte text is ASCII, which is the same in all sets but swe7. */
function decodeSingleByte(charset: string, table: readonly string[], bytes: string): string {
  if (isAsciiBased(charset) && ASCII_ONLY.test(bytes)) return bytes;
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += table[bytes.charCodeAt(i)] ?? '?';
  return text;
}

function decodeOther(charset: string, bytes: Buffer, start: number, end: number): string {
  const table = singleByteTable(charset);
  if (table !== undefined) return decodeSingleByte(charset, table, bytes.latin1Slice(start, end));
  const text = decodeMultiByte(charset, bytes, start, end);
  if (text !== undefined) return text;
  throw new TailraceError(
    'SOURCE_EVENT_UNDECODABLE',
    `The character set "${charset}" is not known to tailrace.`,
  );
}

/**
 * `bytes[start..end)` as text, the characters that the servers make of them when they convert to
 * utf8mb4: bytes and codes without a character become question marks. `binary` is taken as UTF-8, as
 * the servers take the text of a client that names no character set.
 */
export function decodeText(charset: string, bytes: Buffer, start: number, end: number): string {
  switch (charset) {
    case 'utf8mb4':
    case 'utf8mb3':
    case 'utf8':
    case 'binary':
      return bytes.utf8Slice(start, end);
    case 'ucs2':
    case 'utf16':
      return decodeUtf16BigEndian(bytes, start, end);
    case 'utf16le':
      return bytes.ucs2Slice(start, start + ((end - start) & ~1));
    case 'utf32':
      return decodeUtf32(bytes, start, end);
    default:
      return decodeOther(charset, bytes, start, end);
  }
}
