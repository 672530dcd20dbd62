import { EventDecoder } from '../../binlog/event-decoder.ts';
import type { RowsEvent } from '../../binlog/event.ts';
import type { Frame } from '../../core/frame.ts';
import { parseTable } from '../../schema/serialize-table.ts';
import { PreparedGroup, readPayload } from './prepared-group.ts';
import { TableCache, type TableCacheOptions } from './table-cache.ts';

/**
 * XA groups between PREPARE and COMMIT. Those prepared while we read are kept here; those of an earlier
 * run are supplied by the caller, from where the sink stored them.
 */
export class XaGroups {
  readonly #tables: Omit<TableCacheOptions, 'tableFor'>;
  readonly #prepared = new Map<string, readonly Uint8Array[]>();
  #formatDescription: Frame | undefined;

  constructor(tables: Omit<TableCacheOptions, 'tableFor'>) {
    this.#tables = tables;
  }

  /** The format description is stored with each group: it says how to read the events. */
  setFormatDescription(frame: Frame): void {
    // Copied: it outlives the socket chunk that it came in.
    const bytes = Buffer.from(frame.bytes.subarray(frame.start, frame.end));
    const { checksumLength } = frame;
    this.#formatDescription = { bytes, start: 0, end: bytes.length, checksumLength };
  }

  start(xid: string): PreparedGroup {
    return new PreparedGroup(xid, this.#formatDescription);
  }

  has(xid: string): boolean {
    return this.#prepared.has(xid);
  }

  keep(xid: string, payload: readonly Uint8Array[]): void {
    this.#prepared.set(xid, payload);
  }

  takeOut(xid: string): readonly Uint8Array[] | undefined {
    const payload = this.#prepared.get(xid);
    this.#prepared.delete(xid);
    return payload;
  }

  /** The rows events of a prepared group with the tables that they were written for. */
  *replay(
    payload: readonly Uint8Array[],
  ): Generator<{ readonly event: RowsEvent; readonly tables: TableCache }> {
    if (payload.length === 0) return;
    const content = readPayload(payload);
    const tables = new TableCache({
      ...this.#tables,
      tableFor: (tableMap) => parseTable(content.tables.get(tableMap.tableId) ?? ''),
    });
    const decoder = new EventDecoder();
    for (const frame of content.frames) {
      const event = decoder.decode(frame);
      if (event.kind === 'table-map') tables.set(event);
      else if (event.kind === 'rows') yield { event, tables };
    }
  }
}
