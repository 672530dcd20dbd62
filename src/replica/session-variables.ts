import { createHash } from 'node:crypto';
import type { ServerInfo } from '../server/server-info.ts';

export interface SessionVariablesOptions {
  readonly serverId: number;
  readonly heartbeatSeconds: number;
}

/** A socket that we pause must not be closed by the server for an hour. */
const NET_WRITE_TIMEOUT_SECONDS = 3600;
/** GTID events are understood; without it the server rewrites them for old replicas. */
const MARIADB_CAPABILITY = 4;

/**
 * What a replica tells the source before it asks for the dump. Under both names: servers from 8.0.26
 * on read source/replica first, older ones know only the others.
 *
 * The checksum is announced whatever the server's setting is today, since else it refuses to send
 * files that were written with one.
 */
export function sessionStatements(
  info: ServerInfo,
  { serverId, heartbeatSeconds }: SessionVariablesOptions,
): readonly string[] {
  const heartbeatNs = Math.round(heartbeatSeconds * 1e9);
  const uuid = replicaUuid(serverId);
  const variables = [
    `@master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32'`,
    `@master_heartbeat_period = ${heartbeatNs}, @source_heartbeat_period = ${heartbeatNs}`,
    `@slave_uuid = '${uuid}', @replica_uuid = '${uuid}'`,
    `SESSION net_write_timeout = ${NET_WRITE_TIMEOUT_SECONDS}`,
  ];
  if (info.flavor === 'mariadb') {
    // Strict: a position that lies in a hole of the binlog is refused instead of taken for near enough.
    variables.push(
      `@mariadb_slave_capability = ${MARIADB_CAPABILITY}`,
      '@slave_gtid_strict_mode = 1, @slave_gtid_ignore_duplicates = 0',
    );
  }
  return [`SET ${variables.join(', ')}`];
}

/**
 * MySQL tells replicas apart by this and not by the server id once it is set. Made from the server id,
 * so that two replicas with the same id stay a conflict that the server notices, and so that a new
 * connection of ours ends the dump thread of the last one.
 */
export function replicaUuid(serverId: number): string {
  const hex = createHash('sha256').update(`tailrace replica ${serverId}`).digest('hex');
  const variant = `8${hex.slice(17, 20)}`;
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant,
    hex.slice(20, 32),
  ].join('-');
}
