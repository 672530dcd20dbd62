import type { Column, TableName } from '../../core/table.ts';
import type {
  DecodedMessage,
  DecodedRows,
  MessageDecoder,
  MessageRecord,
  MessageTables,
  UnknownTable,
} from '../decode/decoder.ts';
import {
  createSpans,
  type ColumnReader,
  type JsonLayout,
  type RowSpans,
} from '../decode/json-rows.ts';
import { fault } from '../decode/json-scan.ts';
import { memberFinder, type Span } from '../decode/members.ts';
import { memberNames, readRow, readSomeMembers } from '../decode/read-row.ts';
import { TargetLayouts } from '../decode/target-layouts.ts';
import {
  formOfColumn,
  formOfSchema,
  type DebeziumForms,
  type FieldSchema,
} from './debezium-form.ts';
import { debeziumReaderOf } from './debezium-reader.ts';

const findTop = memberFinder(['schema', 'payload', 'op', 'ddl', 'status', 'ts_ms']);
const findPayload = memberFinder([
  'before',
  'after',
  'source',
  'transaction',
  'op',
  'ts_ms',
  'ddl',
  'databaseName',
  'tableChanges',
  'status',
]);
const findSource = memberFinder(['db', 'table', 'ts_ms', 'gtid']);
const findTransaction = memberFinder(['id']);
type Payload = ReturnType<typeof findPayload>;

interface Envelope {
  readonly name: TableName;
  readonly action: DecodedRows['action'];
  readonly isSnapshot: boolean;
}

/** Layouts of one schema; undefined bytes: of messages without. */
interface SchemaLayouts {
  readonly schema: Buffer | undefined;
  readonly layouts: TargetLayouts;
}

const ACTIONS: Readonly<Record<string, DecodedRows['action']>> = {
  c: 'insert',
  r: 'insert',
  u: 'update',
  d: 'delete',
};

/**
 * Debezium's envelope, with schemas or without. With them what a value stands for is read from the schema (once for
 * each), else from the target's column and the modes that are set. A key change is a delete and an insert.
 */
export class DebeziumDecoder implements MessageDecoder {
  readonly #tables: MessageTables;
  readonly #forms: DebeziumForms;
  #schemas: SchemaLayouts[] = [];

  constructor(tables: MessageTables, forms: DebeziumForms = {}) {
    this.#tables = tables;
    this.#forms = forms;
  }

  forget(): void {
    this.#schemas = [];
  }

  decode({ value }: MessageRecord): DecodedMessage {
    if (value === null) return { kind: 'nothing', reason: 'tombstone' };
    const top = findTop(value, 0);
    const isWrapped = top.has('payload') && !top.has('op');
    const payload = findPayload(value, isWrapped ? top.start('payload') : 0);
    const op = payload.text('op');
    if (op === undefined) return withoutOperation(payload);
    const name = tableOf(payload);
    if (op === 't') {
      return { kind: 'truncate', table: name, committedAtMs: payload.number('ts_ms') };
    }
    const action = ACTIONS[op];
    // A logical decoding message and whatever else is no row.
    if (action === undefined) throw fault(`the operation "${op}" is not known`, 0);
    const schema = isWrapped && top.has('schema') ? top.span('schema') : undefined;
    return this.#rows(payload, { name, action, isSnapshot: op === 'r' }, schema);
  }

  #rows(payload: Payload, envelope: Envelope, schema: Span | undefined): DecodedMessage {
    const { bytes } = payload;
    // An update without its before image says what the row is, not what it was.
    const isBlind = envelope.action === 'update' && !payload.has('before');
    const action = isBlind ? 'insert' : envelope.action;
    const image = action === 'delete' ? 'before' : 'after';
    if (!payload.has(image)) throw fault(`an envelope without ${image}`, 0);
    const layouts = this.#layoutsOf(schema && bytes.subarray(...schema));
    const layout = layoutFor(layouts, envelope.name, {
      bytes,
      at: payload.start(image),
      isInsert: action === 'insert',
    });
    if ('kind' in layout) return layout;
    const read = (side: 'before' | 'after'): RowSpans[] => [
      readImage(bytes, payload.start(side), layout),
    ];
    const { committedAtMs, transaction } = placeOf(payload);
    return {
      kind: 'rows',
      layout,
      action,
      bytes,
      before: action === 'insert' ? [] : read('before'),
      after: action === 'delete' ? [] : read('after'),
      transaction,
      isLast: false,
      committedAtMs,
      isSnapshot: envelope.isSnapshot || isBlind,
    };
  }

  /** The one used last goes first: there is one schema for each table. */
  #layoutsOf(schema: Buffer | undefined): TargetLayouts {
    const index = this.#schemas.findIndex((one) =>
      schema === undefined || one.schema === undefined
        ? one.schema === schema
        : one.schema.equals(schema),
    );
    const known = this.#schemas[index];
    if (known !== undefined) {
      if (index > 0) this.#schemas = [known, ...this.#schemas.filter((one) => one !== known)];
      return known.layouts;
    }
    const fields = schema === undefined ? undefined : rowFields(schema);
    const layouts = new TargetLayouts(this.#tables, (column) => this.#readerOf(column, fields));
    this.#schemas.unshift({ schema: schema && Buffer.from(schema), layouts });
    return layouts;
  }

  #readerOf(column: Column, fields: ReadonlyMap<string, FieldSchema> | undefined): ColumnReader {
    const field = fields?.get(column.name);
    const form =
      field === undefined
        ? formOfColumn(column, this.#forms)
        : formOfSchema(field, column, this.#forms);
    return debeziumReaderOf(column, form);
  }
}

function layoutFor(
  layouts: TargetLayouts,
  name: TableName,
  row: { readonly bytes: Buffer; readonly at: number; readonly isInsert: boolean },
): JsonLayout | UnknownTable {
  const guess = layouts.guess(name);
  if (guess !== undefined && readRow(row.bytes, row.at, guess, createSpans(guess))) return guess;
  // Whatever the operation, an image has every column.
  return layouts.find(name, memberNames(row.bytes, row.at), row.isInsert);
}

function readImage(bytes: Buffer, at: number, layout: JsonLayout): RowSpans {
  const spans = createSpans(layout);
  if (readRow(bytes, at, layout, spans)) return spans;
  spans.fill(0);
  readSomeMembers(bytes, at, layout, spans);
  return spans;
}

function tableOf(payload: Payload): TableName {
  const source = payload.has('source')
    ? findSource(payload.bytes, payload.start('source'))
    : undefined;
  const database = source?.text('db');
  const table = source?.text('table');
  if (database === undefined || table === undefined) {
    throw fault('no envelope of Debezium for MySQL: source.db or source.table is missing', 0);
  }
  return { database, table };
}

function placeOf(payload: Payload): Pick<DecodedRows, 'committedAtMs' | 'transaction'> {
  const source = findSource(payload.bytes, payload.start('source'));
  const transaction = payload.has('transaction')
    ? findTransaction(payload.bytes, payload.start('transaction')).text('id')
    : undefined;
  return {
    committedAtMs: source.number('ts_ms'),
    transaction: transaction ?? source.text('gtid'),
  };
}

/** Schema changes, transaction boundaries, heartbeats. */
function withoutOperation(payload: Payload): DecodedMessage {
  if (payload.has('ddl')) {
    const database = payload.text('databaseName') ?? '';
    return {
      kind: 'ddl',
      database,
      statement: payload.text('ddl') ?? '',
      about: undefined,
      committedAtMs: payload.number('ts_ms'),
    };
  }
  if (payload.has('status')) return { kind: 'nothing', reason: 'transaction_boundary' };
  if (payload.has('ts_ms')) return { kind: 'nothing', reason: 'heartbeat' };
  throw fault('no envelope of Debezium: it has no operation', 0);
}

/** The columns' schemas, by name, from that of the envelope. */
function rowFields(schema: Buffer): ReadonlyMap<string, FieldSchema> {
  const { fields = [] } = JSON.parse(schema.toString('utf8')) as FieldSchema;
  const row = fields.find(({ field, fields: inner }) => field === 'after' && inner !== undefined);
  return new Map((row?.fields ?? []).map((field) => [field.field ?? '', field]));
}
