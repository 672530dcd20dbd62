import type { RowsChange } from '../../core/change.ts';
import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { RowImages } from '../../core/row.ts';
import type { Router, TableRoute } from '../../core/route.ts';
import type { Table } from '../../core/table.ts';
import type { TableMap } from '../../core/table-map.ts';
import { TailraceError } from '../../core/errors.ts';
import type { DropReason } from './open-group.ts';
import { RowsDecoder } from '../../binlog/rows/rows-decoder.ts';
import type { RowsEvent } from '../../binlog/event.ts';
import { changesOfCurrentRows } from './row-versions.ts';

/** The largest slice of one rows event that becomes one change. */
const SLICE_BYTES = 1 << 20;

/** What a table id stands for until the next table map, format description or DDL. */
export interface TableBinding {
  readonly tableMap: TableMap;
  /** Why its rows are not handed on; undefined: they are. */
  readonly dropReason: DropReason | undefined;
  /** The checkpoint table of a tailrace, ours or another's. */
  readonly isCheckpoint: boolean;
  /** Made at the first rows event, so that an unknown table without rows stops nothing. */
  reader:
    { readonly table: Table; readonly route: TableRoute; readonly rows: RowsDecoder } | undefined;
}

/** Recognises the transactions that a tailrace wrote: they begin with this table's row. */
export const CHECKPOINT_TABLE = 'tailrace_checkpoint';

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

  constructor(options: TableCacheOptions) {
    this.#options = options;
  }

  clear(): void {
    this.#bindings.clear();
  }

  /** The binding of these very bytes, if the id has it: saves parsing the table map again. */
  find(tableId: number, body: Buffer): TableBinding | undefined {
    const binding = this.#bindings.get(tableId);
    return binding?.tableMap.body.equals(body) === true ? binding : undefined;
  }

  set(tableMap: TableMap): TableBinding {
    const binding: TableBinding = {
      // The event's bytes are part of a socket chunk: what outlives the batch is copied.
      tableMap: { ...tableMap, body: Buffer.from(tableMap.body) },
      dropReason: this.#dropReason(tableMap),
      isCheckpoint: tableMap.table === CHECKPOINT_TABLE,
      reader: undefined,
    };
    this.#bindings.set(tableMap.tableId, binding);
    return binding;
  }

  get(tableId: number): TableBinding {
    const binding = this.#bindings.get(tableId);
    if (binding === undefined) {
      throw new TailraceError(
        'SOURCE_EVENT_UNDECODABLE',
        `A rows event names table id ${tableId}, but no table map with that id came before it.`,
      );
    }
    return binding;
  }

  /** The changes of one rows event, in slices that fit in memory. */
  *changesOf(event: RowsEvent, place: RowsPlace): Generator<RowsChange> {
    const binding = this.get(event.tableId);
    const reader = (binding.reader ??= this.#open(binding.tableMap));
    for (const images of reader.rows.decode(event, SLICE_BYTES)) {
      const change = toChange(reader, event, place, images);
      const { versionEnds } = reader.table;
      if (versionEnds === undefined) yield change;
      else yield* changesOfCurrentRows(change, versionEnds);
    }
  }

  #dropReason(tableMap: TableMap): DropReason | undefined {
    if (!this.#options.router.isIncluded(tableMap)) return 'filtered';
    return this.#options.isSequence(tableMap) ? 'sequence' : undefined;
  }

  #open(tableMap: TableMap): NonNullable<TableBinding['reader']> {
    const table = this.#options.tableFor(tableMap);
    const rows = new RowsDecoder(tableMap, table, this.#options.flavor);
    return { table, route: this.#options.router.route(table), rows };
  }
}

type RowsPlace = Pick<RowsChange, 'coordinates' | 'rowsQuery'>;

/** One literal with every field in place: spreading a shared part costs more than all else here. */
function toChange(
  { table, route }: NonNullable<TableBinding['reader']>,
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
