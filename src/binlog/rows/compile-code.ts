import { readFloat32 } from '../../lib/float32.ts';
import { i32At } from '../../lib/little-endian.ts';
import { inflateColumn } from '../column/compressed.ts';
import { FIXED_BINARY_READERS, TEXT_READERS } from '../column/text-readers.ts';
import { jsonBinaryToText } from '../json/json-binary.ts';
import { padBinary } from './pad-binary.ts';

/** What all generated code may call. */
export const READERS = {
  ...TEXT_READERS,
  ...FIXED_BINARY_READERS,
  float: readFloat32,
  double: readDouble,
  bigUint: (bytes: Buffer, at: number): bigint => bytes.readBigUInt64LE(at),
  bigInt: (bytes: Buffer, at: number): bigint => bytes.readBigInt64LE(at),
  wideBit: readWideBit,
  json: jsonBinaryToText,
  inflate: inflateColumn,
  pad: padBinary,
} as const;

const float64 = new Float64Array(1);
const halves = new Int32Array(float64.buffer);

function readDouble(bytes: Buffer, at: number): number {
  halves[0] = i32At(bytes, at);
  halves[1] = i32At(bytes, at + 4);
  return float64[0] ?? 0;
}

/** A BIT value of 7 or 8 bytes, big endian. */
export function readWideBit(bytes: Buffer, at: number, length: number): bigint {
  let value = 0n;
  for (let i = at; i < at + length; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** Beyond this the straight-line code would be too long to be optimised. */
export const MOST_COLUMNS = 500;

/** So many shapes are kept; a source with more of them compiles again now and then. */
export const MOST_SHAPES = 10_000;

/** A function of the names in `parameters`; its source holds integers and names of helpers, never what a server sent. */
export function compile(parameters: string, source: string): (...values: unknown[]) => unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- see above
  return new Function(parameters, `"use strict";${source}`) as (...values: unknown[]) => unknown;
}

/** False under --disallow-code-generation-from-strings. */
export const canGenerateCode = tryToGenerate();

function tryToGenerate(): boolean {
  try {
    return compile('', 'return 1;')() === 1;
  } catch {
    return false;
  }
}
