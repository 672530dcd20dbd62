import type { GtidFlavor } from '../core/gtid-set.ts';
import { readFlag, readNumber, readOptionalText, readText, type Row } from './row-reader.ts';
import type { ServerInfo } from './server-info.ts';

const VERSION = /^(\d+)\.(\d+)\.(\d+)/;

/** 9.7.4 → 90704, 5.7.29-log → 50729, 10.11.19-MariaDB → 101119. */
export function versionNumberOf(version: string): number {
  const match = VERSION.exec(version);
  if (match === null) return 0;
  return Number(match[1]) * 10_000 + Number(match[2]) * 100 + Number(match[3]);
}

export function flavorOf(version: string): GtidFlavor {
  return /mariadb/i.test(version) ? 'mariadb' : 'mysql';
}

export async function readServerInfo(
  host: string,
  query: (sql: string) => Promise<readonly Row[]>,
): Promise<ServerInfo> {
  // VERSION() and not the greeting's: MariaDB puts 5.5.5- before that one.
  const version = readText((await query('SELECT VERSION() AS version'))[0], 'version');
  const flavor = flavorOf(version);
  const versionNumber = versionNumberOf(version);
  const [row] = await query(infoQuery(flavor, versionNumber));
  return {
    host,
    version,
    flavor,
    versionNumber,
    serverId: readNumber(row, 'server_id'),
    serverUuid: readOptionalText(row, 'server_uuid'),
    lowerCaseTableNames: toLowerCaseTableNames(readNumber(row, 'lower_case_table_names')),
    maxAllowedPacket: readNumber(row, 'max_allowed_packet'),
    isReadOnly: readFlag(row, 'read_only') || readFlag(row, 'super_read_only'),
  };
}

function infoQuery(flavor: GtidFlavor, versionNumber: number): string {
  const columns = ['server_id', 'lower_case_table_names', 'max_allowed_packet', 'read_only'];
  if (flavor === 'mysql') {
    columns.push('server_uuid');
    if (versionNumber >= 50708) columns.push('super_read_only');
  }
  return `SELECT ${columns.map((name) => `@@GLOBAL.${name} AS ${name}`).join(', ')}`;
}

function toLowerCaseTableNames(value: number): 0 | 1 | 2 {
  return value === 1 || value === 2 ? value : 0;
}
