import { collationById, decodeText } from '../core/charset.ts';
import type { GtidFlavor } from '../core/gtid-set.ts';
import type { TableMap } from '../core/table-map.ts';
import { charsetOfCollation, maxBytesPerCharacter } from './collation-names.ts';
import { formatLabels } from './column-type-text.ts';
import { PRIMARY, type ColumnDefinition, type TableDefinition } from './table-definition.ts';
import { readStringMeta, WIRE } from './wire-type.ts';

/** Types that say everything by their number. */
const PLAIN_TYPES: Readonly<Record<number, string>> = {
  [WIRE.tiny]: 'tinyint',
  [WIRE.short]: 'smallint',
  [WIRE.int24]: 'mediumint',
  [WIRE.long]: 'int',
  [WIRE.longlong]: 'bigint',
  [WIRE.float]: 'float',
  [WIRE.double]: 'double',
  [WIRE.year]: 'year',
  [WIRE.date]: 'date',
  [WIRE.newDate]: 'date',
  [WIRE.oldTime]: 'time',
  [WIRE.oldDatetime]: 'datetime',
  [WIRE.oldTimestamp]: 'timestamp',
  [WIRE.json]: 'json',
};

const TEMPORAL_TYPES: Readonly<Record<number, string>> = {
  [WIRE.time]: 'time',
  [WIRE.datetime]: 'datetime',
  [WIRE.timestamp]: 'timestamp',
};

const SIZE_PREFIXES = ['', 'tiny', '', 'medium', 'long'];

/** By the number in the metadata, which is that of WKB. */
const GEOMETRY_TYPES = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
];

/**
 * A definition from a table map with full metadata. Generated columns and unique keys are not in it,
 * nor is MariaDB's difference between BINARY(16) and UUID or INET6: undefined then, since the bytes
 * alone would be read as something else.
 */
export function definitionFromMetadata(
  tableMap: TableMap,
  flavor: GtidFlavor,
): TableDefinition | undefined {
  const { metadata } = tableMap;
  const columns: ColumnDefinition[] = [];
  for (let index = 0; index < tableMap.columnCount; index++) {
    const name = metadata.columnNames?.[index];
    const column = name === undefined ? undefined : columnAt(name, { index, tableMap, flavor });
    if (column === undefined) return undefined;
    columns.push(column);
  }
  const parts = (metadata.primaryKey ?? []).map((index) => ({
    column: columns[index]?.name,
    // How long the prefixes are does not matter here, only that there are some.
    prefixLength: metadata.hasPrefixKeyPart ? 0 : undefined,
  }));
  const primary = { name: PRIMARY, isUnique: true, isLongUnique: false, parts };
  return {
    database: tableMap.database,
    name: tableMap.table,
    collation: undefined,
    engine: '',
    columns,
    keys: parts.length === 0 ? [] : [primary],
    versioning: undefined,
    isSequence: false,
  };
}

interface ColumnPlace {
  readonly index: number;
  readonly tableMap: TableMap;
  readonly flavor: GtidFlavor;
}

function columnAt(name: string, place: ColumnPlace): ColumnDefinition | undefined {
  const { index, tableMap } = place;
  const { metadata } = tableMap;
  const collation = collationAt(place);
  const columnType = collation === undefined ? undefined : typeAt(place, collation);
  if (columnType === undefined) return undefined;
  const isUnsigned = metadata.isUnsigned?.[index] === true && !columnType.startsWith('year');
  return {
    name,
    columnType: isUnsigned ? `${columnType} unsigned` : columnType,
    collation: collation === 'binary' ? undefined : collation,
    isNullable: tableMap.nullable[index] ?? true,
    generated: undefined,
    isInvisible: metadata.isVisible?.[index] === false,
  };
}

/** `binary` for what is no text; undefined: a collation that is not known. */
function collationAt({ index, tableMap, flavor }: ColumnPlace): string | undefined {
  const id = tableMap.metadata.collationIds?.get(index);
  return id === undefined ? 'binary' : collationById(id, flavor)?.name;
}

type TypeAt = (place: ColumnPlace, meta: number, charset: string) => string | undefined;

const textOrBlob: TypeAt = (place, meta, charset) => {
  const suffix = charset === 'binary' ? 'blob' : 'text';
  return `${SIZE_PREFIXES[meta & 0xff] ?? ''}${suffix}${compression(place)}`;
};

const varying: TypeAt = (place, meta, charset) => {
  const compressed = compression(place);
  const byteLength = compressed === '' ? meta : meta - 1;
  if (charset === 'binary') return `varbinary(${byteLength})${compressed}`;
  return `varchar(${byteLength / maxBytesPerCharacter(charset)})${compressed}`;
};

function compression({ tableMap, index }: ColumnPlace): string {
  const wire = tableMap.columnTypes[index];
  const isCompressed = wire === WIRE.blobCompressed || wire === WIRE.varcharCompressed;
  return isCompressed ? ' /*M!100301 COMPRESSED*/' : '';
}

/** Types whose metadata says more. */
const TYPES: Readonly<Record<number, TypeAt>> = {
  [WIRE.decimal]: (_place, meta) => `decimal(${meta & 0xff},${meta >> 8})`,
  [WIRE.bit]: (_place, meta) => `bit(${(meta & 0xff) + (meta >> 8) * 8})`,
  [WIRE.vector]: ({ tableMap, index }) =>
    `vector(${tableMap.metadata.vectorDimensions?.get(index) ?? 0})`,
  [WIRE.geometry]: ({ tableMap, index }) =>
    GEOMETRY_TYPES[tableMap.metadata.geometryTypes?.get(index) ?? 0],
  [WIRE.blob]: textOrBlob,
  [WIRE.blobCompressed]: textOrBlob,
  [WIRE.varchar]: varying,
  [WIRE.varString]: varying,
  [WIRE.varcharCompressed]: varying,
  [WIRE.string]: stringType,
  [WIRE.enum]: stringType,
  [WIRE.set]: stringType,
};

function typeAt(place: ColumnPlace, collation: string): string | undefined {
  const wire = place.tableMap.columnTypes[place.index] ?? -1;
  const meta = place.tableMap.columnMeta[place.index] ?? 0;
  const plain = PLAIN_TYPES[wire];
  if (plain !== undefined) return plain;
  const temporal = TEMPORAL_TYPES[wire];
  if (temporal !== undefined) return meta === 0 ? temporal : `${temporal}(${meta})`;
  return TYPES[wire]?.(place, meta, charsetOfCollation(collation));
}

function stringType(place: ColumnPlace, meta: number, charset: string): string | undefined {
  const { index, tableMap, flavor } = place;
  const { type, length } = readStringMeta(meta);
  if (type !== WIRE.string) {
    const raw = tableMap.metadata.labels?.get(index);
    if (raw === undefined) return undefined;
    const labels = raw.map((label) => decodeText(charset, label, 0, label.byteLength));
    return formatLabels(type === WIRE.enum ? 'enum' : 'set', labels);
  }
  if (charset !== 'binary') return `char(${length / maxBytesPerCharacter(charset)})`;
  // UUID and INET6 have 16 bytes, INET4 has 4.
  const isAmbiguous = flavor === 'mariadb' && (length === 16 || length === 4);
  return isAmbiguous ? undefined : `binary(${length})`;
}
