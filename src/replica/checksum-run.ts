import { crc32 as zlibCrc32 } from 'node:zlib';
import { crc32Byte } from './crc32.ts';

/*
 * Many small events proven by one checksum of all their bytes. What CRC-32 makes of a register is linear, and an
 * event with its own checksum behind it, from the register's first value on, ends in the same register whatever it
 * holds (RESIDUE). So the register behind a packet is known from the one before it without a look at the event:
 *
 *   packet = 4 bytes of header · 00 · event of n bytes with its checksum
 *   after  = Z(n + 5, before ^ header) ^ Z(n, FIRST) ^ RESIDUE         Z(n, r): r, n bytes of zero later
 *
 * If an event is damaged the register at the end is another one than that of the real bytes, which zlib gives in one
 * call: for one event always, for several at once but for one case in 2^32, as with a checksum of its own for each.
 */
const RESIDUE = 0xdebb20e3 | 0;
const FIRST = -1;
const BEFORE_EVENT = 5;
/** Longer events are few, and go to zlib one by one. */
export const LONGEST_IN_RUN = 1023;
/** Below, the call costs as much as reading the bytes by tables. */
export const SHORTEST_RUN_BYTES = 2048;

/** For each length of an event Z(n + 5, …) as eight tables, one for each four bits of the register. */
const TABLE_BITS = 7;
const TABLES = new Int32Array((LONGEST_IN_RUN + 1) << TABLE_BITS);
const CONSTANTS = new Int32Array(LONGEST_IN_RUN + 1);
const isMade = new Uint8Array(LONGEST_IN_RUN + 1);

/** The register that an empty run begins with. */
export const RUN_START = FIRST;

/** The register behind a packet whose event is intact; `header` are its first four bytes, `length` is the event's. */
export function afterIntactEvent(register: number, header: number, length: number): number {
  if (isMade[length] === 0) makeTables(length);
  const rest = register ^ header;
  const table = length << TABLE_BITS;
  return (
    look(table | (rest & 15)) ^
    look(table | 16 | ((rest >>> 4) & 15)) ^
    look(table | 32 | ((rest >>> 8) & 15)) ^
    look(table | 48 | ((rest >>> 12) & 15)) ^
    look(table | 64 | ((rest >>> 16) & 15)) ^
    look(table | 80 | ((rest >>> 20) & 15)) ^
    look(table | 96 | ((rest >>> 24) & 15)) ^
    look(table | 112 | (rest >>> 28)) ^
    (CONSTANTS[length] as number)
  );
}

/** Is this the register behind these bytes? */
export function isRegisterOf(register: number, bytes: Buffer, start: number, end: number): boolean {
  return ~register === (zlibCrc32(bytes.subarray(start, end)) | 0);
}

function look(index: number): number {
  return TABLES[index] as number;
}

function makeTables(length: number): void {
  for (let bit = 0; bit < 32; bit++) {
    const value = afterZeros(1 << bit, length + BEFORE_EVENT);
    const table = (length << TABLE_BITS) | ((bit >> 2) << 4);
    const own = 1 << (bit & 3);
    for (let low = 0; low < own; low++) TABLES[table | own | low] = look(table | low) ^ value;
  }
  CONSTANTS[length] = afterZeros(FIRST, length) ^ RESIDUE;
  isMade[length] = 1;
}

function afterZeros(register: number, count: number): number {
  let rest = register;
  for (let i = 0; i < count; i++) rest = crc32Byte(rest, 0);
  return rest;
}
