import type { TableName } from '../../core/table.ts';
import type {
  DecodedMessage,
  DecodedRows,
  MessageDecoder,
  MessageRecord,
  MessageTables,
  UnknownTable,
} from '../decode/decoder.ts';
import { createLayout, createSpans, type JsonLayout, type RowSpans } from '../decode/json-rows.ts';
import { arrayElements, fault, isNull } from '../decode/json-scan.ts';
import { memberFinder, type Span } from '../decode/members.ts';
import { memberNames, readRow, readSomeMembers } from '../decode/read-row.ts';
import { TargetLayouts } from '../decode/target-layouts.ts';
import { canalReaderOf } from './canal-reader.ts';

const findMembers = memberFinder([
  'data',
  'database',
  'es',
  'isDdl',
  'mysqlType',
  'old',
  'pkNames',
  'sql',
  'table',
  'type',
]);
type FlatMembers = ReturnType<typeof findMembers>;

const ACTIONS = { INSERT: 'insert', UPDATE: 'update', DELETE: 'delete' } as const;

interface TypedLayout {
  /** `mysqlType` and `pkNames` to the letter. */
  readonly types: Buffer;
  readonly keys: Buffer;
  readonly layout: JsonLayout;
}

/**
 * canal's FlatMessage: all rows of a rows event in one message, with the types that their columns have at the source.
 * `old[i]` holds what changed in `data[i]` (and, from canal itself, what rows before it changed, which is equal).
 */
export class CanalDecoder implements MessageDecoder {
  readonly #tables: MessageTables;
  readonly #untyped: TargetLayouts;
  readonly #layouts = new Map<string, TypedLayout>();

  constructor(tables: MessageTables) {
    this.#tables = tables;
    this.#untyped = new TargetLayouts(tables, canalReaderOf);
  }

  forget(): void {
    this.#layouts.clear();
    this.#untyped.forget();
  }

  decode({ value }: MessageRecord): DecodedMessage {
    if (value === null) return { kind: 'nothing', reason: 'tombstone' };
    const members = findMembers(value, 0);
    const database = members.text('database');
    const type = members.text('type');
    if (database === undefined || type === undefined) {
      throw fault('no flat message of canal: type or database is missing', 0);
    }
    if (members.plain('isDdl') === 'true') return ddl(members, database);
    const table = members.text('table');
    if (!isAction(type)) throw fault(`a message of the type "${type}" is not known`, 0);
    if (table === undefined || !members.has('data')) {
      throw fault('no flat message of canal: table or data is missing', 0);
    }
    return this.#rows(members, { database, table }, ACTIONS[type]);
  }

  #rows(members: FlatMembers, name: TableName, action: DecodedRows['action']): DecodedMessage {
    const { bytes } = members;
    const data = arrayElements(bytes, members.start('data'));
    const layout = this.#layoutOf(members, name, { first: data[0], action });
    if ('kind' in layout) return layout;
    const rows = readAll(bytes, data, layout);
    const isUpdate = action === 'update';
    return {
      kind: 'rows',
      layout,
      action,
      bytes,
      before: isUpdate ? withOld(members, rows, layout) : action === 'delete' ? rows : [],
      after: action === 'delete' ? [] : rows,
      transaction: undefined,
      isLast: false,
      committedAtMs: members.number('es'),
      isSnapshot: false,
    };
  }

  #layoutOf(
    members: FlatMembers,
    name: TableName,
    { first, action }: { readonly first: number | undefined; readonly action: string },
  ): JsonLayout | UnknownTable {
    const { bytes } = members;
    if (!members.has('mysqlType')) {
      const names = first === undefined ? [] : memberNames(bytes, first);
      return this.#untyped.find(name, names, action === 'insert');
    }
    const types = between(bytes, members.span('mysqlType'));
    const keys = between(bytes, members.span('pkNames'));
    const key = `${name.database}\0${name.table}`;
    const known = this.#layouts.get(key);
    if (known?.types.equals(types) === true && known.keys.equals(keys)) return known.layout;
    const { table, members: columns } = this.#tables.fromTypes(
      name,
      Object.entries(JSON.parse(types.toString('utf8')) as Record<string, string>),
      keys.length === 0 ? [] : (JSON.parse(keys.toString('utf8')) as string[]),
    );
    const layout = createLayout(table, canalReaderOf, columns);
    // Copies: a slice would keep the whole fetch in memory.
    this.#layouts.set(key, { types: Buffer.from(types), keys: Buffer.from(keys), layout });
    return layout;
  }
}

function isAction(type: string): type is keyof typeof ACTIONS {
  return type in ACTIONS;
}

function readAll(bytes: Buffer, elements: readonly number[], layout: JsonLayout): RowSpans[] {
  const rows: RowSpans[] = [];
  for (let i = 0; i < elements.length; i += 2) {
    const spans = createSpans(layout);
    const at = elements[i] as number;
    if (!readRow(bytes, at, layout, spans)) {
      spans.fill(0);
      readSomeMembers(bytes, at, layout, spans);
    }
    rows.push(spans);
  }
  return rows;
}

function withOld(members: FlatMembers, rows: readonly RowSpans[], layout: JsonLayout): RowSpans[] {
  const { bytes } = members;
  const old = members.has('old') ? arrayElements(bytes, members.start('old')) : [];
  if (old.length !== rows.length * 2) throw fault('as many old rows as rows are wanted', 0);
  return rows.map((after, index) => {
    const before = after.slice();
    const at = old[index * 2] as number;
    if (!isNull(bytes, at)) readSomeMembers(bytes, at, layout, before);
    return before;
  });
}

function ddl(members: FlatMembers, database: string): DecodedMessage {
  const table = members.text('table') ?? '';
  return {
    kind: 'ddl',
    database,
    statement: members.text('sql') ?? '',
    about: table === '' ? undefined : { database, table },
    committedAtMs: members.number('es'),
  };
}

function between(bytes: Buffer, [start, end]: Span): Buffer {
  return bytes.subarray(start, end);
}
