import type { ErrorCode } from '../core/error-codes.ts';
import type { ServerEnd } from './connect-options.ts';

/**
 * What a server's refusal means for us, whichever end it comes from. The numbers are the servers' own
 * (MySQL's errmsg lists, MariaDB's where they differ); the last groups only matter on a target.
 */
export const REFUSALS = [
  'unreachable',
  'lost',
  'busy',
  'unavailable',
  'access',
  'auth',
  'tls',
  'conflict',
  'table-missing',
  'columns-differ',
  'value-refused',
  'binlog-off',
  'refused',
] as const;
export type Refusal = (typeof REFUSALS)[number];

const NUMBERS: Readonly<Partial<Record<Refusal, readonly number[]>>> = {
  /** Too many connections, of this user too; host blocked after many failures: may pass. */
  unreachable: [1040, 1129, 1203, 1226, 2002, 2003, 2005],
  /** Shutdown, killed connection, idle timeout, network faults seen by the server. */
  lost: [1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 4031],
  /** Lock wait, deadlock, lock table full, MariaDB's snapshot isolation, KILL QUERY, statement timeout. */
  busy: [1020, 1205, 1206, 1213, 1317, 1614, 1637, 1689, 1969, 3024, 3058, 3101, 3572],
  /** Read-only server or transaction, disk full, out of memory, table files in use by a backup lock. */
  unavailable: [3, 1021, 1037, 1038, 1041, 1114, 1135, 1223, 1792, 1836, 1874, 3100],
  access: [1044, 1045, 1130, 1142, 1143, 1227, 1370, 1410, 1698, 1820, 1862, 3118, 3955, 4151],
  auth: [1251, 1275, 1524, 2049, 2059],
  tls: [2026, 3159],
  /** Duplicate key, foreign key. */
  conflict: [1022, 1062, 1169, 1216, 1217, 1451, 1452, 1557, 1586, 1761, 1762],
  'table-missing': [1049, 1051, 1146, 1932],
  'columns-differ': [1054, 1136, 1166, 3105, 1906, 1348],
  /** Values that the column's type, nullability or constraint does not take. */
  'value-refused': [
    1048, 1138, 1153, 1264, 1265, 1292, 1364, 1366, 1367, 1406, 1411, 1416, 1439, 1525, 1526, 1534,
    1690, 1748, 3140, 3141, 3156, 3643, 3819, 4025, 4078, 6138,
  ],
  'binlog-off': [1381],
};

const BY_NUMBER: ReadonlyMap<number, Refusal> = new Map(
  Object.entries(NUMBERS).flatMap(([refusal, numbers]) =>
    numbers.map((number) => [number, refusal as Refusal] as const),
  ),
);

/** Error codes that the driver or Node give where no server answered. */
const BY_DRIVER_CODE: ReadonlyMap<string, Refusal> = new Map([
  ...(
    ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'] as const
  ).map((code) => [code, 'unreachable'] as const),
  ...(
    [
      'PROTOCOL_CONNECTION_LOST',
      'PROTOCOL_PACKETS_OUT_OF_ORDER',
      'PROTOCOL_UNEXPECTED_PACKET',
      'PROTOCOL_ERROR',
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ETIMEDOUT',
      'ERR_STREAM_WRITE_AFTER_END',
      'ERR_STREAM_DESTROYED',
      'ERR_STREAM_PREMATURE_CLOSE',
    ] as const
  ).map((code) => [code, 'lost'] as const),
  ['HANDSHAKE_SSL_ERROR', 'tls'],
  ['HANDSHAKE_NO_SSL_SUPPORT', 'tls'],
  ['AUTH_SWITCH_PLUGIN_ERROR', 'auth'],
  ['MYSQL_CLEAR_PASSWORD_NOT_ENABLED', 'auth'],
]);

export interface DriverError {
  readonly code: string;
  readonly errno: number | undefined;
  readonly message: string;
}

/** What a refusal by number, or else by the driver's code, is. */
export function refusalOf(error: DriverError): Refusal {
  if (error.errno === 1290) return isReadOnlyMessage(error.message) ? 'unavailable' : 'refused';
  if (isDiskFull(error)) return 'unavailable';
  const byNumber = error.errno === undefined ? undefined : BY_NUMBER.get(error.errno);
  return byNumber ?? BY_DRIVER_CODE.get(error.code) ?? 'refused';
}

/** 1290 stands for any option that forbids a statement: only the read-only ones may pass. */
function isReadOnlyMessage(message: string): boolean {
  return /read[-_]only/i.test(message);
}

/** Errors of files and engines carry the operating system's number in their text: 28 is ENOSPC. */
function isDiskFull(error: DriverError): boolean {
  const fileErrors = [1026, 1030, 1020, 1025, 1005];
  return (
    error.errno !== undefined &&
    fileErrors.includes(error.errno) &&
    /errno: 28\b|error 28\b|no space left|OS errno 28/i.test(error.message)
  );
}

const CODES: Readonly<Record<ServerEnd, Readonly<Record<Refusal, ErrorCode>>>> = {
  source: {
    unreachable: 'SOURCE_UNREACHABLE',
    lost: 'SOURCE_CONNECTION_LOST',
    busy: 'SOURCE_UNREACHABLE',
    unavailable: 'SOURCE_UNREACHABLE',
    access: 'SOURCE_ACCESS_DENIED',
    auth: 'SOURCE_AUTH_UNAVAILABLE',
    tls: 'SOURCE_TLS',
    conflict: 'SOURCE_REFUSED',
    'table-missing': 'SOURCE_REFUSED',
    'columns-differ': 'SOURCE_REFUSED',
    'value-refused': 'SOURCE_REFUSED',
    'binlog-off': 'SOURCE_BINLOG_OFF',
    refused: 'SOURCE_REFUSED',
  },
  target: {
    unreachable: 'TARGET_UNREACHABLE',
    lost: 'TARGET_CONNECTION_LOST',
    busy: 'TARGET_BUSY',
    unavailable: 'TARGET_UNAVAILABLE',
    access: 'TARGET_ACCESS_DENIED',
    auth: 'TARGET_AUTH_UNAVAILABLE',
    tls: 'TARGET_TLS',
    conflict: 'TARGET_CONFLICT',
    'table-missing': 'TARGET_TABLE_MISSING',
    'columns-differ': 'TARGET_COLUMNS_DIFFER',
    'value-refused': 'TARGET_VALUE_REFUSED',
    'binlog-off': 'TARGET_STATEMENT_REFUSED',
    refused: 'TARGET_STATEMENT_REFUSED',
  },
};

export function codeOf(refusal: Refusal, end: ServerEnd): ErrorCode {
  return CODES[end][refusal];
}
