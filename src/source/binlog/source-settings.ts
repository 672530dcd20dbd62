import type { ServerConnection } from '../../server/connect.ts';
import { readFirstText, readOptionalText, readText, type Row } from '../../server/row-reader.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import { RETENTION_VARIABLES, retentionOf } from './binlog-retention.ts';

/** What matters for reading a source's binlog, as it is set now. undefined: the server has no such setting. */
export interface SourceSettings {
  readonly info: ServerInfo;
  /** `user@host` as the source takes us, for GRANT. */
  readonly account: string;
  readonly isLogging: boolean;
  readonly binlogFormat: string | undefined;
  readonly rowImage: string | undefined;
  readonly rowMetadata: string | undefined;
  readonly checksum: string | undefined;
  /** MySQL. */
  readonly gtidMode: string | undefined;
  /** MariaDB. */
  readonly gtidStrictMode: string | undefined;
  /** How long the source keeps its files; 0: until they are purged by hand. */
  readonly expireSeconds: number;
  /** binlog_do_db and binlog_ignore_db: changes elsewhere never reach the binlog. */
  readonly databaseFilter: string;
  /** A replica that does not log what it gets from its own source. */
  readonly hidesReplicatedChanges: boolean;
}

const VARIABLES = [
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'binlog_checksum',
  'gtid_mode',
  'gtid_strict_mode',
  'log_slave_updates',
  ...RETENTION_VARIABLES,
] as const;

export async function readSourceSettings(connection: ServerConnection): Promise<SourceSettings> {
  const variables = await readVariables(connection);
  const isLogging = variables.get('log_bin') === 'ON';
  const isLoggingUpdates = variables.get('log_slave_updates') === 'ON';
  const [me] = await connection.query('SELECT CURRENT_USER() AS account');
  return {
    info: connection.info,
    account: readText(me, 'account'),
    isLogging,
    binlogFormat: variables.get('binlog_format'),
    rowImage: variables.get('binlog_row_image'),
    rowMetadata: variables.get('binlog_row_metadata'),
    checksum: variables.get('binlog_checksum'),
    gtidMode: variables.get('gtid_mode'),
    gtidStrictMode: variables.get('gtid_strict_mode'),
    expireSeconds: retentionOf(variables).keepsSeconds,
    databaseFilter: isLogging ? await readDatabaseFilter(connection) : '',
    hidesReplicatedChanges: !isLoggingUpdates && (await isReplica(connection)),
  };
}

async function readVariables(connection: ServerConnection): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.query(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${VARIABLES.map(() => '?').join(', ')})`,
    VARIABLES,
  );
  return new Map(rows.map((row) => [readText(row, 'Variable_name'), readText(row, 'Value')]));
}

async function readDatabaseFilter(connection: ServerConnection): Promise<string> {
  const { flavor, versionNumber } = connection.info;
  const isRenamed = flavor === 'mysql' && versionNumber >= 80200;
  const show = isRenamed ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
  const [status] = await queryIfAllowed(connection, show);
  const only = readOptionalText(status, 'Binlog_Do_DB') ?? '';
  const ignored = readOptionalText(status, 'Binlog_Ignore_DB') ?? '';
  return [
    only === '' ? '' : `binlog_do_db = ${only}`,
    ignored === '' ? '' : `binlog_ignore_db = ${ignored}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

async function isReplica(connection: ServerConnection): Promise<boolean> {
  const { flavor, versionNumber } = connection.info;
  if (flavor === 'mariadb') {
    return (await queryIfAllowed(connection, 'SHOW ALL SLAVES STATUS')).length > 0;
  }
  const show = versionNumber >= 80022 ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
  const [status] = await queryIfAllowed(connection, show);
  return readFirstText(status, ['Master_Host', 'Source_Host']) !== undefined;
}

/** Without the privilege the answer is unknown; that the privilege lacks is a finding of its own. */
async function queryIfAllowed(connection: ServerConnection, sql: string): Promise<readonly Row[]> {
  try {
    return await connection.query(sql);
  } catch (error) {
    if (!connection.isAlive) throw error;
    return [];
  }
}
