import type { Frame } from '../core/frame.ts';
import type { GtidFlavor } from '../core/gtid-set.ts';
import type { BinlogEvent, EventHeader, FormatDescriptionEvent } from './event.ts';
import type { EventView } from './event-view.ts';
import { EVENT, HARMLESS_TYPES, HEADER_FLAG, STATEMENT_PART_NAMES } from './event-types.ts';
import { decodeFormatDescription } from './events/format-description.ts';
import { GtidSourceInterner } from './events/gtid-source.ts';
import { decodeGtid } from './events/gtid.ts';
import { decodeGtidList } from './events/gtid-list.ts';
import { decodeHeader } from './events/header.ts';
import { decodeHeartbeat, decodeHeartbeatV2 } from './events/heartbeat.ts';
import { decodeIncident } from './events/incident.ts';
import { decodeMariadbGtid } from './events/mariadb-gtid.ts';
import { decodePreviousGtids } from './events/previous-gtids.ts';
import { decodeQuery } from './events/query.ts';
import { decodeRotate } from './events/rotate.ts';
import { decodeAnnotateRows, decodeRowsQuery } from './events/rows-query.ts';
import { BitmapCache, decodeRows, isRowsType } from './events/rows.ts';
import type { SqlModeDialect } from '../core/sql-mode.ts';
import { TableMapCache } from './table-map-cache.ts';
import { decodeTaggedGtid } from './events/tagged-gtid.ts';
import { decodeTransactionPayload } from './events/transaction-payload.ts';
import { decodeXaPrepare } from './events/xa-prepare.ts';
import { decodeXid } from './events/xid.ts';
import { LastText } from './last-text.ts';

type DecodeEvent = (frame: Frame, header: EventHeader, decoder: EventDecoder) => BinlogEvent;

/**
 * Turns frames into events. Pure but for the last format description, which says whose events these
 * are, and what it saw of table maps, which come again before every rows event: one decoder for each
 * connection. It works before the first came too, because an artificial
 * rotate event comes before it.
 *
 * Nothing is decoded by guess: what is shorter than it must be or contradicts itself throws
 * SOURCE_EVENT_UNDECODABLE, and what has no decoder and no ignorable flag is 'unknown'.
 */
export class EventDecoder {
  #format: FormatDescriptionEvent | undefined;
  #dialect: SqlModeDialect = { flavor: 'mysql', majorVersion: 8 };
  readonly sources = new GtidSourceInterner();
  readonly tableMaps = new TableMapCache();
  readonly bitmaps = new BitmapCache();
  readonly databases = new LastText();

  get flavor(): GtidFlavor {
    return this.#dialect.flavor;
  }

  get dialect(): SqlModeDialect {
    return this.#dialect;
  }

  /** undefined: no format description yet, or its type is beyond what that names. */
  postHeaderLength(typeCode: number): number | undefined {
    return this.#format?.postHeaderLengths[typeCode - 1];
  }

  header(frame: Frame): EventHeader {
    return decodeHeader(frame);
  }

  decode(frame: Frame): BinlogEvent {
    return this.#decode(frame, decodeHeader(frame));
  }

  /** The same from a view, whose header it reads; the event is good until the view is filled anew. */
  decodeView(view: EventView): BinlogEvent {
    view.readHeader();
    return this.#decode(view, view);
  }

  #decode(frame: Frame, header: EventHeader): BinlogEvent {
    const decodeEvent = DECODERS[header.typeCode];
    return decodeEvent === undefined ? withoutDecoder(header) : decodeEvent(frame, header, this);
  }

  /** The events that follow were written by the server that this describes. */
  setFormat(format: FormatDescriptionEvent): void {
    this.#format = format;
    this.tableMaps.clear();
    const majorVersion = Number.parseInt(format.serverVersion, 10);
    this.#dialect = {
      flavor: format.flavor,
      majorVersion: Number.isNaN(majorVersion) ? 8 : majorVersion,
    };
  }
}

const DECODERS: readonly (DecodeEvent | undefined)[] = makeDecoders();

function makeDecoders(): (DecodeEvent | undefined)[] {
  const decoders: (DecodeEvent | undefined)[] = new Array<undefined>(256).fill(undefined);
  decoders[EVENT.ROTATE] = decodeRotate;
  decoders[EVENT.XID] = decodeXid;
  decoders[EVENT.INCIDENT] = decodeIncident;
  decoders[EVENT.HEARTBEAT] = decodeHeartbeat;
  decoders[EVENT.HEARTBEAT_V2] = decodeHeartbeatV2;
  decoders[EVENT.ROWS_QUERY] = decodeRowsQuery;
  decoders[EVENT.ANNOTATE_ROWS] = decodeAnnotateRows;
  decoders[EVENT.PREVIOUS_GTIDS] = decodePreviousGtids;
  decoders[EVENT.GTID_LIST] = decodeGtidList;
  decoders[EVENT.XA_PREPARE] = decodeXaPrepare;
  decoders[EVENT.TRANSACTION_PAYLOAD] = decodeTransactionPayload;
  decoders[EVENT.MARIADB_GTID] = decodeMariadbGtid;
  decoders[EVENT.GTID] = decodeGtid;
  decoders[EVENT.ANONYMOUS_GTID] = decodeGtid;
  decoders[EVENT.TAGGED_GTID] = (frame, header, { sources }) =>
    decodeTaggedGtid(frame, header, sources);
  decoders[EVENT.QUERY] = decodeQuery;
  decoders[EVENT.QUERY_COMPRESSED] = decodeQuery;
  decoders[EVENT.EXECUTE_LOAD_QUERY] = decodeQuery;
  decoders[EVENT.TABLE_MAP] = (frame, header, { tableMaps, flavor }) =>
    tableMaps.decode(frame, header, flavor);
  decoders[EVENT.FORMAT_DESCRIPTION] = (frame, header, decoder) => {
    const format = decodeFormatDescription(frame, header);
    decoder.setFormat(format);
    return format;
  };
  decoders.forEach((_, typeCode) => {
    if (isRowsType(typeCode)) decoders[typeCode] = decodeRows;
  });
  return decoders;
}

function withoutDecoder(header: EventHeader): BinlogEvent {
  const name = STATEMENT_PART_NAMES.get(header.typeCode);
  if (name !== undefined) return { kind: 'statement-part', header, name };
  const isIgnorable =
    HARMLESS_TYPES.has(header.typeCode) || (header.flags & HEADER_FLAG.IGNORABLE) !== 0;
  return { kind: isIgnorable ? 'ignorable' : 'unknown', header };
}
