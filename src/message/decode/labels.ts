import type { RowVisitor } from '../../core/row.ts';
import type { Column } from '../../core/table.ts';
import { fault } from './json-scan.ts';
import { visitInteger } from './read-values.ts';

/** Labels of an ENUM or SET and their numbers. Servers compare labels without case; the exact one goes first. */
export class LabelNumbers {
  readonly #column: Column;
  readonly #exact = new Map<string, number>();
  readonly #folded = new Map<string, number>();

  constructor(column: Column) {
    this.#column = column;
    for (const [index, label] of (column.labels ?? []).entries()) {
      this.#exact.set(label, index);
      if (!this.#folded.has(label.toLowerCase())) this.#folded.set(label.toLowerCase(), index);
    }
  }

  /** ENUM: from 1 on; '' without such a label is 0, what the server keeps for a value that was none. */
  visitEnum(visitor: RowVisitor, column: number, label: string): void {
    const index = this.#find(label);
    if (index === undefined && label !== '') throw this.#unknown(label);
    visitor.integer(column, index === undefined ? 0 : index + 1);
  }

  visitSet(visitor: RowVisitor, column: number, labels: readonly string[]): void {
    let mask = 0n;
    for (const label of labels) {
      const index = this.#find(label);
      if (index === undefined) throw this.#unknown(label);
      mask |= 1n << BigInt(index);
    }
    visitInteger(visitor, column, mask);
  }

  #find(label: string): number | undefined {
    return this.#exact.get(label) ?? this.#folded.get(label.toLowerCase());
  }

  #unknown(label: string): Error {
    const { name, columnType } = this.#column;
    return fault(`"${label.slice(0, 40)}" is no label of the column ${name} (${columnType})`, 0);
  }
}
