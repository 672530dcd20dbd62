import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { RowMetadata } from '../../core/table-map.ts';
import type { EventReader } from '../event-reader.ts';
import { WIRE_TYPE } from '../wire-types.ts';

/*
 * Optional metadata at the end of a table map: fields of 1 type, length-encoded length, value, to the
 * end. Fields of a type that is not known are passed over. Lists are over the columns of one class, in
 * table order, so the classes have to be the server's exactly:
 *
 *   1 signedness               a bit for each numeric column, highest first
 *   2 default charset          collation, then pairs (which character column, its collation)
 *   3 column charset           collation of each character column
 *   4 column name              length and name of each column
 *   5, 6 set, enum labels      for each set (enum) column: number of labels, length and bytes of each
 *   7 geometry type            of each geometry column
 *   8 primary key              column indexes in key order
 *   9 primary key with prefix  pairs (column index, length of the prefix or 0)
 *  10, 11                      as 2 and 3, for enum and set columns
 *  12 visibility               a bit for each column, highest first
 *  13 vector dimensions        of each vector column
 *
 * All numbers are length-encoded. Numeric columns: integers, DECIMAL, FLOAT, DOUBLE and YEAR (not BIT).
 * Character columns: CHAR, VARCHAR, TEXT, BLOB and BINARY alike;
 * MySQL counts VECTOR too, MariaDB GEOMETRY and its compressed types. Sources: MySQL
 * `Table_map_event::Optional_metadata_fields`, `Table_map_log_event::init_metadata_fields`;
 * MariaDB the same class and `Field::binlog_type_info`; tried on both.
 */

const FIELD = {
  SIGNEDNESS: 1,
  DEFAULT_CHARSET: 2,
  COLUMN_CHARSET: 3,
  COLUMN_NAME: 4,
  SET_LABELS: 5,
  ENUM_LABELS: 6,
  GEOMETRY_TYPE: 7,
  PRIMARY_KEY: 8,
  PRIMARY_KEY_WITH_PREFIX: 9,
  LABEL_DEFAULT_CHARSET: 10,
  LABEL_COLUMN_CHARSET: 11,
  VISIBILITY: 12,
  VECTOR_DIMENSIONS: 13,
} as const;

export interface ColumnLayout {
  readonly columnTypes: Uint8Array;
  readonly columnMeta: Uint16Array;
  readonly flavor: GtidFlavor;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Column indexes of each class that a list in the metadata runs over. */
interface ColumnClasses {
  readonly count: number;
  readonly numeric: readonly number[];
  readonly character: readonly number[];
  readonly labelled: readonly number[];
  readonly enums: readonly number[];
  readonly sets: readonly number[];
  readonly geometry: readonly number[];
  readonly vector: readonly number[];
}

export function decodeRowMetadata(reader: EventReader, layout: ColumnLayout): RowMetadata {
  const metadata: Mutable<RowMetadata> = {
    isUnsigned: undefined,
    collationIds: undefined,
    columnNames: undefined,
    labels: undefined,
    geometryTypes: undefined,
    primaryKey: undefined,
    hasPrefixKeyPart: false,
    isVisible: undefined,
    vectorDimensions: undefined,
  };
  if (reader.remaining === 0) return metadata;
  const classes = classify(layout);
  while (reader.remaining > 0) {
    const type = reader.u8();
    readField(type, reader.sub(reader.lengthEncoded()), { classes, metadata });
  }
  return metadata;
}

interface Target {
  readonly classes: ColumnClasses;
  readonly metadata: Mutable<RowMetadata>;
}

function readField(type: number, field: EventReader, target: Target): void {
  const { classes, metadata } = target;
  switch (type) {
    case FIELD.SIGNEDNESS:
      metadata.isUnsigned = readFlags(field, classes.numeric, classes.count);
      return;
    case FIELD.COLUMN_NAME:
      metadata.columnNames = Array.from({ length: classes.count }, () =>
        field.utf8(field.lengthEncoded()),
      );
      return;
    case FIELD.GEOMETRY_TYPE:
      metadata.geometryTypes = readNumbers(field, classes.geometry);
      return;
    case FIELD.VISIBILITY:
      metadata.isVisible = readFlags(
        field,
        Array.from({ length: classes.count }, (_, i) => i),
        classes.count,
      );
      return;
    case FIELD.VECTOR_DIMENSIONS:
      metadata.vectorDimensions = readNumbers(field, classes.vector);
      return;
    default:
      readTextField(type, field, target);
  }
}

function readTextField(type: number, field: EventReader, target: Target): void {
  const { classes, metadata } = target;
  switch (type) {
    case FIELD.DEFAULT_CHARSET:
      metadata.collationIds = merge(
        metadata.collationIds,
        readDefaultCharset(field, classes.character),
      );
      return;
    case FIELD.COLUMN_CHARSET:
      metadata.collationIds = merge(metadata.collationIds, readNumbers(field, classes.character));
      return;
    case FIELD.LABEL_DEFAULT_CHARSET:
      metadata.collationIds = merge(
        metadata.collationIds,
        readDefaultCharset(field, classes.labelled),
      );
      return;
    case FIELD.LABEL_COLUMN_CHARSET:
      metadata.collationIds = merge(metadata.collationIds, readNumbers(field, classes.labelled));
      return;
    case FIELD.SET_LABELS:
      metadata.labels = merge(metadata.labels, readLabels(field, classes.sets));
      return;
    case FIELD.ENUM_LABELS:
      metadata.labels = merge(metadata.labels, readLabels(field, classes.enums));
      return;
    default:
      readKeyField(type, field, target);
  }
}

function readKeyField(type: number, field: EventReader, target: Target): void {
  const { classes, metadata } = target;
  if (type !== FIELD.PRIMARY_KEY && type !== FIELD.PRIMARY_KEY_WITH_PREFIX) return;
  const columns: number[] = [];
  while (field.remaining > 0) {
    const column = field.lengthEncoded();
    if (column >= classes.count) throw field.invalid(`its key names column ${column}`);
    columns.push(column);
    if (type === FIELD.PRIMARY_KEY_WITH_PREFIX && field.lengthEncoded() !== 0) {
      metadata.hasPrefixKeyPart = true;
    }
  }
  metadata.primaryKey = columns;
}

function readFlags(field: EventReader, columns: readonly number[], count: number): boolean[] {
  const bits = field.view((columns.length + 7) >> 3);
  const flags = new Array<boolean>(count).fill(false);
  columns.forEach((column, i) => {
    flags[column] = (((bits[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) === 1;
  });
  return flags;
}

function readNumbers(field: EventReader, columns: readonly number[]): Map<number, number> {
  return new Map(columns.map((column) => [column, field.lengthEncoded()]));
}

function readDefaultCharset(field: EventReader, columns: readonly number[]): Map<number, number> {
  const defaultCollation = field.lengthEncoded();
  const collations = new Map(columns.map((column) => [column, defaultCollation]));
  while (field.remaining > 0) {
    const column = columns[field.lengthEncoded()];
    if (column === undefined) throw field.invalid('a collation is of no character column');
    collations.set(column, field.lengthEncoded());
  }
  return collations;
}

function readLabels(field: EventReader, columns: readonly number[]): Map<number, Buffer[]> {
  return new Map(
    columns.map((column) => {
      const count = field.lengthEncoded();
      if (count > field.remaining) throw field.invalid('it ends too early');
      return [column, Array.from({ length: count }, () => field.view(field.lengthEncoded()))];
    }),
  );
}

function merge<T>(
  first: ReadonlyMap<number, T> | undefined,
  second: ReadonlyMap<number, T>,
): ReadonlyMap<number, T> {
  return first === undefined ? second : new Map([...first, ...second]);
}

const NUMERIC: ReadonlySet<number> = new Set([
  WIRE_TYPE.TINY,
  WIRE_TYPE.SHORT,
  WIRE_TYPE.INT24,
  WIRE_TYPE.LONG,
  WIRE_TYPE.LONGLONG,
  WIRE_TYPE.NEWDECIMAL,
  WIRE_TYPE.FLOAT,
  WIRE_TYPE.DOUBLE,
  // Both families count it, as unsigned (tried: 5.7 has no metadata; 9.7, 10.11, 11.8).
  WIRE_TYPE.YEAR,
]);

const CHARACTER: ReadonlySet<number> = new Set([
  WIRE_TYPE.STRING,
  WIRE_TYPE.VAR_STRING,
  WIRE_TYPE.VARCHAR,
  WIRE_TYPE.TINY_BLOB,
  WIRE_TYPE.MEDIUM_BLOB,
  WIRE_TYPE.LONG_BLOB,
  WIRE_TYPE.BLOB,
]);

const MARIADB_CHARACTER: ReadonlySet<number> = new Set([
  ...CHARACTER,
  WIRE_TYPE.GEOMETRY,
  WIRE_TYPE.BLOB_COMPRESSED,
  WIRE_TYPE.VARCHAR_COMPRESSED,
]);

const MYSQL_CHARACTER: ReadonlySet<number> = new Set([...CHARACTER, WIRE_TYPE.VECTOR]);

function classify(layout: ColumnLayout): ColumnClasses {
  const realTypes = Array.from(layout.columnTypes, (type, i) =>
    realTypeOf(type, layout.columnMeta[i] ?? 0),
  );
  const where = (test: (type: number) => boolean): number[] =>
    realTypes.flatMap((type, i) => (test(type) ? [i] : []));
  const character = layout.flavor === 'mariadb' ? MARIADB_CHARACTER : MYSQL_CHARACTER;
  const enums = where((type) => type === WIRE_TYPE.ENUM);
  const sets = where((type) => type === WIRE_TYPE.SET);
  return {
    count: realTypes.length,
    numeric: where((type) => NUMERIC.has(type)),
    character: where((type) => character.has(type)),
    labelled: where((type) => type === WIRE_TYPE.ENUM || type === WIRE_TYPE.SET),
    enums,
    sets,
    geometry: where((type) => type === WIRE_TYPE.GEOMETRY),
    vector: where((type) => type === WIRE_TYPE.VECTOR),
  };
}

/** ENUM and SET travel as STRING with their own type in the low byte of the metadata. */
function realTypeOf(type: number, meta: number): number {
  if (type !== WIRE_TYPE.STRING) return type;
  const low = meta & 0xff;
  return low === WIRE_TYPE.ENUM || low === WIRE_TYPE.SET ? low : type;
}
