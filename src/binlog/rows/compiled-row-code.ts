import type { RowVisitor } from '../../core/row.ts';
import { canGenerateCode, compile, MOST_COLUMNS, MOST_SHAPES, READERS } from './compile-code.ts';
import { keySource, rowSource } from './generate-row-code.ts';
import { PlainRowCode } from './plain-row-code.ts';
import type { RowCode, RowKeyReader, RowShape } from './row-code.ts';

interface RowFunctions {
  readonly skip: (bytes: Buffer, at: number) => number;
  readonly visit: (bytes: Buffer, at: number, visitor: RowVisitor) => void;
}

const compileWithReaders = (source: string): unknown => compile('h', source)(READERS);

/** Row code as straight-line functions: 5 to 10 times as fast as the plain one. */
class CompiledRowCode implements RowCode {
  readonly skip: (bytes: Buffer, at: number) => number;
  readonly visit: (bytes: Buffer, at: number, visitor: RowVisitor) => void;
  readonly #shape: RowShape;
  readonly #keyReaders = new Map<string, RowKeyReader>();

  constructor(shape: RowShape) {
    const functions = compileWithReaders(rowSource(shape)) as RowFunctions;
    this.skip = functions.skip;
    this.visit = functions.visit;
    this.#shape = shape;
  }

  keyReader(columns: readonly number[]): RowKeyReader {
    const name = columns.join();
    const known = this.#keyReaders.get(name);
    if (known !== undefined) return known;
    const reader = compileWithReaders(keySource(this.#shape, columns)) as RowKeyReader;
    this.#keyReaders.set(name, reader);
    return reader;
  }
}

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
