import type { ImageLead, WireImages } from '../../../core/row.ts';
import { SqlBuffer } from '../sql-buffer.ts';
import type { ImagesPacket } from '../plan.ts';
import type { TableBinding } from '../table-binding.ts';
import { keyCountOf } from './key-count.ts';
import {
  ROWS_FLAG,
  rowsEventHead,
  setEventLength,
  tableMapEvent,
  type EventDialect,
  type RowsAction,
} from './events.ts';

const TIME_AT = 0;

/** What a session that takes row images needs to know about them. */
export interface ImageSettings extends EventDialect {
  /** Bytes of events in one statement. */
  readonly maxEventBytes: number;
  /** The target's own binlog gets the statement's text once for each event in it. */
  readonly repeatsText: boolean;
}

/** Beyond this a text that is repeated for each event costs more than the trip of another statement. */
const REPEATED_BYTES = 64 * 1024;

/** `…ByKey`: of the row before, the event has the key alone. */
export type EventKind = RowsAction | 'updateByKey' | 'deleteByKey';

/** The key of a row as it was. */
export interface KeyPlace {
  readonly images: WireImages;
  readonly row: number;
  readonly lead: ImageLead;
}

/** Constant pieces of one bound table's events. */
interface TableEvents {
  readonly body: Buffer;
  readonly map: Buffer;
  readonly heads: Readonly<Record<EventKind, Buffer>>;
  /** In front of a key: none of its columns is NULL. */
  readonly keyNulls: Buffer;
}

interface OpenEvent {
  readonly binding: TableBinding;
  readonly kind: EventKind;
  readonly body: Buffer;
  readonly keyNulls: Buffer;
  /** Where its table map, the event itself, and its images begin. */
  readonly mapAt: number;
  readonly at: number;
  readonly imagesAt: number;
}

/**
 * Collects row images into rows events, as many rows of one table and kind to an event as come one after the
 * other, and those into BINLOG statements. Images are copied as they stand, neighbours in one go; nothing of
 * them is decoded.
 */
export class ImagesWriter {
  readonly #settings: ImageSettings;
  readonly #tables: TableEventCache;
  readonly #packets: ImagesPacket[] = [];
  #out = new SqlBuffer();
  #open: OpenEvent | undefined;
  #bindings = new Set<TableBinding>();
  #time = 0;
  /** Bytes of one source buffer that are to be copied: neighbours are one copy. */
  #run: Buffer | undefined;
  #runStart = 0;
  #runEnd = 0;

  constructor(settings: ImageSettings, tables: TableEventCache) {
    this.#settings = settings;
    this.#tables = tables;
  }

  /** The rows that follow are of this kind; `time`: when the source wrote them, in seconds. */
  begin(binding: TableBinding, kind: EventKind, { tableMap }: WireImages, time: number): void {
    this.#time = time;
    const open = this.#open;
    const isSame = open?.binding === binding && open.kind === kind;
    if (isSame && open.body === tableMap.body) return;
    this.#endEvent();
    this.#openEvent(binding, kind, tableMap.body);
  }

  /** What follows is an event of its own, even if it is of the same kind. */
  separate(): void {
    this.#endEvent();
  }

  insert(after: WireImages, row: number): void {
    this.#reserve(after.endOf(row) - after.startOf(row));
    this.#copy(after, row);
  }

  update(
    before: WireImages,
    beforeRow: number,
    { after, row }: { after: WireImages; row: number },
  ): void {
    const bytes =
      before.endOf(beforeRow) - before.startOf(beforeRow) + after.endOf(row) - after.startOf(row);
    this.#reserve(bytes);
    this.#copy(before, beforeRow);
    this.#copy(after, row);
  }

  deleteByKey(key: KeyPlace): void {
    this.#reserve(key.images.endOf(key.row) - key.images.startOf(key.row));
    this.#copyKey(key);
  }

  updateByKey(key: KeyPlace, after: WireImages, row: number): void {
    const bytes = key.images.endOf(key.row) - key.images.startOf(key.row);
    this.#reserve(bytes + after.endOf(row) - after.startOf(row));
    this.#copyKey(key);
    this.#copy(after, row);
  }

  /** Forgets what was begun: planning failed half-way. */
  discard(): void {
    this.#flushRun();
    this.#open = undefined;
    this.#out.truncate(0);
    this.#bindings = new Set();
    this.#packets.length = 0;
  }

  takePackets(): readonly ImagesPacket[] {
    this.#closePacket();
    return this.#packets.splice(0);
  }

  #reserve(bytes: number): void {
    const open = this.#open;
    const isFull = this.#length + bytes > this.#settings.maxEventBytes;
    // One row alone may be longer; behind others it waits for the next statement.
    if (open === undefined || !isFull || (open.mapAt === 0 && this.#length === open.imagesAt))
      return;
    this.#closePacket();
    this.#openEvent(open.binding, open.kind, open.body);
  }

  get #length(): number {
    return this.#out.length + this.#runEnd - this.#runStart;
  }

  #copy(images: WireImages, row: number): void {
    const { bytes } = images;
    const start = images.startOf(row);
    if (this.#run !== bytes || this.#runEnd !== start) {
      this.#flushRun();
      this.#run = bytes;
      this.#runStart = start;
    }
    this.#runEnd = images.endOf(row);
  }

  #copyKey({ images, row, lead }: KeyPlace): void {
    this.#flushRun();
    const at = images.startOf(row);
    if (this.#open !== undefined) this.#out.raw(this.#open.keyNulls);
    this.#out.copy(images.bytes, lead.startOf(at), lead.endOf(images.bytes, at));
  }

  #flushRun(): void {
    if (this.#run !== undefined) this.#out.copy(this.#run, this.#runStart, this.#runEnd);
    this.#run = undefined;
    this.#runStart = 0;
    this.#runEnd = 0;
  }

  #openEvent(binding: TableBinding, kind: EventKind, body: Buffer): void {
    const { map, heads, keyNulls } = this.#tables.of(binding, body);
    const mapAt = this.#out.length;
    this.#out.raw(map);
    const at = this.#out.length;
    this.#out.raw(heads[kind]);
    this.#bindings.add(binding);
    this.#open = {
      binding,
      kind,
      body,
      keyNulls,
      mapAt,
      at,
      imagesAt: this.#out.length,
    };
  }

  #endEvent(): void {
    this.#closeEvent();
    if (this.#settings.repeatsText && this.#out.length >= REPEATED_BYTES) this.#closePacket();
  }

  #closeEvent(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.#flushRun();
    if (this.#out.length === open.imagesAt) {
      // MySQL 5.6 and 5.7 crash at an event without rows.
      this.#out.truncate(open.mapAt);
      return;
    }
    const event = this.#out.slice(open.at, this.#out.length);
    setEventLength(event, 0, event.length);
    event.writeUInt32LE(this.#time, TIME_AT);
  }

  #closePacket(): void {
    this.#closeEvent();
    const { length } = this.#out;
    if (length === 0) return;
    this.#packets.push({
      kind: 'images',
      sql: binlogStatement(this.#out.slice(0, length)),
      bindings: [...this.#bindings],
    });
    this.#out.truncate(0);
    this.#bindings = new Set();
  }
}

/** `BINLOG '<base64>'` */
export function binlogStatement(events: Buffer): Buffer {
  const base64 = events.toString('base64');
  const statement = Buffer.allocUnsafeSlow(base64.length + 9);
  statement.latin1Write("BINLOG '", 0);
  statement.latin1Write(base64, 8);
  statement[base64.length + 8] = 0x27;
  return statement;
}

/** Table maps and heads, made once for each bound table; an id names a table for as long as the session lives. */
export class TableEventCache {
  readonly #dialect: EventDialect;
  readonly #known = new WeakMap<TableBinding, TableEvents>();
  #tableId = 0;

  constructor(dialect: EventDialect) {
    this.#dialect = dialect;
  }

  of(binding: TableBinding, body: Buffer): TableEvents {
    const known = this.#known.get(binding);
    if (known?.body === body) return known;
    const tableId = ++this.#tableId;
    const columnCount = binding.source.columns.length;
    const keyCount = keyCountOf(binding);
    const head = (action: RowsAction, keys?: number) => {
      const flags =
        ROWS_FLAG.statementEnd | (binding.hasForeignKeys ? ROWS_FLAG.noForeignKeyChecks : 0);
      return rowsEventHead(this.#dialect, {
        action,
        tableId,
        flags,
        columnCount,
        keyCount: keys,
      });
    };
    const events: TableEvents = {
      body,
      map: tableMapEvent(this.#dialect, {
        name: binding.target.name,
        tableId,
        body,
      }),
      heads: {
        insert: head('insert'),
        update: head('update'),
        delete: head('delete'),
        updateByKey: head('update', keyCount),
        deleteByKey: head('delete', keyCount),
      },
      keyNulls: Buffer.alloc(((keyCount ?? 0) + 7) >> 3),
    };
    this.#known.set(binding, events);
    return events;
  }
}
