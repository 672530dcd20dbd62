import { randomUUID } from 'node:crypto';
import type { RowsChange, SchemaChange } from '../../core/change.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import { formatCoordinates } from '../../core/position.ts';
import type { RowImage } from '../../core/row.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { EncodableChange, EncodeContext, Message, MessageEncoder } from '../encoder.ts';
import { jsonArray, jsonString } from '../json-text.ts';
import {
  currentRow,
  rowCount,
  rowPair,
  RowPlans,
  type RowPair,
  type RowPlan,
} from '../row-plan.ts';
import { maxwellDdl } from './maxwell-ddl.ts';
import { maxwellKey, valueOf, type KeyForm } from './maxwell-key.ts';
import type { MaxwellOptions } from './maxwell-options.ts';
import { maxwellEncoderOf, type EncodeValue } from './maxwell-value.ts';

const NO_HEADERS = {};

type Plan = RowPlan<EncodeValue>;

/** What the members in front of `data` need. */
interface RowPlace {
  readonly tx: Transaction;
  readonly change: RowsChange;
  readonly offset: number;
  readonly isCommit: boolean;
  readonly nowMs: number;
}

/**
 * Maxwell JSON (row/RowMap.java `toJSON`): one object a row, members in Maxwell's order:
 * database, table, query, type, ts, xid, xoffset, commit, position, gtid, server_id, thread_id, push_ts,
 * primary_key, primary_key_columns, data, old.
 *
 * `ts` is in seconds for rows and in milliseconds for DDL. `old` holds only what differs. Large
 * transactions are handed on in parts before their XID is read: there only the last part has `xid`.
 */
export class MaxwellEncoder implements MessageEncoder {
  readonly format = 'maxwell';
  readonly #options: MaxwellOptions;
  readonly #plans: RowPlans<EncodeValue>;
  readonly #keyForm: KeyForm;

  constructor(options: MaxwellOptions = {}) {
    this.#options = options;
    const nullZeroDates = options.nullZeroDates ?? false;
    this.#plans = new RowPlans((column) => maxwellEncoderOf(column, { nullZeroDates }));
    this.#keyForm = {
      format: options.keyFormat ?? 'hash',
      randomUuid: options.randomUuid ?? randomUUID,
    };
  }

  encode(tx: Transaction, change: EncodableChange, context: EncodeContext): Iterable<Message> {
    return change.kind === 'rows'
      ? this.#rows(tx, change, context)
      : this.#ddl(tx, change, context);
  }

  *#rows(tx: Transaction, change: RowsChange, context: EncodeContext): Generator<Message> {
    const plan = this.#plans.of(change);
    const count = rowCount(change);
    for (let i = 0; i < count; i++) {
      const pair = rowPair(change, i);
      const row = currentRow(pair);
      const place: RowPlace = {
        tx,
        change,
        offset: context.rowOffset + i,
        isCommit: context.isLast && i === count - 1,
        nowMs: context.nowMs,
      };
      yield {
        key: maxwellKey(plan, row, this.#keyForm),
        value: this.#value(plan, pair, row, place),
        database: plan.database,
        table: plan.table,
        type: change.action,
        headers: NO_HEADERS,
      };
    }
  }

  #value(plan: Plan, pair: RowPair, row: RowImage, place: RowPlace): string {
    let json = this.#head(plan, place);
    if (this.#options.primaryKeys === true) {
      json += `,"primary_key":[${plan.key.map((column) => valueOf(column, row)).join(',')}]`;
    }
    if (this.#options.primaryKeyColumns === true) {
      json += `,"primary_key_columns":${jsonArray(plan.key.map((column) => column.name))}`;
    }
    json += `,"data":{${this.#members(plan, row)}}`;
    const old = place.change.action === 'update' ? this.#old(plan, pair) : '';
    return old === '' ? `${json}}` : `${json},"old":{${old}}}`;
  }

  #head(plan: Plan, place: RowPlace): string {
    const { change, tx } = place;
    const isSnapshot = tx.origin === 'snapshot';
    const type = isSnapshot ? 'bootstrap-insert' : change.action;
    const ts = isSnapshot ? Math.floor(place.nowMs / 1000) : change.timestamp;
    return (
      `{"database":${jsonString(plan.database)},"table":${jsonString(plan.table)}${this.#query(change)}` +
      `,"type":"${type}","ts":${ts}${isSnapshot ? '' : this.#origin(place)}` +
      (this.#options.pushTimestamp === true ? `,"push_ts":${pushTimestamp(place.nowMs)}` : '')
    );
  }

  #query(change: RowsChange): string {
    if (this.#options.rowQuery !== true || change.rowsQuery === undefined) return '';
    const limit = this.#options.rowQueryMaxLength ?? 0;
    const query = limit > 0 ? change.rowsQuery.slice(0, limit) : change.rowsQuery;
    return `,"query":${jsonString(query)}`;
  }

  /** From `xid` to `thread_id`. */
  #origin(place: RowPlace): string {
    const options = this.#options;
    const { tx, change } = place;
    let json = options.commitInfo === false ? '' : this.#commitInfo(place);
    if (options.position === true) json += `,"position":"${formatCoordinates(change.coordinates)}"`;
    if (options.gtid === true) {
      json += `,"gtid":${tx.gtid === undefined ? 'null' : `"${formatGtid(tx.gtid)}"`}`;
    }
    if (options.serverId === true) json += `,"server_id":${tx.serverId}`;
    if (options.threadId === true && tx.threadId !== undefined) {
      json += `,"thread_id":${tx.threadId}`;
    }
    return json;
  }

  #commitInfo(place: RowPlace): string {
    const { xid } = place.tx;
    let json = xid === undefined ? '' : `,"xid":${xid.toString()}`;
    if (place.isCommit) json += ',"commit":true';
    else if (this.#options.xoffset === true) json += `,"xoffset":${place.offset}`;
    return json;
  }

  #members(plan: Plan, row: RowImage): string {
    const skipNulls = this.#options.nulls === false;
    let json = '';
    for (const column of plan.columns) {
      const value = row[column.index];
      if (value === undefined) continue;
      const encoded = value === null ? 'null' : column.encode(value);
      if (skipNulls && encoded === 'null') continue;
      json += `${json === '' ? '' : ','}${jsonString(column.name)}:${encoded}`;
    }
    return json;
  }

  /** Before values of the columns that are in both images and differ. */
  #old(plan: Plan, { before, after }: RowPair): string {
    const changed = plan.columns.map((column) => {
      const was = before?.[column.index];
      const is = after?.[column.index];
      if (was === undefined || is === undefined || was === is) return undefined;
      const encoded = was === null ? 'null' : column.encode(was);
      return encoded === (is === null ? 'null' : column.encode(is))
        ? undefined
        : `${jsonString(column.name)}:${encoded}`;
    });
    const isKept = (member: string | undefined): boolean =>
      member !== undefined && !(this.#options.nulls === false && member.endsWith(':null'));
    return changed.filter(isKept).join(',');
  }

  *#ddl(tx: Transaction, change: SchemaChange, context: EncodeContext): Generator<Message> {
    const options = this.#options;
    for (const { database, table, members } of maxwellDdl(change, options.router)) {
      let json = `{${members},"ts":${change.timestamp * 1000},"sql":${jsonString(change.statement)}`;
      if (options.position === true) {
        json += `,"position":"${formatCoordinates(change.coordinates)}"`;
      }
      if (options.gtid === true) {
        json += `,"gtid":${tx.gtid === undefined ? 'null' : `"${formatGtid(tx.gtid)}"`}`;
      }
      if (options.pushTimestamp === true) json += `,"push_ts":${pushTimestamp(context.nowMs)}`;
      yield {
        key: this.#keyForm.randomUuid(),
        value: `${json}}`,
        database,
        table,
        type: 'ddl',
        headers: NO_HEADERS,
      };
    }
  }
}

/** Seconds with six decimals. */
function pushTimestamp(nowMs: number): string {
  return (nowMs / 1000).toFixed(6);
}
