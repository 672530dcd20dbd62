import type { RowsEvent } from '../../src/binlog/event.ts';
import { RowsDecoder } from '../../src/binlog/rows/rows-decoder.ts';
import { WIRE_TYPE } from '../../src/binlog/wire-types.ts';
import type { RowsChange } from '../../src/core/change.ts';
import type { TableMap } from '../../src/core/table-map.ts';
import type { Column, Table } from '../../src/core/table.ts';
import type { FakeRow } from './fake-images.ts';

/** The same change with images as a source writes them. Of INT and VARCHAR columns of at most 63 characters. */
export function asWireChange(change: RowsChange): RowsChange {
  const { table, action } = change;
  const tableMap = mapOf(table);
  const parts: Buffer[] = [];
  for (let row = 0; row < (change.after ?? change.before).length; row++) {
    for (const images of [change.before, change.after]) {
      if (images !== undefined) parts.push(encodeRow(table, images.at(row) as FakeRow));
    }
  }
  const [slice] = new RowsDecoder(tableMap, table, 'mysql').decode(
    rowsEvent(action, table.columns.length, Buffer.concat(parts)),
    1 << 30,
  );
  return {
    ...change,
    before: slice?.before,
    after: slice?.after,
  } as RowsChange;
}

const maps = new WeakMap<Table, TableMap>();

/** One for each table, as the source's stream has it. */
function mapOf(table: Table): TableMap {
  const known = maps.get(table);
  if (known !== undefined) return known;
  const types = table.columns.map(({ type }) =>
    type === 'int' ? WIRE_TYPE.LONG : WIRE_TYPE.VARCHAR,
  );
  const metas = table.columns.map((column) => (column.type === 'int' ? 0 : byteLength(column)));
  const counted = (name: string) =>
    Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.of(0)]);
  const metadata = Buffer.concat(
    metas.flatMap((meta) => (meta === 0 ? [] : [Buffer.of(meta & 0xff, meta >> 8)])),
  );
  const body = Buffer.concat([
    // Names that the target does not have: its own must be put there.
    counted('elsewhere'),
    counted('something'),
    Buffer.of(types.length, ...types, metadata.length),
    metadata,
    nullBits(table),
    // Optional metadata: signedness of the numeric columns.
    Buffer.of(1, 1, 0),
  ]);
  const tableMap: TableMap = {
    tableId: 7,
    database: table.database,
    table: table.name,
    columnCount: types.length,
    columnTypes: Uint8Array.from(types),
    columnMeta: Uint16Array.from(metas),
    nullable: table.columns.map(({ isNullable }) => isNullable),
    metadata: {
      isUnsigned: undefined,
      collationIds: undefined,
      columnNames: undefined,
      labels: undefined,
      geometryTypes: undefined,
      primaryKey: undefined,
      hasPrefixKeyPart: false,
      isVisible: undefined,
      vectorDimensions: undefined,
    },
    body,
  };
  maps.set(table, tableMap);
  return tableMap;
}

function nullBits(table: Table): Buffer {
  const bits = Buffer.alloc((table.columns.length + 7) >> 3);
  table.columns.forEach(({ isNullable }, column) => {
    if (isNullable) bits[column >> 3] = (bits[column >> 3] ?? 0) | (1 << (column & 7));
  });
  return bits;
}

function byteLength(column: Column): number {
  return 4 * Number(/\d+/.exec(column.columnType)?.[0] ?? 5);
}

function encodeRow(table: Table, row: FakeRow): Buffer {
  const nulls = Buffer.alloc((row.length + 7) >> 3, 0xff);
  const values: Buffer[] = [];
  row.forEach((value, column) => {
    if (value === null) return;
    nulls[column >> 3] = (nulls[column >> 3] ?? 0) & ~(1 << (column & 7));
    if (table.columns[column]?.type === 'int') {
      const bytes = Buffer.alloc(4);
      bytes.writeInt32LE(Number(value));
      values.push(bytes);
    } else {
      const text = Buffer.from(value as string);
      values.push(Buffer.of(text.length), text);
    }
  });
  return Buffer.concat([nulls, ...values]);
}

function rowsEvent(action: RowsEvent['action'], columnCount: number, rows: Buffer): RowsEvent {
  // The event is part of a chunk: what is around it must not be sent.
  const bytes = Buffer.concat([Buffer.alloc(11, 0xee), rows, Buffer.alloc(5, 0xee)]);
  const present = Buffer.alloc((columnCount + 7) >> 3, 0xff);
  return {
    kind: 'rows',
    header: {
      timestamp: 0,
      typeCode: 30,
      serverId: 1,
      eventSize: 0,
      endLogPos: 0,
      flags: 0,
    },
    action,
    isPartial: false,
    tableId: 7,
    flags: 0,
    columnCount,
    presentFirst: present,
    presentSecond: action === 'update' ? present : undefined,
    bytes,
    start: 11,
    end: 11 + rows.length,
  };
}
