import type { DdlEffect, RowsChange, SchemaChange } from '../../core/change.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import type { RowImage } from '../../core/row.ts';
import type { TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type {
  CommonEncoderOptions,
  EncodableChange,
  EncodeContext,
  Message,
  MessageEncoder,
} from '../encoder.ts';
import {
  changesKey,
  currentRow,
  rowCount,
  rowPair,
  RowPlans,
  type RowPair,
  type RowPlan,
} from '../row-plan.ts';
import { canalColumnOf, canalColumnWithLabels, type CanalColumn } from './canal-value.ts';

export interface CanalOptions extends CommonEncoderOptions {
  /** The transaction's GTID in `gtid`; else "". */
  readonly gtid?: boolean | undefined;
  /**
   * As canal itself: a row's `old` also lists the columns that earlier rows of the same event changed.
   * Default false: what this row changed.
   */
  readonly accumulateOld?: boolean | undefined;
  /** ENUM and SET as labels; canal has index and bit mask. */
  readonly enumLabels?: boolean | undefined;
}

/** Rows that go into one message: of one kind, and where partitions depend on rows, of one partition. */
interface RowGroup {
  readonly action: RowsChange['action'];
  readonly partition: number | undefined;
  readonly pairs: RowPair[];
}

type Plan = RowPlan<CanalColumn>;

const NO_HEADERS = {};
const ROW_TYPE = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' } as const;

/** Names of canal's EventType (protocol/src/main/java/.../EntryProtocol.proto). */
const DDL_TYPE: Record<DdlEffect['kind'], string> = {
  create: 'CREATE',
  alter: 'ALTER',
  drop: 'ERASE',
  truncate: 'TRUNCATE',
  rename: 'RENAME',
  'create-database': 'QUERY',
  'alter-database': 'QUERY',
  'drop-database': 'QUERY',
};

/** The members of a FlatMessage that vary. JSON texts. */
interface FlatMembers {
  readonly data: string;
  readonly database: string;
  readonly timestamp: number;
  readonly isDdl: boolean;
  readonly mysqlType: string;
  readonly old: string;
  readonly pkNames: string;
  readonly sql: string;
  readonly sqlType: string;
  readonly table: string;
  readonly type: string;
}

/**
 * canal's FlatMessage (protocol/.../FlatMessage.java, connector/core/.../MQMessageUtils.java): one
 * message a rows event with all its rows, members in alphabetical order, what is absent is null, no key.
 * `id` is the transaction's number in the task's history (canal: of its batch).
 */
export class CanalEncoder implements MessageEncoder {
  readonly format = 'canal';
  readonly #options: CanalOptions;
  readonly #plans: RowPlans<CanalColumn>;

  constructor(options: CanalOptions = {}) {
    this.#options = options;
    this.#plans = new RowPlans(options.enumLabels === true ? canalColumnWithLabels : canalColumnOf);
  }

  encode(tx: Transaction, change: EncodableChange, context: EncodeContext): Iterable<Message> {
    return change.kind === 'rows'
      ? this.#rows(tx, change, context)
      : this.#ddl(tx, change, context);
  }

  *#rows(tx: Transaction, change: RowsChange, context: EncodeContext): Generator<Message> {
    const plan = this.#plans.of(change);
    for (const group of this.#groups(change, plan, context)) {
      yield this.#rowsMessage(tx, change, { plan, group, nowMs: context.nowMs });
    }
  }

  #rowsMessage(
    tx: Transaction,
    change: RowsChange,
    { plan, group, nowMs }: { plan: Plan; group: RowGroup; nowMs: number },
  ): Message {
    const { data, old, last } = this.#images(group, plan);
    const members: FlatMembers = {
      data: `[${data.join(',')}]`,
      database: plan.database,
      timestamp: change.timestamp,
      isDdl: false,
      mysqlType: byName(plan, (column) => fastJson(column.column.columnType)),
      old: group.action === 'update' ? `[${old.join(',')}]` : 'null',
      pkNames: plan.key.length === 0 ? 'null' : keyNames(plan),
      sql: this.#options.rowQuery === true ? (change.rowsQuery ?? '') : '',
      sqlType: byName(plan, (column) => String(column.encode.sqlType(last[column.index]))),
      table: plan.table,
      type: ROW_TYPE[group.action],
    };
    const message = this.#message(tx, members, { type: group.action, nowMs });
    return { ...message, partition: group.partition };
  }

  /** One for the whole event, unless keys are split or rows go to several partitions. */
  #groups(change: RowsChange, plan: Plan, context: EncodeContext): RowGroup[] {
    const groups: RowGroup[] = [];
    const latest = new Map<number | undefined, RowGroup>();
    const add = (action: RowsChange['action'], pair: RowPair): void => {
      const partition = context.partitionOf?.(change, currentRow(pair));
      let group = latest.get(partition);
      if (group?.action !== action) {
        group = { action, partition, pairs: [] };
        latest.set(partition, group);
        groups.push(group);
      }
      group.pairs.push(pair);
    };
    for (let row = 0; row < rowCount(change); row++) {
      const pair = rowPair(change, row);
      if (this.#options.splitKeyChanges === true && changesKey(plan.key, pair)) {
        add('delete', { before: pair.before, after: undefined });
        add('insert', { before: undefined, after: currentRow(pair) });
      } else add(change.action, pair);
    }
    return groups;
  }

  #images(group: RowGroup, plan: Plan): { data: string[]; old: string[]; last: RowImage } {
    const data: string[] = [];
    const old: string[] = [];
    const changed = new Set<number>();
    let last: RowImage = [];
    for (const pair of group.pairs) {
      last = currentRow(pair);
      data.push(rowObject(plan, last, undefined));
      if (group.action !== 'update') continue;
      if (this.#options.accumulateOld !== true) changed.clear();
      addChanged(changed, plan, pair.before ?? [], pair.after ?? []);
      old.push(rowObject(plan, pair.before ?? [], changed));
    }
    return { data, old, last };
  }

  *#ddl(tx: Transaction, change: SchemaChange, context: EncodeContext): Generator<Message> {
    const [effect] = change.effects;
    const name = this.#target(effect, change);
    const members: FlatMembers = {
      data: 'null',
      database: name.database,
      timestamp: change.timestamp,
      isDdl: true,
      mysqlType: 'null',
      old: 'null',
      pkNames: 'null',
      sql: change.statement,
      sqlType: 'null',
      table: name.table,
      type: ddlType(change, effect),
    };
    yield this.#message(tx, members, { type: 'ddl', nowMs: context.nowMs });
  }

  #target(effect: DdlEffect | undefined, change: SchemaChange): TableName {
    const { router } = this.#options;
    if (effect === undefined) return { database: change.database, table: '' };
    if ('database' in effect) {
      return {
        database: router?.targetDatabase(effect.database) ?? effect.database,
        table: '',
      };
    }
    return router?.targetName(effect.table) ?? effect.table;
  }

  #message(
    tx: Transaction,
    members: FlatMembers,
    about: { readonly type: Message['type']; readonly nowMs: number },
  ): Message {
    const gtid = this.#options.gtid === true && tx.gtid !== undefined ? formatGtid(tx.gtid) : '';
    const value =
      `{"data":${members.data},"database":${fastJson(members.database)},` +
      `"es":${members.timestamp * 1000},"gtid":"${gtid}","id":${tx.seq},"isDdl":${members.isDdl},` +
      `"mysqlType":${members.mysqlType},"old":${members.old},"pkNames":${members.pkNames},` +
      `"sql":${fastJson(members.sql)},"sqlType":${members.sqlType},` +
      `"table":${fastJson(members.table)},"ts":${about.nowMs},"type":"${members.type}"}`;
    return {
      key: null,
      value,
      database: members.database,
      table: members.table,
      type: about.type,
      headers: NO_HEADERS,
    };
  }
}

function byName(plan: Plan, text: (column: Plan['columns'][number]) => string): string {
  return `{${plan.columns.map((column) => `${column.label}${text(column)}`).join(',')}}`;
}

/** `only`: indexes of the columns that are wanted; undefined: all that are in the image. */
function rowObject(plan: Plan, row: RowImage, only: ReadonlySet<number> | undefined): string {
  let json = '';
  for (const { index, label, encode } of plan.columns) {
    const value = row[index];
    if (value === undefined || only?.has(index) === false) continue;
    const text = value === null ? 'null' : fastJson(encode.text(value));
    json += json === '' ? label + text : `,${label}${text}`;
  }
  return `{${json}}`;
}

function addChanged(changed: Set<number>, plan: Plan, before: RowImage, after: RowImage): void {
  for (const { index, encode } of plan.columns) {
    const was = before[index];
    const is = after[index];
    if (was === undefined || is === undefined || was === is) continue;
    const isEqual = was !== null && is !== null && encode.text(was) === encode.text(is);
    if (!isEqual) changed.add(index);
  }
}

function ddlType(change: SchemaChange, effect: DdlEffect | undefined): string {
  if (change.subject === 'index') {
    return /^\s*drop/i.test(change.statement) ? 'DINDEX' : 'CINDEX';
  }
  return effect === undefined ? 'QUERY' : DDL_TYPE[effect.kind];
}

/** As fastjson writes a string: the hex digits of control characters are small. */
const fastJson = (text: string): string => JSON.stringify(text);

/** In the order of the columns. */
function keyNames(plan: Plan): string {
  return JSON.stringify(
    plan.columns.filter((column) => plan.key.includes(column)).map((column) => column.name),
  );
}
