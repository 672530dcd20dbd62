import type { Column, ColumnType } from '../../core/table.ts';
import { bitWidth } from '../column-values.ts';
import { jsonString } from '../json-text.ts';
import type { PlannedColumn } from '../row-plan.ts';
import { sourceField, TRANSACTION_FIELD } from './debezium-fixed-schemas.ts';
import type { DebeziumValueOptions } from './debezium-value.ts';

/*
 * Schemas as Kafka Connect's JsonConverter writes them (schemas.enable=true):
 *
 *   {"type":"int32","optional":false,"field":"id"}
 *   {"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,
 *    "parameters":{"scale":"2","connect.decimal.precision":"10"},"field":"price"}
 *   {"type":"struct","fields":[…],"optional":false,"name":"shop.db.t.Key"}
 */

/** Type, and for logical types name and parameters. */
interface FieldType {
  readonly type: string;
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly fields?: readonly string[];
  readonly items?: string;
  readonly doc?: string;
}

type TypeOf = (column: Column, options: DebeziumValueOptions) => FieldType;

const plain =
  (type: string): TypeOf =>
  () => ({ type });
const named =
  (type: string, name: string): TypeOf =>
  () => ({ type, name });
const bySign =
  (signed: string, unsigned: string): TypeOf =>
  (column) => ({ type: column.isUnsigned ? unsigned : signed });
const binary: TypeOf = (_, options) => ({ type: options.binary === 'bytes' ? 'bytes' : 'string' });
const labels =
  (name: string): TypeOf =>
  (column) => ({ type: 'string', name, parameters: { allowed: (column.labels ?? []).join(',') } });

const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

const TYPES: Partial<Record<ColumnType, TypeOf>> = {
  tinyint: plain('int16'),
  smallint: bySign('int16', 'int32'),
  mediumint: plain('int32'),
  int: bySign('int32', 'int64'),
  bigint: (column, options) =>
    column.isUnsigned && options.bigintUnsigned === 'precise'
      ? { type: 'bytes', name: DECIMAL, parameters: { scale: '0' } }
      : { type: 'int64' },
  year: named('int32', 'io.debezium.time.Year'),
  float: plain('float'),
  double: plain('double'),
  decimal: decimalType,
  bit: (column) =>
    bitWidth(column) === 1
      ? { type: 'boolean' }
      : {
          type: 'bytes',
          name: 'io.debezium.data.Bits',
          parameters: { length: String(bitWidth(column)) },
        },
  date: (_, { times }) => TIME_TYPES[times].date,
  time: (_, { times }) => TIME_TYPES[times].time,
  datetime: ({ scale }, { times }) =>
    times === 'adaptive_time_microseconds' && (scale ?? 0) > 3
      ? { type: 'int64', name: 'io.debezium.time.MicroTimestamp' }
      : TIME_TYPES[times].datetime,
  timestamp: named('string', 'io.debezium.time.ZonedTimestamp'),
  binary,
  varbinary: binary,
  tinyblob: binary,
  blob: binary,
  mediumblob: binary,
  longblob: binary,
  enum: labels('io.debezium.data.Enum'),
  set: labels('io.debezium.data.EnumSet'),
  json: named('string', 'io.debezium.data.Json'),
  geometry: geometryType,
  vector: () => ({
    type: 'array',
    name: 'io.debezium.data.FloatVector',
    items: '{"type":"float","optional":false}',
  }),
};

interface TimeTypes {
  readonly date: FieldType;
  readonly time: FieldType;
  readonly datetime: FieldType;
}

const DATE: FieldType = { type: 'int32', name: 'io.debezium.time.Date' };

const TIME_TYPES: Readonly<Record<DebeziumValueOptions['times'], TimeTypes>> = {
  adaptive_time_microseconds: {
    date: DATE,
    time: { type: 'int64', name: 'io.debezium.time.MicroTime' },
    datetime: { type: 'int64', name: 'io.debezium.time.Timestamp' },
  },
  connect: {
    date: { type: 'int32', name: 'org.apache.kafka.connect.data.Date' },
    time: { type: 'int32', name: 'org.apache.kafka.connect.data.Time' },
    datetime: { type: 'int64', name: 'org.apache.kafka.connect.data.Timestamp' },
  },
  isostring: {
    date: { type: 'string', name: 'io.debezium.time.IsoDate' },
    time: { type: 'string', name: 'io.debezium.time.IsoTime' },
    datetime: { type: 'string', name: 'io.debezium.time.IsoTimestamp' },
  },
  microseconds: {
    date: DATE,
    time: { type: 'int64', name: 'io.debezium.time.MicroTime' },
    datetime: { type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
  },
  nanoseconds: {
    date: DATE,
    time: { type: 'int64', name: 'io.debezium.time.NanoTime' },
    datetime: { type: 'int64', name: 'io.debezium.time.NanoTimestamp' },
  },
};

function decimalType(column: Column, options: DebeziumValueOptions): FieldType {
  if (options.decimals === 'string') return { type: 'string' };
  if (options.decimals === 'double') return { type: 'double' };
  const precision =
    column.precision === undefined ? {} : { 'connect.decimal.precision': String(column.precision) };
  const parameters = { scale: String(column.scale ?? 0), ...precision };
  return { type: 'bytes', name: DECIMAL, parameters };
}

function geometryType(column: Column): FieldType {
  const wkb = '{"type":"bytes","optional":false,"field":"wkb"}';
  const srid = '{"type":"int32","optional":true,"field":"srid"}';
  if (!column.columnType.startsWith('point')) {
    return {
      type: 'struct',
      name: 'io.debezium.data.geometry.Geometry',
      fields: [wkb, srid],
      doc: 'Geometry',
    };
  }
  const xy = ['x', 'y'].map((name) => `{"type":"double","optional":false,"field":"${name}"}`);
  return {
    type: 'struct',
    name: 'io.debezium.data.geometry.Point',
    fields: [...xy, wkb, srid],
    doc: 'Geometry (POINT)',
  };
}

function fieldText(type: FieldType, isOptional: boolean, field: string): string {
  let json = `{"type":"${type.type}"`;
  if (type.fields !== undefined) json += `,"fields":[${type.fields.join(',')}]`;
  if (type.items !== undefined) json += `,"items":${type.items}`;
  json += `,"optional":${isOptional}`;
  if (type.name !== undefined) json += `,"name":"${type.name}","version":1`;
  if (type.doc !== undefined) json += `,"doc":"${type.doc}"`;
  if (type.parameters !== undefined) json += `,"parameters":${JSON.stringify(type.parameters)}`;
  return `${json},"field":${jsonString(field)}}`;
}

function columnFields(
  columns: readonly PlannedColumn<unknown>[],
  options: DebeziumValueOptions,
): string {
  return columns
    .map(({ name, column }) => {
      const type = TYPES[column.type]?.(column, options) ?? { type: 'string' };
      return fieldText(type, column.isNullable, name);
    })
    .join(',');
}

export function keySchema(
  topic: string,
  columns: readonly PlannedColumn<unknown>[],
  options: DebeziumValueOptions,
): string {
  const fields = columnFields(columns, options);
  return `{"type":"struct","fields":[${fields}],"optional":false,"name":${jsonString(`${topic}.Key`)}}`;
}

export function valueSchema(
  topic: string,
  columns: readonly PlannedColumn<unknown>[],
  options: DebeziumValueOptions & { readonly connector: string },
): string {
  const fields = columnFields(columns, options);
  const row = (field: string): string =>
    `{"type":"struct","fields":[${fields}],"optional":true,"name":${jsonString(`${topic}.Value`)},"field":"${field}"}`;
  const times = ['ts_ms', 'ts_us', 'ts_ns'].map((field) =>
    fieldText({ type: 'int64' }, true, field),
  );
  return (
    `{"type":"struct","fields":[${row('before')},${row('after')},` +
    `${sourceField(options.connector)},${TRANSACTION_FIELD},{"type":"string","optional":false,"field":"op"},${times.join(',')}],` +
    `"optional":false,"name":${jsonString(`${topic}.Envelope`)},"version":2}`
  );
}

export function withSchema(schema: string, payload: string): string {
  return `{"schema":${schema},"payload":${payload}}`;
}
