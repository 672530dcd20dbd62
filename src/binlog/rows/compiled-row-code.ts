import type { RowVisitor } from '../../core/row.ts';
import { readFloat32 } from '../../lib/float32.ts';
import { inflateColumn } from '../column/compressed.ts';
import { FIXED_BINARY_READERS, TEXT_READERS } from '../column/text-readers.ts';
import { jsonBinaryToText } from '../json/json-binary.ts';
import { keySource, rowSource } from './generate-row-code.ts';
import { padBinary } from './pad-binary.ts';
import { PlainRowCode } from './plain-row-code.ts';
import type { RowCode, RowKeyReader, RowShape } from './row-code.ts';

/** What generated code may call. */
const HELPERS = {
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
const float64Bytes = new Uint8Array(float64.buffer);

function readDouble(bytes: Buffer, at: number): number {
  for (let i = 0; i < 8; i++) float64Bytes[i] = bytes[at + i] ?? 0;
  return float64[0] ?? 0;
}

/** A BIT value of 7 or 8 bytes, big endian. */
function readWideBit(bytes: Buffer, at: number, length: number): bigint {
  let value = 0n;
  for (let i = at; i < at + length; i++) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** Beyond this the straight-line code would be too long to be optimised. */
const MOST_COLUMNS = 500;

interface RowFunctions {
  readonly skip: (bytes: Buffer, at: number) => number;
  readonly visit: (bytes: Buffer, at: number, visitor: RowVisitor) => void;
}

function compile(source: string): unknown {
  // The source holds integers and names of helpers only, never anything that a server sent.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function('h', `"use strict";${source}`) as (helpers: typeof HELPERS) => unknown;
  return make(HELPERS);
}

/** Row code as straight-line functions: 5 to 10 times as fast as the plain one. */
class CompiledRowCode implements RowCode {
  readonly skip: (bytes: Buffer, at: number) => number;
  readonly visit: (bytes: Buffer, at: number, visitor: RowVisitor) => void;
  readonly #shape: RowShape;
  readonly #keyReaders = new Map<string, RowKeyReader>();

  constructor(shape: RowShape) {
    const functions = compile(rowSource(shape)) as RowFunctions;
    this.skip = functions.skip;
    this.visit = functions.visit;
    this.#shape = shape;
  }

  keyReader(columns: readonly number[]): RowKeyReader {
    const name = columns.join();
    const known = this.#keyReaders.get(name);
    if (known !== undefined) return known;
    const reader = compile(keySource(this.#shape, columns)) as RowKeyReader;
    this.#keyReaders.set(name, reader);
    return reader;
  }
}

/** False under --disallow-code-generation-from-strings. */
export const canGenerateCode = tryToGenerate();

function tryToGenerate(): boolean {
  try {
    return compile('return 1;') === 1;
  } catch {
    return false;
  }
}

/** So many shapes are kept; a source with more of them compiles again now and then. */
const MOST_SHAPES = 10_000;

const codes = new Map<string, RowCode>();

/** The code of a shape: compiled at its first use, shared by all tables of the shape. */
export function rowCodeOf(shape: RowShape): RowCode {
  const known = codes.get(shape.signature);
  if (known !== undefined) return known;
  const isPlain = !canGenerateCode || shape.columns.length > MOST_COLUMNS;
  const code = isPlain ? new PlainRowCode(shape) : new CompiledRowCode(shape);
  if (codes.size >= MOST_SHAPES) codes.clear();
  codes.set(shape.signature, code);
  return code;
}

/** For tests, which compare it with the plain one. */
export function compileRowCode(shape: RowShape): RowCode {
  return new CompiledRowCode(shape);
}
