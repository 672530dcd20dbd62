import type { RowsChange, SchemaChange } from '../../core/change.ts';
import type { ColumnValue, RowImage } from '../../core/row.ts';
import type { TableName } from '../../core/table.ts';
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
  readonly decimals?: DebeziumValueOptions['decimals'] | undefined;
  readonly bigintUnsigned?: DebeziumValueOptions['bigintUnsigned'] | undefined;
}

type Plan = RowPlan<EncodeValue>;

interface RowPlace {
  readonly tx: Transaction;
  readonly change: RowsChange;
  readonly plan: Plan;
  readonly row: number;
  readonly source: (row: number) => string;
  readonly nowMs: number;
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
  readonly #keys = new WeakMap<Plan, readonly PlannedColumn<EncodeValue>[]>();

  constructor(options: DebeziumOptions = {}) {
    this.#options = options;
    const values: DebeziumValueOptions = {
      decimals: options.decimals ?? 'precise',
      bigintUnsigned: options.bigintUnsigned ?? 'digits',
    };
    this.#plans = new RowPlans((column) => debeziumEncoderOf(column, values));
    this.#identity = {
      version: options.version ?? 'tailrace',
      connector: options.connector,
      name: options.prefix ?? 'tailrace',
    };
  }

  encode(tx: Transaction, change: EncodableChange, context: EncodeContext): Iterable<Message> {
    return change.kind === 'rows'
      ? this.#rows(tx, change, context)
      : this.#ddl(tx, change, context);
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
      const place: RowPlace = { tx, change, plan, row, source, nowMs: context.nowMs };
      if (change.action === 'insert') yield this.#created(place);
      else if (change.action === 'delete') yield* this.#deleted(place, change.before.at(row));
      else yield* this.#updated(place);
    }
  }

  #created(place: RowPlace): Message {
    const after = currentRow(rowPair(place.change, place.row));
    const op = place.tx.origin === 'snapshot' ? 'r' : 'c';
    const envelope: Envelope = { op, before: 'null', after: rowObject(place.plan, after) };
    return this.#message(place, this.#key(place, after), envelope);
  }

  *#deleted(
    place: RowPlace,
    before: RowImage,
    headers: Message['headers'] = NO_HEADERS,
  ): Generator<Message> {
    const key = this.#key(place, before);
    const envelope: Envelope = { op: 'd', before: rowObject(place.plan, before), after: 'null' };
    const message = this.#message(place, key, envelope, headers);
    yield message;
    if (this.#options.tombstones !== false && key !== null) yield { ...message, value: null };
  }

  *#updated(place: RowPlace): Generator<Message> {
    const pair = rowPair(place.change, place.row);
    const before = pair.before ?? [];
    const after = currentRow(pair);
    const oldKey = this.#key(place, before);
    const newKey = this.#key(place, after);
    if (oldKey === null || newKey === null || oldKey === newKey) {
      yield this.#message(place, newKey, {
        op: 'u',
        before: rowObject(place.plan, before),
        after: rowObject(place.plan, after),
      });
      return;
    }
    yield* this.#deleted(place, before, { [NEW_KEY]: newKey });
    const created: Envelope = { op: 'c', before: 'null', after: rowObject(place.plan, after) };
    yield this.#message(place, newKey, created, { [OLD_KEY]: oldKey });
  }

  #message(
    place: RowPlace,
    key: string | null,
    envelope: Envelope,
    headers: Message['headers'] = NO_HEADERS,
  ): Message {
    const { plan, change, nowMs } = place;
    return {
      key,
      value: envelopeText(envelope, place.source(place.row), nowMs),
      database: plan.database,
      table: plan.table,
      type: change.action,
      headers,
    };
  }

  /** null: no key, or (MINIMAL images without one) not all of it is there. */
  #key(place: RowPlace, row: RowImage): string | null {
    const columns = this.#keyColumns(place);
    if (columns.length === 0 || columns.some(({ index }) => row[index] === undefined)) return null;
    return `{${columns.map((column) => member(column, row[column.index] ?? null)).join(',')}}`;
  }

  #keyColumns({ plan, change }: RowPlace): readonly PlannedColumn<EncodeValue>[] {
    const known = this.#keys.get(plan);
    if (known !== undefined) return known;
    const columns = plan.key.length > 0 ? plan.key : uniqueKeyColumns(plan, change);
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
      const value = envelopeText(envelope, source, context.nowMs);
      yield { ...about, key: null, value, type: 'ddl' };
      return;
    }
    const database = jsonString(name.database);
    yield {
      ...about,
      key: `{"databaseName":${database}}`,
      value:
        `{"source":${source},"ts_ms":${Math.floor(context.nowMs)},"databaseName":${database},` +
        `"schemaName":null,"ddl":${jsonString(change.statement)},` +
        `"tableChanges":${tableChanges(change, nameOf)}}`,
      type: 'ddl',
    };
  }
}

function envelopeText(envelope: Envelope, source: string, nowMs: number): string {
  return (
    `{"before":${envelope.before},"after":${envelope.after},"source":${source},` +
    `"transaction":null,"op":"${envelope.op}",${processedAt(nowMs)}}`
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

function uniqueKeyColumns(plan: Plan, change: RowsChange): PlannedColumn<EncodeValue>[] {
  const unique = change.table.uniqueKeys.find((index) => index.isRowIdentity);
  const columns = unique?.columns.map((i) => plan.columns.find(({ index }) => index === i)) ?? [];
  // A key with a dropped column names no row.
  return columns.every((column) => column !== undefined) ? columns : [];
}

function databaseOf(change: SchemaChange): string {
  const [effect] = change.effects;
  return effect !== undefined && 'database' in effect ? effect.database : change.database;
}
