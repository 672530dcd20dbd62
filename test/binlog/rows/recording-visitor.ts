import type { RowVisitor } from '../../../src/core/row.ts';

/** Keeps every call as text, so that two readers of one image can be compared. */
export class RecordingVisitor implements RowVisitor {
  readonly calls: string[] = [];

  #add(what: string, column: number, value: unknown): void {
    // NaN and -0 are told apart from each other.
    const text = Object.is(value, -0) ? '-0' : String(value);
    this.calls.push(`${column} ${what} ${text}`);
  }

  absent(column: number): void {
    this.#add('absent', column, '');
  }
  null(column: number): void {
    this.#add('null', column, '');
  }
  integer(column: number, value: number): void {
    this.#add('integer', column, value);
  }
  bigint(column: number, value: bigint): void {
    this.#add('bigint', column, value);
  }
  float(column: number, value: number): void {
    this.#add('float', column, value);
  }
  double(column: number, value: number): void {
    this.#add('double', column, value);
  }
  ascii(column: number, value: string): void {
    this.#add('ascii', column, value);
  }
  json(column: number, value: string): void {
    this.#add('json', column, value);
  }
  bytes(column: number, bytes: Buffer, start: number, end: number): void {
    this.#add('bytes', column, bytes.toString('hex', start, end));
  }
}
