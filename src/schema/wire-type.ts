/*
 * Column types as table maps number them (MYSQL_TYPE_*, the same in both families; 140 and 141 are
 * MariaDB's, 242 and 245 MySQL's), with what the two metadata bytes hold.
 */
export const WIRE = {
  oldDecimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  oldTimestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  oldTime: 11,
  oldDatetime: 12,
  year: 13,
  newDate: 14,
  varchar: 15,
  bit: 16,
  timestamp: 17,
  datetime: 18,
  time: 19,
  blobCompressed: 140,
  varcharCompressed: 141,
  vector: 242,
  json: 245,
  decimal: 246,
  enum: 247,
  set: 248,
  tinyBlob: 249,
  mediumBlob: 250,
  longBlob: 251,
  blob: 252,
  varString: 253,
  string: 254,
  geometry: 255,
} as const;

/** What a `string` column really is: its metadata names enum and set, and folds long lengths in. */
export function readStringMeta(meta: number): { readonly type: number; readonly length: number } {
  const low = meta & 0xff;
  const high = meta >> 8;
  if (low === WIRE.enum || low === WIRE.set) return { type: low, length: high };
  // CHAR longer than 255 bytes: two bits of the length stand, inverted, in the type byte.
  return { type: WIRE.string, length: high | (((low & 0x30) ^ 0x30) << 4) };
}

/** Bytes of an ENUM's or SET's value. */
export function labelBytes(type: 'enum' | 'set', count: number): number {
  if (type === 'enum') return count < 256 ? 1 : 2;
  const bytes = Math.ceil(count / 8);
  return bytes > 4 ? 8 : bytes;
}
