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
import { memberFinder, type Members } from '../decode/members.ts';
import {
  fillNulls,
  memberNames,
  OTHER_MEMBERS,
  readRow,
  readRowTo,
  readSomeMembers,
} from '../decode/read-row.ts';
import { TargetLayouts } from '../decode/target-layouts.ts';
import { maxwellReaderOf } from './maxwell-reader.ts';
import { RecentTables, type NamePlace } from './recent-tables.ts';

export interface MaxwellDecoderOptions {
  /** output_nulls: members whose value is null are there. Default true. */
  readonly nulls?: boolean | undefined;
}

const ACTIONS = (
  [
    ['insert', 'insert'],
    ['update', 'update'],
    ['delete', 'delete'],
    ['bootstrap-insert', 'insert'],
  ] as const
).map(([type, action]) => ({ json: Buffer.from(JSON.stringify(type)), type, action }));
type Action = (typeof ACTIONS)[number];

/** Spans of a layout's rows, made once for it. */
interface RowPairSpans {
  readonly before: RowSpans;
  readonly after: RowSpans;
  readonly beforeOnly: readonly RowSpans[];
  readonly afterOnly: readonly RowSpans[];
}

const NAMES = ['database', 'table', 'type', 'ts', 'xid', 'commit', 'data', 'old', 'sql'] as const;
type MaxwellMembers = Members<(typeof NAMES)[number]>;
const NO_ROWS: readonly RowSpans[] = [];
const OPEN_OBJECT = 0x7b;

/**
 * Maxwell JSON: one row a message. `old` has the columns that differ, so the image before is the one after with those
 * put back; in a delete `data` is the row as it was.
 */
export class MaxwellDecoder implements MessageDecoder {
  readonly #layouts: TargetLayouts;
  readonly #hasNulls: boolean;
  readonly #recent = new RecentTables();
  readonly #findMembers: (bytes: Buffer, at: number) => MaxwellMembers;
  #spans = new WeakMap<JsonLayout, RowPairSpans>();
  /** In which the row was read when its member came by. */
  #inPlace: JsonLayout | undefined;
  #rows: MaxwellRows | undefined;

  constructor(tables: MessageTables, options: MaxwellDecoderOptions = {}) {
    this.#layouts = new TargetLayouts(tables, maxwellReaderOf);
    this.#hasNulls = options.nulls ?? true;
    this.#findMembers = memberFinder(NAMES, {
      name: 'data',
      read: (members, start) => this.#readInPlace(members, start),
    });
  }

  forget(): void {
    this.#layouts.forget();
    this.#recent.forget();
    this.#spans = new WeakMap();
  }

  decode({ value }: MessageRecord): DecodedMessage {
    if (value === null) return { kind: 'nothing', reason: 'tombstone' };
    this.#inPlace = undefined;
    const members = this.#findMembers(value, 0);
    const action = ACTIONS.find(({ json }) => members.is('type', json));
    const layout = this.#inPlace as JsonLayout | undefined;
    if (action !== undefined && layout !== undefined && !members.has('sql')) {
      return this.#rowsOf(members, layout, action);
    }
    return this.#decodeSlowly(members);
  }

  /** What is new, or rare. */
  #decodeSlowly(members: MaxwellMembers): DecodedMessage {
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
    const action = ACTIONS.find((one) => one.type === type);
    if (action === undefined) throw fault(`a message of the type "${type}" is not known`, 0);
    if (table === undefined || !members.has('data')) {
      throw fault('no Maxwell message: table or data is missing', 0);
    }
    const name = { database, table };
    const layout = this.#read(members, name, action.action === 'insert');
    if ('kind' in layout) return layout;
    const layouts = this.#layouts.layoutsOf(name);
    if (layouts !== undefined) this.#recent.add(members.bytes, namesOf(members), layouts);
    return this.#rowsOf(members, layout, action);
  }

  #rowsOf(members: MaxwellMembers, layout: JsonLayout, { action, type }: Action): DecodedRows {
    const spans = this.#spansOf(layout);
    const rows = (this.#rows ??= new MaxwellRows(members, layout));
    if (!this.#hasNulls) fillNulls(spans.after);
    if (action === 'update') readBefore(members, layout, spans);
    rows.layout = layout;
    rows.action = action;
    rows.bytes = members.bytes;
    rows.before =
      action === 'insert' ? NO_ROWS : action === 'delete' ? spans.afterOnly : spans.beforeOnly;
    rows.after = action === 'delete' ? NO_ROWS : spans.afterOnly;
    rows.isSnapshot = type === 'bootstrap-insert';
    return rows;
  }

  /** Most messages name their table first: then the row is read in the layout of the one before it. */
  #readInPlace(members: MaxwellMembers, start: number): number {
    this.#inPlace = undefined;
    const { bytes } = members;
    if (bytes[start] !== OPEN_OBJECT || !members.has('database') || !members.has('table')) {
      return OTHER_MEMBERS;
    }
    const { database, table } = namesOf(members);
    const layout = this.#recent.find(bytes, database, table);
    if (layout === undefined) return OTHER_MEMBERS;
    const end = readRowTo(bytes, start, layout, this.#spansOf(layout).after);
    if (end !== OTHER_MEMBERS) this.#inPlace = layout;
    return end;
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
    let spans = this.#spans.get(layout);
    if (spans === undefined) {
      const [before, after] = [createSpans(layout), createSpans(layout)];
      spans = { before, after, beforeOnly: [before], afterOnly: [after] };
      this.#spans.set(layout, spans);
    }
    return spans;
  }
}

/** One for all messages: what few ask for is read when they do. */
class MaxwellRows implements DecodedRows {
  readonly kind = 'rows';
  readonly #members: MaxwellMembers;
  layout: JsonLayout;
  action: DecodedRows['action'] = 'insert';
  bytes: Buffer;
  before = NO_ROWS;
  after = NO_ROWS;
  isSnapshot = false;

  constructor(members: MaxwellMembers, layout: JsonLayout) {
    this.#members = members;
    this.layout = layout;
    this.bytes = members.bytes;
  }

  get transaction(): string | undefined {
    return this.#members.plain('xid');
  }

  get isLast(): boolean {
    return this.#members.has('commit');
  }

  get committedAtMs(): number {
    return this.#members.number('ts') * 1000;
  }
}

function namesOf(members: MaxwellMembers): { database: NamePlace; table: NamePlace } {
  return {
    database: { start: members.start('database'), end: members.end('database') },
    table: { start: members.start('table'), end: members.end('table') },
  };
}

function readBefore(
  members: MaxwellMembers,
  layout: JsonLayout,
  { before, after }: RowPairSpans,
): void {
  before.set(after);
  if (members.has('old')) readSomeMembers(members.bytes, members.start('old'), layout, before);
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
