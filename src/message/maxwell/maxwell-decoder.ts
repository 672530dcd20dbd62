import type { TableName } from '../../core/table.ts';
import type {
  DecodedMessage,
  DecodedRows,
  MessageDecoder,
  MessageRecord,
  MessageTables,
  UnknownTable,
} from '../decode/decoder.ts';
import { createSpans, type JsonLayout, type RowSpans } from '../decode/json-rows.ts';
import { fault } from '../decode/json-scan.ts';
import { memberFinder } from '../decode/members.ts';
import { fillNulls, memberNames, readRow, readSomeMembers } from '../decode/read-row.ts';
import { TargetLayouts } from '../decode/target-layouts.ts';
import { maxwellReaderOf } from './maxwell-reader.ts';

export interface MaxwellDecoderOptions {
  /** output_nulls: members whose value is null are there. Default true. */
  readonly nulls?: boolean | undefined;
}

const ACTIONS = {
  insert: 'insert',
  update: 'update',
  delete: 'delete',
  'bootstrap-insert': 'insert',
} as const;

interface RowPairSpans {
  readonly before: RowSpans;
  readonly after: RowSpans;
}

const findMembers = memberFinder([
  'database',
  'table',
  'type',
  'ts',
  'xid',
  'commit',
  'data',
  'old',
  'sql',
]);
type MaxwellMembers = ReturnType<typeof findMembers>;

/**
 * Maxwell JSON: one row a message. `old` has the columns that differ, so the image before is the one after with those
 * put back; in a delete `data` is the row as it was.
 */
export class MaxwellDecoder implements MessageDecoder {
  readonly #layouts: TargetLayouts;
  readonly #hasNulls: boolean;
  #scratch = new WeakMap<JsonLayout, RowPairSpans>();

  constructor(tables: MessageTables, options: MaxwellDecoderOptions = {}) {
    this.#layouts = new TargetLayouts(tables, maxwellReaderOf);
    this.#hasNulls = options.nulls ?? true;
  }

  forget(): void {
    this.#layouts.forget();
    this.#scratch = new WeakMap();
  }

  decode({ value }: MessageRecord): DecodedMessage {
    if (value === null) return { kind: 'nothing', reason: 'tombstone' };
    const members = findMembers(value, 0);
    const type = members.text('type');
    if (type === 'bootstrap-start' || type === 'bootstrap-complete') {
      return { kind: 'nothing', reason: 'bootstrap' };
    }
    const database = members.text('database');
    const table = members.text('table');
    if (type === undefined || database === undefined) {
      throw fault('no Maxwell message: type or database is missing', 0);
    }
    if (members.has('sql') && !members.has('data')) return ddl(members, database);
    if (!isAction(type)) throw fault(`a message of the type "${type}" is not known`, 0);
    if (table === undefined || !members.has('data')) {
      throw fault('no Maxwell message: table or data is missing', 0);
    }
    return this.#rows(members, { type, name: { database, table } });
  }

  #rows(
    members: MaxwellMembers,
    { type, name }: { readonly type: keyof typeof ACTIONS; readonly name: TableName },
  ): DecodedMessage {
    const action = ACTIONS[type];
    const layout = this.#read(members, name, action === 'insert');
    if ('kind' in layout) return layout;
    const spans = this.#spansOf(layout);
    if (!this.#hasNulls) fillNulls(spans.after);
    return {
      kind: 'rows',
      layout,
      action,
      bytes: members.bytes,
      ...images(members, layout, action, spans),
      transaction: members.plain('xid'),
      isLast: members.has('commit'),
      committedAtMs: members.number('ts') * 1000,
      isSnapshot: type === 'bootstrap-insert',
    };
  }

  /** Reads `data` into the layout's spans for the row as it is now. */
  #read(members: MaxwellMembers, name: TableName, isInsert: boolean): JsonLayout | UnknownTable {
    const at = members.start('data');
    const guess = this.#layouts.guess(name);
    if (guess !== undefined && readRow(members.bytes, at, guess, this.#spansOf(guess).after)) {
      return guess;
    }
    const names = memberNames(members.bytes, at);
    const layout = this.#layouts.find(name, names, isInsert && this.#hasNulls);
    if ('kind' in layout) return layout;
    const { after } = this.#spansOf(layout);
    after.fill(0);
    readSomeMembers(members.bytes, at, layout, after);
    return layout;
  }

  #spansOf(layout: JsonLayout): RowPairSpans {
    let spans = this.#scratch.get(layout);
    if (spans === undefined) {
      spans = { before: createSpans(layout), after: createSpans(layout) };
      this.#scratch.set(layout, spans);
    }
    return spans;
  }
}

function isAction(type: string): type is keyof typeof ACTIONS {
  return type in ACTIONS;
}

function images(
  members: MaxwellMembers,
  layout: JsonLayout,
  action: DecodedRows['action'],
  { before, after }: RowPairSpans,
): Pick<DecodedRows, 'before' | 'after'> {
  if (action === 'insert') return { before: [], after: [after] };
  if (action === 'delete') return { before: [after], after: [] };
  before.set(after);
  if (members.has('old')) readSomeMembers(members.bytes, members.start('old'), layout, before);
  return { before: [before], after: [after] };
}

function ddl(members: MaxwellMembers, database: string): DecodedMessage {
  const table = members.text('table');
  return {
    kind: 'ddl',
    database,
    statement: members.text('sql') ?? '',
    about: table === undefined ? undefined : { database, table },
    // Of DDL in milliseconds.
    committedAtMs: members.number('ts'),
  };
}
