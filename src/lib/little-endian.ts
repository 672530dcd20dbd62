/*
 * Numbers as they stand on the wire, lowest byte first. As Buffer's own readers without their checks, which cost more
 * than the reading: the caller made sure that the bytes are there.
 */

export function u16At(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

export function u24At(bytes: Uint8Array, at: number): number {
  return u16At(bytes, at) | ((bytes[at + 2] as number) << 16);
}

export function u32At(bytes: Uint8Array, at: number): number {
  return (u24At(bytes, at) | ((bytes[at + 3] as number) << 24)) >>> 0;
}

/** With a sign: without one, half of them would be objects. */
export function i32At(bytes: Uint8Array, at: number): number {
  return u24At(bytes, at) | ((bytes[at + 3] as number) << 24);
}

const TWO_32 = 0x1_0000_0000;

export function u48At(bytes: Uint8Array, at: number): number {
  return u32At(bytes, at) + u16At(bytes, at + 4) * TWO_32;
}
