import type { Frame } from '../core/frame.ts';
import type { GtidFlavor } from '../core/gtid-set.ts';
import type { EventHeader, TableMapEvent } from './event.ts';
import { decodeTableMap, hasTableMapBody, tableMapIdOf } from './events/table-map.ts';

/** Entries are small, but a server makes a new id whenever it opens a table anew. */
const MAX_ENTRIES = 4096;

/**
 * Table maps come before every rows event and are nearly always the same bytes as the last time: they
 * are compared and not decoded again. Equal bytes give the same `body` and `metadata` objects, so that
 * those who come after can tell by identity that nothing changed.
 */
export class TableMapCache {
  readonly #byId = new Map<number, TableMapEvent>();

  decode(frame: Frame, header: EventHeader, flavor: GtidFlavor): TableMapEvent {
    const tableId = tableMapIdOf(frame);
    const known = this.#byId.get(tableId);
    if (known !== undefined && hasTableMapBody(frame, known.body)) return again(known, header);
    const event = decodeTableMap(frame, header, flavor);
    if (this.#byId.size >= MAX_ENTRIES) this.#byId.clear();
    this.#byId.set(tableId, event);
    return event;
  }

  clear(): void {
    this.#byId.clear();
  }
}

/** One literal: now and then V8 makes a spread the slow way, each time, which costs more than all else of an event. */
function again(known: TableMapEvent, header: EventHeader): TableMapEvent {
  return {
    kind: 'table-map',
    header,
    tableId: known.tableId,
    database: known.database,
    table: known.table,
    columnCount: known.columnCount,
    columnTypes: known.columnTypes,
    columnMeta: known.columnMeta,
    nullable: known.nullable,
    metadata: known.metadata,
    body: known.body,
  };
}
