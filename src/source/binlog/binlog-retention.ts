import type { ServerConnection } from '../../server/connect.ts';
import { readText } from '../../server/row-reader.ts';
import type { ServerInfo } from '../../server/server-info.ts';

/** What the source is set to keep of its binlog; 0: no limit of this kind. */
export interface BinlogRetention {
  readonly keepsSeconds: number;
  readonly keepsBytes: number;
}

export const RETENTION_VARIABLES = [
  'expire_logs_days',
  'binlog_expire_logs_seconds',
  'binlog_expire_logs_auto_purge',
  'max_binlog_total_size',
] as const;

const SECONDS_A_DAY = 86_400;

export async function readRetention(connection: ServerConnection): Promise<BinlogRetention> {
  const rows = await connection.query(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${RETENTION_VARIABLES.map(() => '?').join(', ')})`,
    RETENTION_VARIABLES,
  );
  return retentionOf(
    new Map(rows.map((row) => [readText(row, 'Variable_name'), readText(row, 'Value')])),
  );
}

export function retentionOf(variables: ReadonlyMap<string, string>): BinlogRetention {
  const seconds = Number(variables.get('binlog_expire_logs_seconds') ?? '0');
  const days = Number(variables.get('expire_logs_days') ?? '0');
  const isOff = variables.get('binlog_expire_logs_auto_purge') === 'OFF';
  const bySetting = seconds > 0 ? seconds : days * SECONDS_A_DAY;
  return {
    keepsSeconds: isOff ? 0 : bySetting,
    keepsBytes: Number(variables.get('max_binlog_total_size') ?? '0'),
  };
}

/** Makes the source keep its files for so long. */
export function keepLongerStatement(
  { flavor, versionNumber }: Pick<ServerInfo, 'flavor' | 'versionNumber'>,
  seconds: number,
): string {
  const hasSeconds = versionNumber >= (flavor === 'mysql' ? 80_001 : 100_601);
  if (hasSeconds) return `SET GLOBAL binlog_expire_logs_seconds = ${seconds};`;
  return `SET GLOBAL expire_logs_days = ${Math.ceil(seconds / SECONDS_A_DAY)};`;
}
