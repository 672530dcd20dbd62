import { randomUUID } from 'node:crypto';
import type { RowsChange, SchemaChange } from '../../core/change.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import { formatCoordinates } from '../../core/position.ts';
import type { RowImage } from '../../core/row.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { ByteWriter } from '../../lib/byte-writer.ts';
import type {
  CopiedTable,
  CopyPhase,
  EncodableChange,
  EncodeContext,
  Message,
  MessageEncoder,
  RowsWriter,
} from '../encoder.ts';
import { jsonArray, jsonString } from '../json-text.ts';
import {
  changesKey,
  currentRow,
  rowCount,
  rowPair,
  RowPlans,
  type RowPair,
  type RowPlan,
} from '../row-plan.ts';
import { camelCase, columnMatcher, memberNames, type MemberNames } from './maxwell-names.ts';
import { maxwellDdl } from './maxwell-ddl.ts';
import { MaxwellRows, type RowsHead } from './maxwell-rows.ts';
import { canWriteRows } from './maxwell-row-writer.ts';
import { maxwellKey, valueOf, type KeyForm } from './maxwell-key.ts';
import type { MaxwellOptions } from './maxwell-options.ts';
import { maxwellEncoderOf, type EncodeValue } from './maxwell-value.ts';

const NO_HEADERS = {};

type Plan = RowPlan<EncodeValue>;

interface RowsPlace {
  readonly plan: Plan;
  readonly change: RowsChange;
  readonly tx: Transaction;
  readonly context: EncodeContext;
  /** Of the change's own action; halves of a split row have others. */
  readonly whole: Head;
}

interface OneRow {
  readonly pair: RowPair;
  readonly type: RowsChange['action'];
  readonly isCommit: boolean;
  readonly offset: number;
}

interface HeadOf {
  readonly type: RowsChange['action'];
  readonly nowMs: number;
}

/** What is the same for all rows of a change: the members before and behind xoffset and commit. */
interface Head {
  readonly start: string;
  readonly end: string;
  readonly hasCommitInfo: boolean;
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
  readonly #writers = new WeakMap<Plan, MaxwellRows>();
  readonly #names: MemberNames;
  readonly #isPlain: boolean;

  constructor(options: MaxwellOptions = {}) {
    this.#options = options;
    const { nullZeroDates = false, originalValues } = options;
    this.#isPlain = isPlain(options);
    this.#names = memberNames(options.camelCase === true);
    this.#plans = new RowPlans(
      (column) => maxwellEncoderOf(column, { nullZeroDates, originalValues }),
      {
        rename: options.camelCase === true ? camelCase : undefined,
        isLeftOut: columnMatcher(options.excludeColumns ?? []),
      },
    );
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

  /** As a row without values: the key names the table, its columns are null. */
  copyMessage(copied: CopiedTable, phase: CopyPhase, nowMs: number): Message {
    const plan = this.#plans.of(copied);
    const ts = Math.floor(nowMs / 1000);
    const head = `{${plan.names},"type":"bootstrap-${phase}","ts":${ts}${this.#pushed(nowMs)}`;
    return {
      key: maxwellKey(plan, [], this.#keyForm),
      value: head + this.#body(plan, [], { old: '', after: undefined }),
      database: plan.database,
      table: plan.table,
      type: 'insert',
      headers: NO_HEADERS,
    };
  }

  rowsWriter(
    tx: Transaction,
    change: RowsChange,
    context: EncodeContext,
    out: ByteWriter,
  ): RowsWriter | undefined {
    const plan = this.#plans.of(change);
    const rows = this.#rowsOf(plan, change, out);
    if (rows === undefined) return undefined;
    const about = { type: change.action, nowMs: context.nowMs };
    rows.begin(change, this.#headOf(tx, change, about), context.rowOffset);
    return rows;
  }

  #rowsOf(plan: Plan, change: RowsChange, out: ByteWriter): MaxwellRows | undefined {
    if (!this.#isPlain || plan.key.length === 0 || !hasFullImages(change)) return undefined;
    let rows = this.#writers.get(plan);
    if (rows === undefined && canWriteRows(plan)) {
      rows = new MaxwellRows(plan, out, {
        convertsDates:
          this.#options.nullZeroDates === true || this.#options.originalValues === true,
        convertsBits: this.#options.originalValues === true,
        hasOffset: this.#options.xoffset === true,
      });
      this.#writers.set(plan, rows);
    }
    return rows;
  }

  *#rows(tx: Transaction, change: RowsChange, context: EncodeContext): Generator<Message> {
    const plan = this.#plans.of(change);
    const whole = this.#head(plan, tx, change, { type: change.action, nowMs: context.nowMs });
    const place: RowsPlace = { plan, change, tx, context, whole };
    const count = rowCount(change);
    for (let i = 0; i < count; i++) {
      const pair = rowPair(change, i);
      const isCommit = context.isLast && i === count - 1;
      const offset = context.rowOffset + i;
      if (this.#options.splitKeyChanges === true && changesKey(plan.key, pair)) {
        const at = { isCommit: false, offset };
        yield this.#row(place, {
          pair: { before: pair.before, after: undefined },
          type: 'delete',
          ...at,
        });
        const after = { before: undefined, after: currentRow(pair) };
        yield this.#row(place, { pair: after, type: 'insert', isCommit, offset });
      } else yield this.#row(place, { pair, type: change.action, isCommit, offset });
    }
  }

  #row({ plan, change, tx, context, whole }: RowsPlace, one: OneRow): Message {
    const { pair, type, isCommit, offset } = one;
    const head =
      type === change.action ? whole : this.#head(plan, tx, change, { type, nowMs: context.nowMs });
    const row = currentRow(pair);
    const commit = head.hasCommitInfo ? this.#place(isCommit, offset) : '';
    const old = type === 'update' ? this.#old(plan, pair) : '';
    return {
      key: maxwellKey(plan, row, this.#keyForm),
      value: `${head.start}${commit}${head.end}${this.#body(plan, row, { old, after: pair.after })}`,
      database: plan.database,
      table: plan.table,
      type,
      headers: NO_HEADERS,
      partition: context.partitionOf?.(change, row),
    };
  }

  #head(plan: Plan, tx: Transaction, change: RowsChange, about: HeadOf): Head {
    const { query, type, ts, xid, hasCommitInfo, end } = this.#headOf(tx, change, about);
    const number = xid === undefined ? '' : `,"xid":${xid.toString()}`;
    const start = `{${plan.names}${query},"type":"${type}","ts":${ts}${number}`;
    return { start, end, hasCommitInfo };
  }

  #headOf(tx: Transaction, change: RowsChange, about: HeadOf): RowsHead {
    const isSnapshot = tx.origin === 'snapshot';
    const hasCommitInfo = this.#options.commitInfo !== false && !isSnapshot;
    return {
      query: this.#query(change),
      type: isSnapshot ? 'bootstrap-insert' : about.type,
      ts: isSnapshot ? Math.floor(about.nowMs / 1000) : change.timestamp,
      xid: hasCommitInfo ? tx.xid : undefined,
      hasCommitInfo,
      end: (isSnapshot ? '' : this.#origin(tx, change)) + this.#pushed(about.nowMs),
    };
  }

  /** Seconds with six decimals. */
  #pushed(nowMs: number): string {
    if (this.#options.pushTimestamp !== true) return '';
    return `,"${this.#names.pushTs}":${(nowMs / 1000).toFixed(6)}`;
  }

  #query(change: RowsChange): string {
    if (this.#options.rowQuery !== true || change.rowsQuery === undefined) return '';
    const limit = this.#options.rowQueryMaxLength ?? 0;
    const query = limit > 0 ? change.rowsQuery.slice(0, limit) : change.rowsQuery;
    return `,"query":${jsonString(query)}`;
  }

  /** From `position` to `thread_id`. */
  #origin(tx: Transaction, change: RowsChange): string {
    const options = this.#options;
    let json = placeMembers(options, tx, change);
    if (options.serverId === true) json += `,"${this.#names.serverId}":${tx.serverId}`;
    if (options.threadId === true && tx.threadId !== undefined) {
      json += `,"${this.#names.threadId}":${tx.threadId}`;
    }
    return json;
  }

  #place(isCommit: boolean, offset: number): string {
    if (isCommit) return ',"commit":true';
    return this.#options.xoffset === true ? `,"xoffset":${offset}` : '';
  }

  /** From `primary_key` to the end. */
  #body(
    plan: Plan,
    row: RowImage,
    { old, after }: { old: string; after: RowImage | undefined },
  ): string {
    let json = '';
    if (this.#options.primaryKeys === true) {
      json += `,"${this.#names.primaryKey}":[${plan.key.map((column) => valueOf(column, row)).join(',')}]`;
    }
    if (this.#options.primaryKeyColumns === true) {
      json += `,"${this.#names.primaryKeyColumns}":${jsonArray(plan.key.map((column) => column.name))}`;
    }
    json += `,"data":{${this.#members(inMaxwellOrder(plan.columns, row, after), row)}}`;
    return old === '' ? `${json}}` : `${json},"old":{${old}}}`;
  }

  #members(columns: Plan['columns'], row: RowImage): string {
    const skipNulls = this.#options.nulls === false;
    let json = '';
    for (const column of columns) {
      const value = row[column.index];
      if (value === undefined) continue;
      const encoded = value === null ? 'null' : column.encode(value);
      if (skipNulls && encoded === 'null') continue;
      json += json === '' ? column.label + encoded : `,${column.label}${encoded}`;
    }
    return json;
  }

  /** Before values of the columns that are in both images and differ. */
  #old(plan: Plan, { before, after }: RowPair): string {
    if (before === undefined || after === undefined) return '';
    let json = '';
    for (const column of plan.columns) {
      const was = before[column.index];
      const is = after[column.index];
      if (was === undefined || is === undefined || was === is) continue;
      const encoded = valueOf(column, before);
      if (encoded === valueOf(column, after)) continue;
      if (encoded === 'null' && this.#options.nulls === false) continue;
      json += json === '' ? column.label + encoded : `,${column.label}${encoded}`;
    }
    return json;
  }

  *#ddl(tx: Transaction, change: SchemaChange, context: EncodeContext): Generator<Message> {
    const options = this.#options;
    for (const { database, table, members } of maxwellDdl(change, options.router)) {
      const json =
        `{${members},"ts":${change.timestamp * 1000},"sql":${jsonString(change.statement)}` +
        placeMembers(options, tx, change) +
        this.#pushed(context.nowMs);
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

/** What only the before image of a partial update has comes behind the rest. */
function inMaxwellOrder(
  columns: Plan['columns'],
  row: RowImage,
  after: RowImage | undefined,
): Plan['columns'] {
  if (after === undefined || after === row) return columns;
  const isAfter = ({ index }: Plan['columns'][number]): boolean => after[index] !== undefined;
  return [...columns.filter(isAfter), ...columns.filter((column) => !isAfter(column))];
}

/** `position` and `gtid`. */
function placeMembers(
  options: MaxwellOptions,
  tx: Transaction,
  change: RowsChange | SchemaChange,
): string {
  const position =
    options.position === true ? `,"position":"${formatCoordinates(change.coordinates)}"` : '';
  if (options.gtid !== true) return position;
  return `${position},"gtid":${tx.gtid === undefined ? 'null' : `"${formatGtid(tx.gtid)}"`}`;
}

/** Nothing that the writer of rows leaves to the way by values. */
function isPlain(options: MaxwellOptions): boolean {
  const { nulls, primaryKeys, primaryKeyColumns, splitKeyChanges, keyFormat } = options;
  const isWholeRow = nulls !== false && (options.excludeColumns ?? []).length === 0;
  const hasKeyMembers = primaryKeys === true || primaryKeyColumns === true;
  return isWholeRow && !hasKeyMembers && splitKeyChanges !== true && keyFormat !== 'array';
}

function hasFullImages({ before, after }: RowsChange): boolean {
  return before?.isFull !== false && after?.isFull !== false;
}
