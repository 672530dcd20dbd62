import type { RowImage, RowImages, RowKey, RowVisitor } from '../core/row.ts';
import type { FetchedRow } from './canonical-value.ts';
import type { PairColumn } from './table-pair.ts';

/** Row images over rows that were read by SQL: always full. */
export class FetchedImages implements RowImages {
  readonly length: number;
  readonly present: readonly boolean[];
  readonly isFull = true;
  readonly #columns: readonly PairColumn[];
  readonly #rows: readonly FetchedRow[];

  constructor(columns: readonly PairColumn[], rows: readonly FetchedRow[]) {
    this.#columns = columns;
    this.#rows = rows;
    this.length = rows.length;
    this.present = columns.map(() => true);
  }

  at(row: number): RowImage {
    return this.#columns.map(({ form }, column) => {
      const bytes = this.#bytes(row, column);
      if (bytes === null) return null;
      if (form.kind === 'text' || form.kind === 'json') return bytes.toString('utf8');
      if (form.kind === 'bytes') return bytes;
      const text = bytes.latin1Slice();
      return form.kind === 'integer' || form.kind === 'double' || form.kind === 'float'
        ? Number(text)
        : text;
    });
  }

  visit(row: number, visitor: RowVisitor): void {
    for (const [column, { form }] of this.#columns.entries()) {
      visitBytes(visitor, { column, kind: form.kind, bytes: this.#bytes(row, column) });
    }
  }

  keyOf(columns: readonly number[]): (row: number) => RowKey {
    return (row) =>
      columns
        .map((column) => {
          const bytes = this.#bytes(row, column);
          return bytes === null ? '-' : `${bytes.length}:${bytes.latin1Slice()}`;
        })
        .join();
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    return columns.some((column) => this.#bytes(row, column) === null);
  }

  byteLength(row: number): number {
    return (this.#rows[row] ?? []).reduce((sum, bytes) => sum + (bytes?.length ?? 0) + 2, 0);
  }

  #bytes(row: number, column: number): Buffer | null {
    return this.#rows[row]?.[column] ?? null;
  }
}

interface FetchedValue {
  readonly column: number;
  readonly kind: PairColumn['form']['kind'];
  readonly bytes: Buffer | null;
}

function visitBytes(visitor: RowVisitor, { column, kind, bytes }: FetchedValue): void {
  if (bytes === null) {
    visitor.null(column);
    return;
  }
  switch (kind) {
    case 'integer': {
      const value = BigInt(bytes.latin1Slice());
      const small = Number(value);
      if (Number.isSafeInteger(small)) visitor.integer(column, small);
      else visitor.bigint(column, value);
      return;
    }
    case 'float':
      visitor.float(column, Math.fround(Number(bytes.latin1Slice())));
      return;
    case 'double':
      visitor.double(column, Number(bytes.latin1Slice()));
      return;
    case 'decimal':
    case 'temporal':
    case 'ascii':
      visitor.ascii(column, bytes.latin1Slice());
      return;
    case 'json':
      visitor.json(column, bytes.toString('utf8'));
      return;
    case 'text':
    case 'bytes':
      visitor.bytes(column, bytes, 0, bytes.length);
  }
}
