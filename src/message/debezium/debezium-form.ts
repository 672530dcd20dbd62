import type { Column } from '../../core/table.ts';

/** How Debezium was told to write what can be written in several ways; names and defaults are Debezium's. */
export interface DebeziumForms {
  readonly decimals?: 'precise' | 'string' | 'double' | undefined;
  readonly binary?: 'bytes' | 'base64' | 'base64-url-safe' | 'hex' | undefined;
  readonly time?: TimeMode | undefined;
}

export type TimeMode =
  | 'adaptive_time_microseconds'
  | 'adaptive'
  | 'connect'
  | 'isostring'
  | 'microseconds'
  | 'nanoseconds';

/** What a value's JSON stands for. */
export type ValueForm =
  | { readonly kind: 'by-column' }
  /** Base64 of the unscaled value, big endian. */
  | { readonly kind: 'unscaled'; readonly scale: number }
  | { readonly kind: 'variable-scale' }
  | { readonly kind: 'days' }
  | { readonly kind: 'since'; readonly digits: 3 | 6 | 9 }
  | { readonly kind: 'iso' }
  | { readonly kind: 'binary'; readonly encoding: 'base64' | 'base64url' | 'hex' };

/** One field of a schema, as far as it says what its values stand for. */
export interface FieldSchema {
  readonly type: string;
  readonly field?: string;
  readonly name?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly fields?: readonly FieldSchema[];
}

const BY_COLUMN: ValueForm = { kind: 'by-column' };
const MILLIS: ValueForm = { kind: 'since', digits: 3 };
const MICROS: ValueForm = { kind: 'since', digits: 6 };
const NANOS: ValueForm = { kind: 'since', digits: 9 };
const DAYS: ValueForm = { kind: 'days' };
const ISO: ValueForm = { kind: 'iso' };

const BY_SCHEMA_NAME: Readonly<Record<string, ValueForm>> = {
  'io.debezium.time.Date': DAYS,
  'org.apache.kafka.connect.data.Date': DAYS,
  'io.debezium.time.Time': MILLIS,
  'io.debezium.time.MicroTime': MICROS,
  'io.debezium.time.NanoTime': NANOS,
  'org.apache.kafka.connect.data.Time': MILLIS,
  'io.debezium.time.Timestamp': MILLIS,
  'io.debezium.time.MicroTimestamp': MICROS,
  'io.debezium.time.NanoTimestamp': NANOS,
  'org.apache.kafka.connect.data.Timestamp': MILLIS,
  'io.debezium.time.ZonedTimestamp': ISO,
  'io.debezium.time.ZonedTime': ISO,
  'io.debezium.time.IsoDate': ISO,
  'io.debezium.time.IsoTime': ISO,
  'io.debezium.time.IsoTimestamp': ISO,
  'io.debezium.data.VariableScaleDecimal': { kind: 'variable-scale' },
};

/** The form that a message's own schema says. */
export function formOfSchema(field: FieldSchema, column: Column, forms: DebeziumForms): ValueForm {
  const { name = '', parameters } = field;
  if (name === 'org.apache.kafka.connect.data.Decimal') {
    return { kind: 'unscaled', scale: Number(parameters?.['scale'] ?? 0) };
  }
  const known = BY_SCHEMA_NAME[name];
  if (known !== undefined) return known;
  if (BINARY.has(column.type) && name === '') {
    return field.type === 'bytes' ? { kind: 'binary', encoding: 'base64' } : binaryForm(forms);
  }
  return BY_COLUMN;
}

const BINARY: ReadonlySet<string> = new Set(
  'binary varbinary tinyblob blob mediumblob longblob'.split(' '),
);

/** The form without a schema: by the column and by how Debezium was told to write. */
export function formOfColumn(column: Column, forms: DebeziumForms): ValueForm {
  const scale = column.scale ?? 0;
  if (column.type === 'decimal') {
    const isPrecise = forms.decimals === undefined || forms.decimals === 'precise';
    return isPrecise ? { kind: 'unscaled', scale } : BY_COLUMN;
  }
  if (column.type === 'date') return forms.time === 'isostring' ? ISO : DAYS;
  if (column.type === 'time') return timeForm(forms.time, scale, true);
  if (column.type === 'datetime') return timeForm(forms.time, scale, false);
  if (column.type === 'timestamp') return ISO;
  return BINARY.has(column.type) ? binaryForm(forms) : BY_COLUMN;
}

function timeForm(mode: TimeMode | undefined, scale: number, isTime: boolean): ValueForm {
  switch (mode) {
    case 'connect':
      return MILLIS;
    case 'isostring':
      return ISO;
    case 'microseconds':
      return MICROS;
    case 'nanoseconds':
      return NANOS;
    case 'adaptive':
    case 'adaptive_time_microseconds':
    case undefined:
      return isTime || scale > 3 ? MICROS : MILLIS;
  }
}

function binaryForm({ binary }: DebeziumForms): ValueForm {
  const encoding = binary === 'hex' ? 'hex' : binary === 'base64-url-safe' ? 'base64url' : 'base64';
  return { kind: 'binary', encoding };
}
