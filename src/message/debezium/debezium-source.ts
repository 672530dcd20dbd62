import type { RowsChange, SchemaChange } from '../../core/change.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import type { TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import { jsonString, jsonStringOrNull } from '../json-text.ts';

/** What the connector is called in `source`. */
export interface SourceIdentity {
  readonly version: string;
  /** undefined: by the kind of the transaction's GTID, mysql without one. */
  readonly connector: 'mysql' | 'mariadb' | undefined;
  /** topic.prefix */
  readonly name: string;
}

export interface SourcePlace {
  readonly tx: Transaction;
  readonly change: RowsChange | SchemaChange;
  readonly name: TableName;
  readonly query: string | undefined;
}

/**
 * The `source` block, members in Debezium's order (AbstractSourceInfoStructMaker,
 * BinlogSourceInfoStructMaker), as a function of the row's number in its event: the rest is the same
 * for all rows of a change.
 */
export function sourceBlocks(
  identity: SourceIdentity,
  place: SourcePlace,
): (row: number) => string {
  const { tx, change, name } = place;
  const connector = identity.connector ?? tx.gtid?.flavor ?? 'mysql';
  const seconds = change.timestamp;
  const head =
    `{"version":${jsonString(identity.version)},"connector":"${connector}",` +
    `"name":${jsonString(identity.name)},"ts_ms":${times(seconds, 3)},` +
    `"snapshot":"${tx.origin === 'snapshot' ? 'true' : 'false'}","db":${jsonString(name.database)},` +
    `"sequence":null,"ts_us":${times(seconds, 6)},"ts_ns":${times(seconds, 9)},` +
    `"table":${name.table === '' ? 'null' : jsonString(name.table)},"server_id":${tx.serverId},` +
    `"gtid":${tx.gtid === undefined ? 'null' : `"${formatGtid(tx.gtid)}"`},` +
    `"file":${jsonString(change.coordinates.file)},"pos":${change.coordinates.offset},"row":`;
  const tail = `,"thread":${tx.threadId ?? 'null'},"query":${jsonStringOrNull(place.query)}}`;
  return (row) => `${head}${row}${tail}`;
}

/** `ts_ms`, `ts_us`, `ts_ns`: when it was processed. */
export function processedAt(nowMs: number): string {
  const ms = Math.floor(nowMs);
  return `"ts_ms":${ms},"ts_us":${times(ms, 3)},"ts_ns":${times(ms, 6)}`;
}

/** `value` × 10^`zeros` as digits: nanoseconds are beyond 2^53. */
function times(value: number, zeros: number): string {
  return value === 0 ? '0' : `${value}${'0'.repeat(zeros)}`;
}
