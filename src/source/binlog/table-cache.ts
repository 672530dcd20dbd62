import type { RowsChange } from '../../core/change.ts';
import type { Frame } from '../../core/frame.ts';
import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { RowImages } from '../../core/row.ts';
import type { Router, TableRoute } from '../../core/route.ts';
import type { Table } from '../../core/table.ts';
import type { TableMap } from '../../core/table-map.ts';
import { TailraceError } from '../../core/errors.ts';
import type { DropReason } from './open-group.ts';
import { RowsDecoder, type RowsSlice } from '../../binlog/rows/rows-decoder.ts';
import type { RowsEvent } from '../../binlog/event.ts';
import { changesOfCurrentRows } from './row-versions.ts';

/** The largest slice of one rows event that becomes one change. */
const SLICE_BYTES = 1 << 20;

/** What a table id stands for until the next table map, format description or DDL. */
export interface TableBinding {
  readonly tableMap: TableMap;
  /** Why its rows are not handed on; undefined: they are. */
  readonly dropReason: DropReason | undefined;
  /** The same for what a rule leaves out. */
  readonly dropReasons: Readonly<Record<RowsEvent['action'], DropReason | undefined>>;
  /** The checkpoint table of a tailrace, ours or another's. */
  readonly isCheckpoint: boolean;
  /** Made at the first rows event, so that an unknown table without rows stops nothing. */
  reader: TableReader | undefined;
}

/** What reads the rows of one definition of a table. */
export interface TableReader {
  readonly table: Table;
  readonly route: TableRoute;
  readonly rows: RowsDecoder;
}

/** Recognises the transactions that a tailrace wrote: they begin with this table's row. */
const MARK_TABLES: ReadonlySet<string> = new Set(['tailrace_checkpoint', 'tailrace_partition']);

/** A server that opens tables anew all the time gives them new ids each time, millions in one file. */
const MOST_IDS = 4096;

export interface TableCacheOptions {
  readonly flavor: GtidFlavor;
  readonly router: Router;
  readonly tableFor: (tableMap: TableMap) => Table;
  /** MariaDB logs the steps of a sequence as rows; a sequence is no table of rows. */
  readonly isSequence: (name: TableMap) => boolean;
}

/**
 * Table ids of this connection. An id means what its last table map said; ids start anew with the
 * server, so the cache is cleared with each format description, and with each DDL because a definition
 * may then differ under equal bytes.
 */
export class TableCache {
  readonly #options: TableCacheOptions;
  readonly #bindings = new Map<number, TableBinding>();
  /** Rows follow their table map. */
  #last: TableBinding | undefined;

  constructor(options: TableCacheOptions) {
    this.#options = options;
  }

  clear(): void {
    this.#bindings.clear();
    this.#last = undefined;
  }

  /** Between two transactions, since each brings its own table maps: forgets what is too much. */
  trim(): void {
    if (this.#bindings.size > MOST_IDS) this.clear();
  }

  get size(): number {
    return this.#bindings.size;
  }

  /** The binding of these very bytes, if the id has it: saves parsing the table map again. */
  find(tableId: number, body: Buffer): TableBinding | undefined {
    const binding = this.#bindings.get(tableId);
    // The decoder gives the same object for the same bytes.
    const known = binding?.tableMap.body;
    if (known !== body && known?.equals(body) !== true) return undefined;
    this.#last = binding;
    return binding;
  }

  set(tableMap: TableMap): TableBinding {
    const dropReason = this.#dropReason(tableMap);
    const reasonOf = (action: RowsEvent['action']): DropReason | undefined =>
      dropReason ?? (this.#options.router.isSkipped(tableMap, action) ? 'by_rule' : undefined);
    const binding: TableBinding = {
      tableMap,
      dropReason,
      dropReasons: {
        insert: reasonOf('insert'),
        update: reasonOf('update'),
        delete: reasonOf('delete'),
      },
      isCheckpoint: MARK_TABLES.has(tableMap.table),
      reader: undefined,
    };
    this.#bindings.set(tableMap.tableId, binding);
    this.#last = binding;
    return binding;
  }

  /** Why the rows of this event are left out; undefined: they are not. */
  dropReasonOf({ tableId, action }: Pick<RowsEvent, 'tableId' | 'action'>): DropReason | undefined {
    return this.get(tableId).dropReasons[action];
  }

  lookUp(tableId: number): TableBinding | undefined {
    const last = this.#last;
    if (last?.tableMap.tableId === tableId) return last;
    const binding = this.#bindings.get(tableId);
    if (binding !== undefined) this.#last = binding;
    return binding;
  }

  get(tableId: number): TableBinding {
    const binding = this.lookUp(tableId);
    if (binding === undefined) {
      throw new TailraceError(
        'SOURCE_EVENT_UNDECODABLE',
        `A rows event names table id ${tableId}, but no table map with that id came before it.`,
      );
    }
    return binding;
  }

  readerOf(tableId: number): TableReader {
    const binding = this.get(tableId);
    return (binding.reader ??= this.#open(binding.tableMap));
  }

  /** The changes of one rows event, in slices that fit in memory. */
  changesOf(event: RowsEvent, place: RowsPlace): Iterable<RowsChange> {
    const reader = this.readerOf(event.tableId);
    const slices = reader.rows.decode(event, SLICE_BYTES);
    // Nearly every event is one slice: a generator for it would cost more than the slice.
    if (Array.isArray(slices) && reader.table.versionEnds === undefined) {
      const [images] = slices as readonly RowsSlice[];
      return images === undefined ? [] : [toChange(reader, event, place, images)];
    }
    return changesOfSlices(reader, event, place, slices);
  }

  #dropReason(tableMap: TableMap): DropReason | undefined {
    if (!this.#options.router.isIncluded(tableMap)) return 'filtered';
    return this.#options.isSequence(tableMap) ? 'sequence' : undefined;
  }

  #open(tableMap: TableMap): TableReader {
    const table = this.#options.tableFor(tableMap);
    const rows = new RowsDecoder(tableMap, table, this.#options.flavor);
    return { table, route: this.#options.router.route(table), rows };
  }
}

function* changesOfSlices(
  reader: TableReader,
  event: RowsEvent,
  place: RowsPlace,
  slices: Iterable<RowsSlice>,
): Generator<RowsChange> {
  const { versionEnds } = reader.table;
  for (const images of slices) {
    const change = toChange(reader, event, place, images);
    if (versionEnds === undefined) yield change;
    else yield* changesOfCurrentRows(change, versionEnds);
  }
}

/** Rows whose change is made late: see `isWhole`. */
export function changeOfWhole(
  reader: TableReader,
  event: RowsEvent,
  coordinates: BinlogCoordinates,
): RowsChange {
  const [images] = reader.rows.decode(event, SLICE_BYTES) as readonly [RowsSlice];
  return toChange(reader, event, { coordinates, rowsQuery: undefined }, images);
}

/** It becomes one change whenever it is decoded: one slice, of the event's own bytes, with every row in it. */
export function isWhole(event: RowsEvent, frame: Frame, { table }: TableReader): boolean {
  return (
    !event.isPartial &&
    event.bytes === frame.bytes &&
    event.end - event.start <= SLICE_BYTES &&
    table.versionEnds === undefined
  );
}

type RowsPlace = Pick<RowsChange, 'coordinates' | 'rowsQuery'>;

/** One literal with every field in place: spreading a shared part costs more than all else here. */
function toChange(
  { table, route }: TableReader,
  { header, action, flags }: RowsEvent,
  { coordinates, rowsQuery }: RowsPlace,
  { before, after }: { readonly before?: RowImages; readonly after?: RowImages },
): RowsChange {
  // The decoder gives the images that belong to the event's action.
  return {
    kind: 'rows',
    action,
    before,
    after,
    table,
    route,
    coordinates,
    rowsQuery,
    timestamp: header.timestamp,
    noForeignKeyChecks: (flags & 0x02) !== 0,
    noUniqueChecks: (flags & 0x04) !== 0,
    cascadesLogged: (flags & 0x10) !== 0,
  } as RowsChange;
}
