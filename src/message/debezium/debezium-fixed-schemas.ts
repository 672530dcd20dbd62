/*
 * Schemas that are the same for every table: of the source block, of transaction metadata and of schema changes
 * (debezium-connector-common: SourceInfo, TransactionStructMaker, SchemaFactory). As the connector 3.6 writes them.
 */

interface StructOptions {
  readonly name: string;
  readonly isOptional?: boolean;
  readonly field?: string;
}

const inField = (field: string | undefined): string =>
  field === undefined ? '' : `,"field":"${field}"`;

function plain(type: string, field: string, isOptional = false): string {
  return `{"type":"${type}","optional":${isOptional},"field":"${field}"}`;
}

function struct(fields: readonly string[], options: StructOptions): string {
  const { name, isOptional = false, field } = options;
  return `{"type":"struct","fields":[${fields.join(',')}],"optional":${isOptional},"name":"${name}","version":1${inField(field)}}`;
}

function array(items: string, field: string, isOptional = false): string {
  return `{"type":"array","items":${items},"optional":${isOptional},"field":"${field}"}`;
}

const STRINGS = '{"type":"string","optional":false}';

const SOURCE_FIELDS = [
  plain('string', 'version'),
  plain('string', 'connector'),
  plain('string', 'name'),
  plain('int64', 'ts_ms'),
  '{"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,"parameters":{"allowed":' +
    '"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},' +
    '"default":"false","field":"snapshot"}',
  plain('string', 'db'),
  plain('string', 'sequence', true),
  plain('int64', 'ts_us', true),
  plain('int64', 'ts_ns', true),
  plain('string', 'table', true),
  plain('int64', 'server_id'),
  plain('string', 'gtid', true),
  plain('string', 'file'),
  plain('int64', 'pos'),
  plain('int32', 'row'),
  plain('int64', 'thread', true),
  plain('string', 'query', true),
];

/** The `source` block. */
export function sourceField(connector: string): string {
  const name = `io.debezium.connector.${connector}.Source`;
  return struct(SOURCE_FIELDS, { name, field: 'source' });
}

/** The `transaction` block of a row's message. */
export const TRANSACTION_FIELD = struct(
  [plain('string', 'id'), plain('int64', 'total_order'), plain('int64', 'data_collection_order')],
  { name: 'event.block', isOptional: true, field: 'transaction' },
);

const METADATA = 'io.debezium.connector.common.TransactionMetadata';

/** Of BEGIN and END. */
export const TRANSACTION_SCHEMAS = {
  key: struct([plain('string', 'id')], { name: `${METADATA}Key` }),
  value: struct(
    [
      plain('string', 'status'),
      plain('string', 'id'),
      plain('int64', 'ts_ms'),
      plain('int64', 'event_count', true),
      array(
        struct([plain('string', 'data_collection'), plain('int64', 'event_count')], {
          name: 'event.collection',
          isOptional: true,
        }),
        'data_collections',
        true,
      ),
    ],
    { name: `${METADATA}Value` },
  ),
} as const;

const HEARTBEAT = 'io.debezium.connector.common';

/** Of signs of life. */
export const HEARTBEAT_SCHEMAS = {
  key: struct([plain('string', 'serverName')], { name: `${HEARTBEAT}.ServerNameKey` }),
  value: struct([plain('int64', 'ts_ms')], { name: `${HEARTBEAT}.Heartbeat` }),
} as const;

const COLUMN = struct(
  [
    plain('string', 'name'),
    plain('int32', 'jdbcType'),
    plain('int32', 'nativeType', true),
    plain('string', 'typeName'),
    plain('string', 'typeExpression', true),
    plain('string', 'charsetName', true),
    plain('int32', 'length', true),
    plain('int32', 'scale', true),
    plain('int32', 'position'),
    plain('boolean', 'optional', true),
    plain('boolean', 'autoIncremented', true),
    plain('boolean', 'generated', true),
    plain('string', 'comment', true),
    plain('string', 'defaultValueExpression', true),
    array(STRINGS, 'enumValues', true),
  ],
  { name: 'io.debezium.connector.schema.Column' },
);

const TABLE = struct(
  [
    plain('string', 'defaultCharsetName', true),
    array(STRINGS, 'primaryKeyColumnNames', true),
    array(COLUMN, 'columns'),
    plain('string', 'comment', true),
  ],
  { name: 'io.debezium.connector.schema.Table', isOptional: true, field: 'table' },
);

const CHANGE = struct([plain('string', 'type'), plain('string', 'id'), TABLE], {
  name: 'io.debezium.connector.schema.Change',
});

/** Of the schema change topic. */
export function schemaChangeSchemas(connector: string): {
  readonly key: string;
  readonly value: string;
} {
  const name = `io.debezium.connector.${connector}.SchemaChange`;
  return {
    key: struct([plain('string', 'databaseName')], { name: `${name}Key` }),
    value: struct(
      [
        sourceField(connector),
        plain('int64', 'ts_ms'),
        plain('string', 'databaseName', true),
        plain('string', 'schemaName', true),
        plain('string', 'ddl', true),
        array(CHANGE, 'tableChanges'),
      ],
      { name: `${name}Value` },
    ),
  };
}
