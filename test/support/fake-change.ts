import {
  BARE_CONTEXT,
  type RowsChange,
  type SchemaChange,
  type StatementContext,
} from '../../src/core/change.ts';
import type { TableRoute } from '../../src/core/route.ts';
import type { RowImage, RowImages } from '../../src/core/row.ts';
import type { Column, ColumnType, Index, Table } from '../../src/core/table.ts';
import type { Transaction } from '../../src/core/transaction.ts';

/** A column as a test names it: `['id', 'int']`, with whatever else matters. */
export type ColumnSpec = readonly [name: string, type: ColumnType, more?: Partial<Column>];

export function fakeColumn([name, type, more]: ColumnSpec): Column {
  return {
    name,
    type,
    columnType: type,
    isUnsigned: false,
    charset: undefined,
    collation: undefined,
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

export interface TableSpec {
  readonly database?: string;
  readonly name?: string;
  readonly columns: readonly ColumnSpec[];
  readonly primaryKey?: readonly number[];
  readonly uniqueKeys?: readonly Index[];
}

export function fakeTable(spec: TableSpec): Table {
  return {
    database: spec.database ?? 'shop',
    name: spec.name ?? 'orders',
    columns: spec.columns.map(fakeColumn),
    primaryKey: spec.primaryKey ?? [0],
    uniqueKeys: spec.uniqueKeys ?? [],
    charset: 'utf8mb4',
  };
}

/** All columns under their own names. */
export function identityRoute(table: Table): TableRoute {
  return {
    target: { database: table.database, table: table.name },
    columns: table.columns.map((column, index) => ({ index, name: column.name })),
    isIdentity: true,
  };
}

/** Images that hold their values ready. Only what consumers of values use is there. */
export class FakeRowImages implements RowImages {
  readonly length: number;
  readonly present: readonly boolean[];
  readonly isFull: boolean;
  readonly #rows: readonly RowImage[];

  constructor(rows: readonly RowImage[]) {
    this.#rows = rows;
    this.length = rows.length;
    this.present = (rows[0] ?? []).map((value) => value !== undefined);
    this.isFull = this.present.every(Boolean);
  }

  at(row: number): RowImage {
    const image = this.#rows[row];
    if (image === undefined) throw new RangeError(`no row ${row}`);
    return image;
  }

  visit(): never {
    throw new Error('not in a fake');
  }

  keyOf(): never {
    throw new Error('not in a fake');
  }

  hasNull(row: number, columns: readonly number[]): boolean {
    return columns.some((column) => this.at(row)[column] === null);
  }

  byteLength(): number {
    return 1;
  }
}

const ROWS_BASE = {
  kind: 'rows',
  coordinates: { file: 'binlog.000003', offset: 4711 },
  timestamp: 1_700_000_000,
  noForeignKeyChecks: false,
  cascadesLogged: false,
  noUniqueChecks: false,
  rowsQuery: undefined,
} as const;

interface RowsMore {
  readonly route?: TableRoute;
  readonly rowsQuery?: string;
}

function rowsBase(table: Table, more: RowsMore) {
  return { ...ROWS_BASE, table, route: identityRoute(table), ...more };
}

export function fakeInsert(
  table: Table,
  rows: readonly RowImage[],
  more: RowsMore = {},
): RowsChange {
  return { ...rowsBase(table, more), action: 'insert', after: new FakeRowImages(rows) };
}

export function fakeDelete(
  table: Table,
  rows: readonly RowImage[],
  more: RowsMore = {},
): RowsChange {
  return { ...rowsBase(table, more), action: 'delete', before: new FakeRowImages(rows) };
}

/** Pairs of before and after. */
export function fakeUpdate(
  table: Table,
  pairs: readonly (readonly [RowImage, RowImage])[],
  more: RowsMore = {},
): RowsChange {
  return {
    ...rowsBase(table, more),
    action: 'update',
    before: new FakeRowImages(pairs.map(([before]) => before)),
    after: new FakeRowImages(pairs.map(([, after]) => after)),
  };
}

const CONTEXT: StatementContext = { ...BARE_CONTEXT, timestamp: 1_700_000_000 };

export function fakeDdl(statement: string, more: Partial<SchemaChange>): SchemaChange {
  return {
    kind: 'ddl',
    database: 'shop',
    statement,
    subject: 'table',
    effects: [],
    references: [],
    isFullyParsed: true,
    context: CONTEXT,
    coordinates: { file: 'binlog.000003', offset: 815 },
    timestamp: 1_700_000_000,
    before: [],
    after: [],
    ...more,
  };
}

export function fakeTransaction(more: Partial<Transaction>): Transaction {
  return {
    seq: 42,
    origin: 'binlog',
    gtid: { flavor: 'mysql', source: '00000000-0000-0000-0000-000000000001', number: 7 },
    coordinates: { file: 'binlog.000003', offset: 4600 },
    committedAtMs: 1_700_000_000_000,
    serverId: 57,
    threadId: 12,
    xid: 99n,
    part: { index: 0, last: true },
    changes: [],
    bytes: 1,
    isTransactional: true,
    resumeAt: undefined,
    schemaDelta: undefined,
    ...more,
  };
}
