import type { RowsChange } from '../../src/core/change.ts';
import type { TableRoute } from '../../src/core/route.ts';
import type { RowImage, RowImages, RowKey, RowVisitor } from '../../src/core/row.ts';
import type { Column, ColumnType, Table } from '../../src/core/table.ts';

/** A value as a test writes it; text columns take a string (UTF-8) or the bytes in their character set. */
export type FakeValue = number | bigint | string | Buffer | null | undefined;
export type FakeRow = readonly FakeValue[];

const ASCII_TYPES: ReadonlySet<ColumnType> = new Set([
  'decimal',
  'date',
  'time',
  'datetime',
  'timestamp',
  'uuid',
  'inet4',
  'inet6',
]);

export function fakeColumn(name: string, type: ColumnType, more: Partial<Column> = {}): Column {
  const isText = /char|text|enum|set/.test(type);
  return {
    name,
    type,
    columnType: type,
    isUnsigned: false,
    charset: isText ? 'utf8mb4' : undefined,
    collation: isText ? 'utf8mb4_general_ci' : undefined,
    labels: undefined,
    isNullable: true,
    generated: undefined,
    isInvisible: false,
    isCompressed: false,
    isHidden: false,
    length: undefined,
    scale: undefined,
    precision: undefined,
    ...more,
  };
}

export function fakeTable(
  database: string,
  name: string,
  columns: readonly Column[],
  primaryKey: readonly number[] = [],
): Table {
  return { database, name, columns, primaryKey, uniqueKeys: [], charset: 'utf8mb4' };
}

export function identityRoute(table: Table): TableRoute {
  return {
    target: { database: table.database, table: table.name },
    columns: table.columns.map(({ name }, index) => ({ index, name })),
    isIdentity: true,
  };
}

/** RowImages over JavaScript values. */
export class FakeImages implements RowImages {
  readonly length: number;
  readonly present: readonly boolean[];
  readonly isFull: boolean;
  readonly #table: Table;
  readonly #rows: readonly FakeRow[];

  constructor(table: Table, rows: readonly FakeRow[]) {
    this.#table = table;
    this.#rows = rows;
    this.length = rows.length;
    this.present = table.columns.map((_, column) => rows[0]?.[column] !== undefined);
    this.isFull = rows.length === 0 || this.present.every(Boolean);
  }

  at(row: number): RowImage {
    return this.#rows[row] as RowImage;
  }

  visit(row: number, visitor: RowVisitor): void {
    this.#table.columns.forEach((column, index) => {
      visitValue(visitor, index, column.type, this.#rows[row]?.[index]);
    });
  }

  keyOf(columns: readonly number[]): (row: number) => RowKey {
    if (!columns.every((column) => this.present[column])) throw new Error('column is absent');
    return (row) => {
      const values = columns.map((column) => this.#rows[row]?.[column]);
      const [first] = values;
      if (values.length === 1 && Number.isInteger(first)) return first as number;
      return values.map(keyPart).join('|');
    };
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    return columns.some((column) => this.#rows[row]?.[column] === null);
  }

  byteLength(row: number): number {
    return (this.#rows[row] ?? []).reduce<number>((sum, value) => sum + sizeOf(value), 0);
  }
}

function keyPart(value: FakeValue): string {
  if (Buffer.isBuffer(value)) return `b${value.toString('hex')}`;
  if (typeof value === 'string') return `b${Buffer.from(value).toString('hex')}`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function sizeOf(value: FakeValue): number {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.length + 2 : 8;
}

function visitValue(visitor: RowVisitor, column: number, type: ColumnType, value: FakeValue): void {
  if (value === undefined) visitor.absent(column);
  else if (value === null) visitor.null(column);
  else if (type === 'float') visitor.float(column, Number(value));
  else if (type === 'double') visitor.double(column, Number(value));
  else if (typeof value === 'number') visitor.integer(column, value);
  else if (typeof value === 'bigint') visitor.bigint(column, value);
  else if (ASCII_TYPES.has(type)) visitor.ascii(column, value.toString());
  else if (type === 'json' && typeof value === 'string') visitor.json(column, value);
  else {
    // Behind other bytes, as in an event.
    const bytes = Buffer.concat([
      Buffer.from("'\\"),
      Buffer.from(value as string),
      Buffer.from("'"),
    ]);
    visitor.bytes(column, bytes, 2, bytes.length - 1);
  }
}

export interface FakeChangeOptions {
  readonly table: Table;
  readonly route: TableRoute;
  readonly before?: readonly FakeRow[];
  readonly after?: readonly FakeRow[];
  readonly flags?: Partial<
    Pick<RowsChange, 'noForeignKeyChecks' | 'cascadesLogged' | 'noUniqueChecks'>
  >;
}

/** Insert, delete or update by which images are given. */
export function fakeChange(options: FakeChangeOptions): RowsChange {
  const { table, route, before, after } = options;
  const base = {
    kind: 'rows' as const,
    table,
    route,
    coordinates: { file: 'binlog.000001', offset: 4 },
    timestamp: 1_700_000_000,
    noForeignKeyChecks: false,
    cascadesLogged: false,
    noUniqueChecks: false,
    rowsQuery: undefined,
    ...options.flags,
  };
  const images = (rows: readonly FakeRow[]) => new FakeImages(table, rows);
  if (before === undefined) return { ...base, action: 'insert', after: images(after ?? []) };
  if (after === undefined) return { ...base, action: 'delete', before: images(before) };
  return { ...base, action: 'update', before: images(before), after: images(after) };
}
