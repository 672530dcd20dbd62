import type { RowsChange, SchemaChange } from '../../core/change.ts';
import type { ColumnValue, RowImage } from '../../core/row.ts';
import type { Table, TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type {
  CommonEncoderOptions,
  EncodableChange,
  EncodeContext,
  Message,
  MessageEncoder,
} from '../encoder.ts';
import { jsonString } from '../json-text.ts';
import {
  currentRow,
  rowCount,
  rowPair,
  RowPlans,
  type PlannedColumn,
  type RowPlan,
} from '../row-plan.ts';
import { tableChanges } from './debezium-ddl.ts';
import { schemaChangeSchemas } from './debezium-fixed-schemas.ts';
import { heartbeatMessage } from './debezium-heartbeat.ts';
import { keySchema, valueSchema, withSchema } from './debezium-schema.ts';
import { TransactionMetadata } from './debezium-transactions.ts';
import { processedAt, sourceBlocks, type SourceIdentity } from './debezium-source.ts';
import {
  debeziumEncoderOf,
  type DebeziumValueOptions,
  type EncodeValue,
} from './debezium-value.ts';

export interface DebeziumOptions extends CommonEncoderOptions {
  /** topic.prefix; `source.name`. Default tailrace. */
  readonly prefix?: string | undefined;
  /** `source.version`. Default tailrace. */
  readonly version?: string | undefined;
  readonly connector?: 'mysql' | 'mariadb' | undefined;
  /** tombstones.on.delete. Default true; standard output has none. */
  readonly tombstones?: boolean | undefined;
  /** Messages of op t for TRUNCATE. Default false, as skipped.operations=t. */
  readonly truncates?: boolean | undefined;
  /** skipped.operations. Truncates have a switch of their own above. */
  readonly skippedOperations?: readonly string[] | undefined;
  /** schemas.enable. */
  readonly schemas?: boolean | undefined;
  /** Template of topic names, by which schemas are called. */
  readonly topic?: string | undefined;
  /** provide.transaction.metadata. */
  readonly transactions?: boolean | undefined;
  readonly times?: DebeziumValueOptions['times'] | undefined;
  readonly binary?: DebeziumValueOptions['binary'] | undefined;
  readonly decimals?: DebeziumValueOptions['decimals'] | undefined;
  readonly bigintUnsigned?: DebeziumValueOptions['bigintUnsigned'] | undefined;
}

type Plan = RowPlan<EncodeValue>;

interface TablePlace {
  readonly tx: Transaction;
  readonly plan: Plan;
  readonly table: Table;
}

interface RowPlace extends TablePlace {
  readonly change: RowsChange;
  readonly row: number;
  readonly source: (row: number) => string;
  readonly context: EncodeContext;
}

interface Envelope {
  readonly op: 'c' | 'u' | 'd' | 'r' | 't';
  readonly before: string;
  readonly after: string;
}

const NO_HEADERS = {};
const NEW_KEY = '__debezium.newkey';
const OLD_KEY = '__debezium.oldkey';

/**
 * Debezium's envelope (Envelope.java) without schemas: before, after, source, transaction, op, ts_ms,
 * ts_us, ts_ns. The key is an object of the primary key's columns, or of the first unique key that
 * names one row. A delete is followed by a tombstone. An update that changes the key becomes a delete
 * under the old key, a tombstone, and a create under the new one, each naming the other in a header.
 */
export class DebeziumEncoder implements MessageEncoder {
  readonly format = 'debezium';
  readonly #options: DebeziumOptions;
  readonly #plans: RowPlans<EncodeValue>;
  readonly #identity: SourceIdentity;
  readonly #values: DebeziumValueOptions;
  readonly #metadata: TransactionMetadata | undefined;
  readonly #schemas = new WeakMap<Plan, { readonly key: string; readonly value: string }>();
  readonly #keys = new WeakMap<Plan, readonly PlannedColumn<EncodeValue>[]>();

  constructor(options: DebeziumOptions = {}) {
    this.#options = options;
    const values: DebeziumValueOptions = {
      times: options.times ?? 'adaptive_time_microseconds',
      binary: options.binary ?? 'bytes',
      decimals: options.decimals ?? 'precise',
      bigintUnsigned: options.bigintUnsigned ?? 'digits',
    };
    this.#values = values;
    this.#metadata =
      options.transactions === true ? new TransactionMetadata(options.schemas === true) : undefined;
    this.#plans = new RowPlans((column) => debeziumEncoderOf(column, values));
    this.#identity = {
      version: options.version ?? 'tailrace',
      connector: options.connector,
      name: options.prefix ?? 'tailrace',
    };
  }

  heartbeat(nowMs: number): Message {
    const { prefix = 'tailrace', schemas = false } = this.#options;
    return heartbeatMessage({ prefix, schemas }, nowMs);
  }

  *encode(
    tx: Transaction,
    change: EncodableChange,
    context: EncodeContext,
  ): Generator<Message, void, undefined> {
    if (change.kind === 'rows') {
      const begin = this.#metadata?.begin(tx);
      if (begin !== undefined) yield begin;
      yield* this.#rows(tx, change, context);
    } else yield* this.#ddl(tx, change, context);
    const end = context.isLast ? this.#metadata?.end(tx) : undefined;
    if (end !== undefined) yield end;
  }

  *#rows(tx: Transaction, change: RowsChange, context: EncodeContext): Generator<Message> {
    const plan = this.#plans.of(change);
    const source = sourceBlocks(this.#identity, {
      tx,
      change,
      name: plan,
      query: this.#options.rowQuery === true ? change.rowsQuery : undefined,
    });
    for (let row = 0; row < rowCount(change); row++) {
      const place: RowPlace = { tx, table: change.table, change, plan, row, source, context };
      if (change.action === 'insert') yield* this.#created(place);
      else if (change.action === 'delete') yield* this.#deleted(place, change.before.at(row));
      else yield* this.#updated(place);
    }
  }

  *#created(place: RowPlace): Generator<Message> {
    const after = currentRow(rowPair(place.change, place.row));
    const op = place.tx.origin === 'snapshot' ? 'r' : 'c';
    if (this.#isSkipped(op)) return;
    const envelope: Envelope = { op, before: 'null', after: rowObject(place.plan, after) };
    yield this.#message(place, after, envelope);
  }

  *#deleted(
    place: RowPlace,
    before: RowImage,
    headers: Message['headers'] = NO_HEADERS,
  ): Generator<Message> {
    if (this.#isSkipped('d')) return;
    const envelope: Envelope = { op: 'd', before: rowObject(place.plan, before), after: 'null' };
    const message = this.#message(place, before, envelope, headers);
    yield message;
    if (this.#options.tombstones !== false && message.key !== null) {
      yield { ...message, value: null };
    }
  }

  *#updated(place: RowPlace): Generator<Message> {
    const pair = rowPair(place.change, place.row);
    const before = pair.before ?? [];
    const after = currentRow(pair);
    const oldKey = this.#key(place, before);
    const newKey = this.#key(place, after);
    if (oldKey === null || newKey === null || oldKey === newKey) {
      if (this.#isSkipped('u')) return;
      yield this.#message(place, after, {
        op: 'u',
        before: rowObject(place.plan, before),
        after: rowObject(place.plan, after),
      });
      return;
    }
    yield* this.#deleted(place, before, { [NEW_KEY]: this.#keyText(place, newKey) });
    if (this.#isSkipped('c')) return;
    const created: Envelope = { op: 'c', before: 'null', after: rowObject(place.plan, after) };
    yield this.#message(place, after, created, { [OLD_KEY]: this.#keyText(place, oldKey) });
  }

  #isSkipped(op: Envelope['op']): boolean {
    return this.#options.skippedOperations?.includes(op) === true;
  }

  #message(
    place: RowPlace,
    row: RowImage,
    envelope: Envelope,
    headers: Message['headers'] = NO_HEADERS,
  ): Message {
    const { plan, change, context, tx } = place;
    const key = this.#key(place, row);
    const transaction =
      this.#metadata?.next(tx, `${plan.database}.${plan.table}`) ?? NO_TRANSACTION;
    const value = envelopeText(envelope, {
      source: place.source(place.row),
      transaction,
      nowMs: context.nowMs,
    });
    return {
      key: key === null ? null : this.#keyText(place, key),
      value: this.#options.schemas === true ? withSchema(this.#schema(place).value, value) : value,
      database: plan.database,
      table: plan.table,
      type: change.action,
      headers,
      partition: context.partitionOf?.(change, row),
    };
  }

  #keyText(place: RowPlace, key: string): string {
    return this.#options.schemas === true ? withSchema(this.#schema(place).key, key) : key;
  }

  #schema(place: TablePlace): { readonly key: string; readonly value: string } {
    const { plan, tx } = place;
    const known = this.#schemas.get(plan);
    if (known !== undefined) return known;
    const { topic = '{prefix}.{database}.{table}' } = this.#options;
    const { name } = this.#identity;
    const connector = this.#connector(tx);
    const called = topic
      .replaceAll('{prefix}', name)
      .replaceAll('{database}', plan.database)
      .replaceAll('{table}', plan.table);
    const schema = {
      key: keySchema(called, this.#keyColumns(place), this.#values),
      value: valueSchema(called, plan.columns, { ...this.#values, connector }),
    };
    this.#schemas.set(plan, schema);
    return schema;
  }

  /** null: no key, or (MINIMAL images without one) not all of it is there. */
  #key(place: RowPlace, row: RowImage): string | null {
    const columns = this.#keyColumns(place);
    if (columns.length === 0 || columns.some(({ index }) => row[index] === undefined)) return null;
    return `{${columns.map((column) => member(column, row[column.index] ?? null)).join(',')}}`;
  }

  #keyColumns({ plan, table }: TablePlace): readonly PlannedColumn<EncodeValue>[] {
    const known = this.#keys.get(plan);
    if (known !== undefined) return known;
    const columns = plan.key.length > 0 ? plan.key : uniqueKeyColumns(plan, table);
    this.#keys.set(plan, columns);
    return columns;
  }

  *#ddl(tx: Transaction, change: SchemaChange, context: EncodeContext): Generator<Message> {
    const nameOf = (name: TableName): TableName => this.#options.router?.targetName(name) ?? name;
    const [effect] = change.effects;
    const isTable = effect !== undefined && 'table' in effect;
    const name = isTable ? nameOf(effect.table) : { database: databaseOf(change), table: '' };
    const source = sourceBlocks(this.#identity, { tx, change, name, query: undefined })(0);
    const about = { database: name.database, table: name.table, headers: NO_HEADERS } as const;
    if (effect?.kind === 'truncate') {
      if (this.#options.truncates !== true) return;
      const envelope: Envelope = { op: 't', before: 'null', after: 'null' };
      const { nowMs } = context;
      const payload = envelopeText(envelope, { source, transaction: NO_TRANSACTION, nowMs });
      const value = this.#withTableSchema(tx, change, payload);
      yield { ...about, key: null, value, type: 'truncate' };
      return;
    }
    const database = jsonString(name.database);
    const key = `{"databaseName":${database}}`;
    const value =
      `{"source":${source},"ts_ms":${Math.floor(context.nowMs)},"databaseName":${database},` +
      `"schemaName":null,"ddl":${jsonString(change.statement)},` +
      `"tableChanges":${tableChanges(change, nameOf)}}`;
    if (this.#options.schemas !== true) {
      yield { ...about, key, value, type: 'ddl' };
      return;
    }
    const schemas = schemaChangeSchemas(this.#connector(tx));
    const texts = { key: withSchema(schemas.key, key), value: withSchema(schemas.value, value) };
    yield { ...about, ...texts, type: 'ddl' };
  }

  /** Of the table that was emptied; a definition that nobody knows has no schema. */
  #withTableSchema(tx: Transaction, change: SchemaChange, payload: string): string {
    const [table] = change.after;
    if (this.#options.schemas !== true || table === undefined) return payload;
    const route = this.#options.router?.route(table);
    if (route === undefined) return payload;
    const plan = this.#plans.of({ table, route });
    return withSchema(this.#schema({ tx, plan, table }).value, payload);
  }

  #connector(tx: Transaction): string {
    return this.#identity.connector ?? tx.gtid?.flavor ?? 'mysql';
  }
}

const NO_TRANSACTION = 'null';

interface EnvelopeRest {
  readonly source: string;
  readonly transaction: string;
  readonly nowMs: number;
}

function envelopeText(envelope: Envelope, { source, transaction, nowMs }: EnvelopeRest): string {
  return (
    `{"before":${envelope.before},"after":${envelope.after},"source":${source},` +
    `"transaction":${transaction},"op":"${envelope.op}",${processedAt(nowMs)}}`
  );
}

function rowObject(plan: Plan, row: RowImage): string {
  let json = '';
  for (const column of plan.columns) {
    const value = row[column.index];
    if (value === undefined) continue;
    json += json === '' ? member(column, value) : `,${member(column, value)}`;
  }
  return `{${json}}`;
}

function member(column: PlannedColumn<EncodeValue>, value: ColumnValue): string {
  return column.label + (value === null ? 'null' : column.encode(value));
}

function uniqueKeyColumns(plan: Plan, table: Table): PlannedColumn<EncodeValue>[] {
  const unique = table.uniqueKeys.find((index) => index.isRowIdentity);
  const columns = unique?.columns.map((i) => plan.columns.find(({ index }) => index === i)) ?? [];
  // A key with a dropped column names no row.
  return columns.every((column) => column !== undefined) ? columns : [];
}

function databaseOf(change: SchemaChange): string {
  const [effect] = change.effects;
  return effect !== undefined && 'database' in effect ? effect.database : change.database;
}
