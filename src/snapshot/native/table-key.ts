import { FieldCursor } from '../../core/field-cursor.ts';
import { INTEGER_TYPES, type Column, type Table } from '../../core/table.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { RawRows } from './row-stream.ts';

type KeyForm = 'number' | 'text' | 'binary' | 'temporal';

interface KeyColumn {
  readonly index: number;
  readonly name: string;
  readonly form: KeyForm;
  readonly charset: string | undefined;
  readonly isEnum: boolean;
}

const FORMS: Readonly<Partial<Record<Column['type'], KeyForm>>> = {
  tinyint: 'number',
  smallint: 'number',
  mediumint: 'number',
  int: 'number',
  bigint: 'number',
  decimal: 'number',
  year: 'number',
  // Read as its index, and ordered by it.
  enum: 'number',
  char: 'text',
  varchar: 'text',
  binary: 'binary',
  varbinary: 'binary',
  date: 'temporal',
  datetime: 'temporal',
  timestamp: 'temporal',
  time: 'temporal',
};

/** The primary key as an order in which a table can be read piece by piece. */
export class TableKey {
  readonly columns: readonly KeyColumn[];

  private constructor(columns: readonly KeyColumn[]) {
    this.columns = columns;
  }

  /** undefined: the table has no key, or one whose values can't be written as literals for certain. */
  static of(table: Table, written: readonly number[]): TableKey | undefined {
    const columns = table.primaryKey.map((index) => {
      const column = table.columns[index];
      const form = column && FORMS[column.type];
      if (column === undefined || form === undefined || !written.includes(index)) return undefined;
      return {
        index,
        name: quoteName(column.name),
        form,
        charset: column.charset,
        isEnum: column.type === 'enum',
      };
    });
    const known = columns.filter((column) => column !== undefined);
    return known.length === 0 || known.length < columns.length ? undefined : new TableKey(known);
  }

  /** One integer: its range can be divided beforehand. */
  static isInteger(table: Table): boolean {
    const [index, ...more] = table.primaryKey;
    const column = index === undefined ? undefined : table.columns[index];
    return more.length === 0 && column !== undefined && INTEGER_TYPES.has(column.type);
  }

  get orderBy(): string {
    return this.columns.map(({ name }) => name).join(', ');
  }

  /** A field's raw bytes as a literal of the source. */
  literal(column: number, bytes: Buffer): string {
    const { form, charset } = this.columns[column] as KeyColumn;
    switch (form) {
      case 'number':
        return bytes.toString('latin1');
      case 'temporal':
        return `'${bytes.toString('latin1')}'`;
      case 'binary':
        return `x'${bytes.toString('hex')}'`;
      case 'text':
        return `_${charset ?? 'binary'} x'${bytes.toString('hex')}'`;
    }
  }

  /** The key of the last of these rows, which have these columns. */
  lastOf(rows: RawRows, columns: readonly number[]): readonly string[] {
    const cursor = new FieldCursor(rows.bytes, rows.lastRowAt);
    const fields = columns.map(() => {
      cursor.next();
      return rows.bytes.subarray(cursor.start, cursor.end);
    });
    return this.columns.map(({ index }, at) =>
      this.literal(at, fields[columns.indexOf(index)] as Buffer),
    );
  }

  /**
   * Rows behind this key: `a >= x AND (a > x OR (a = x AND b > y))`. The first part is what servers make
   * a range of the index of; they don't of a comparison of row values.
   */
  after(literals: readonly string[]): string {
    const [first] = this.columns;
    if (first === undefined || literals[0] === undefined) return '1';
    const condition = this.#afterFrom(0, literals);
    return this.columns.length === 1
      ? condition
      : `${first.name} >= ${literals[0]} AND (${condition})`;
  }

  /** Rows up to this key, itself among them. */
  upTo(literals: readonly string[]): string {
    const first = `${this.columns[0]?.name ?? ''} <= ${literals[0] ?? 'NULL'}`;
    return this.columns.length === 1 ? first : `${first} AND NOT (${this.#afterFrom(0, literals)})`;
  }

  /** Rows from this key on, itself among them. */
  from(literals: readonly string[]): string {
    const itself = this.columns.map(({ name }, at) => `${name} = ${literals[at] ?? 'NULL'}`);
    return `(${this.after(literals)}) OR (${itself.join(' AND ')})`;
  }

  /** Another server's fields of the same columns mean the same here. */
  get isPortable(): boolean {
    return this.columns.every(({ form, isEnum }) => form !== 'text' && !isEnum);
  }

  #afterFrom(at: number, literals: readonly string[]): string {
    const { name } = this.columns[at] as KeyColumn;
    const literal = literals[at] ?? 'NULL';
    const behind = `${name} > ${literal}`;
    if (at === this.columns.length - 1) return behind;
    return `${behind} OR (${name} = ${literal} AND (${this.#afterFrom(at + 1, literals)}))`;
  }
}
