import type { ErrorCode } from '../../core/error-codes.ts';
import { TailraceError } from '../../core/errors.ts';
import { quoteAccount } from '../../server/read-grants.ts';
import { keepLongerStatement } from './binlog-retention.ts';
import { missingPrivileges, type GlobalPrivileges } from './source-privileges.ts';
import type { SourceSettings } from './source-settings.ts';

/** Something about the source that has to be mended (error: refused at start) or should be. */
export interface SourceProblem {
  readonly code: ErrorCode | SourceWarning;
  readonly severity: 'error' | 'warning';
  readonly finding: string;
  /** Statement that mends it; undefined: it takes more than a statement, `finding` says what. */
  readonly fixSql: string | undefined;
}

export const SOURCE_WARNINGS = [
  'ROW_IMAGE_NOT_FULL',
  'ROW_METADATA_NOT_FULL',
  'CHECKSUM_OFF',
  'GTID_OFF',
  'GTID_NOT_STRICT',
  'BINLOG_EXPIRES_SOON',
  'BINLOG_FILTERED',
  'REPLICATED_CHANGES_HIDDEN',
  'SELECT_NOT_GLOBAL',
] as const;
export type SourceWarning = (typeof SOURCE_WARNINGS)[number];

const OLDEST_VERSION = { mysql: 50600, mariadb: 100000 } as const;
const SECONDS_A_DAY = 86_400;

type Check = (settings: SourceSettings) => SourceProblem | undefined;

const CHECKS: readonly Check[] = [
  checkVersion,
  checkLogging,
  checkServerId,
  checkFormat,
  checkRowImage,
  checkRowMetadata,
  checkChecksum,
  checkGtids,
  checkExpiry,
  checkFilter,
  checkReplicatedChanges,
];

/** Errors first. */
export function findSourceProblems(
  settings: SourceSettings,
  privileges: GlobalPrivileges,
): readonly SourceProblem[] {
  const found = CHECKS.map((check) => check(settings)).filter((problem) => problem !== undefined);
  const all = [...checkPrivileges(settings, privileges), ...found];
  const errors = all.filter(({ severity }) => severity === 'error');
  return [...errors, ...all.filter(({ severity }) => severity === 'warning')];
}

/** Throws the first error among the problems; warnings pass. */
export function refuseSourceProblems(problems: readonly SourceProblem[], host: string): void {
  const problem = problems.find(isError);
  if (problem === undefined) return;
  const next = problem.fixSql === undefined ? {} : { next: `On the source: ${problem.fixSql}` };
  throw new TailraceError(problem.code, problem.finding, { place: { host }, ...next });
}

function isError(problem: SourceProblem): problem is SourceProblem & { readonly code: ErrorCode } {
  return problem.severity === 'error';
}

function error(code: ErrorCode, finding: string, fixSql?: string): SourceProblem {
  return { code, severity: 'error', finding, fixSql };
}

function warning(code: SourceWarning, finding: string, fixSql?: string): SourceProblem {
  return { code, severity: 'warning', finding, fixSql };
}

function checkPrivileges(
  { account }: SourceSettings,
  privileges: GlobalPrivileges,
): readonly SourceProblem[] {
  const missing = missingPrivileges(privileges);
  const hard = missing.filter((name) => name !== 'SELECT');
  const grant = (names: readonly string[]) =>
    `GRANT ${names.join(', ')} ON *.* TO ${quoteAccount(account)};`;
  const problems: SourceProblem[] = [];
  if (hard.length > 0) {
    const finding = `${account} lacks ${hard.join(' and ')}`;
    problems.push(error('SOURCE_ACCESS_DENIED', finding, grant(hard)));
  }
  if (missing.length > hard.length) {
    const finding = `${account} may not SELECT everywhere: definitions of other tables stay unknown`;
    problems.push(warning('SELECT_NOT_GLOBAL', finding, grant(['SELECT'])));
  }
  return problems;
}

function checkVersion({ info }: SourceSettings): SourceProblem | undefined {
  if (info.versionNumber >= OLDEST_VERSION[info.flavor]) return undefined;
  return error('SOURCE_REFUSED', `${info.version} is too old: MySQL from 5.6, MariaDB from 10.0`);
}

function checkLogging({ isLogging, info }: SourceSettings): SourceProblem | undefined {
  if (isLogging) return undefined;
  const finding = `${info.host} writes no binlog: start it with log_bin, binlog_format=ROW and a server_id`;
  return error('SOURCE_BINLOG_OFF', finding);
}

function checkServerId({ info }: SourceSettings): SourceProblem | undefined {
  if (info.serverId !== 0) return undefined;
  return error(
    'SOURCE_BINLOG_OFF',
    'server_id is 0: no replica is let in',
    'SET GLOBAL server_id = 1;',
  );
}

function checkFormat({ binlogFormat }: SourceSettings): SourceProblem | undefined {
  if (binlogFormat === undefined || binlogFormat === 'ROW') return undefined;
  const finding = `binlog_format is ${binlogFormat}: statements cannot be replicated exactly`;
  return error('SOURCE_NOT_ROW_FORMAT', finding, "SET GLOBAL binlog_format = 'ROW';");
}

function checkRowImage({ rowImage }: SourceSettings): SourceProblem | undefined {
  if (rowImage === undefined || rowImage === 'FULL') return undefined;
  const finding = `binlog_row_image is ${rowImage}: applied row by row, and only where the key is known`;
  return warning('ROW_IMAGE_NOT_FULL', finding, "SET GLOBAL binlog_row_image = 'FULL';");
}

function checkRowMetadata({ rowMetadata }: SourceSettings): SourceProblem | undefined {
  if (rowMetadata === undefined || rowMetadata === 'FULL') return undefined;
  const finding = `binlog_row_metadata is ${rowMetadata}: definitions in the past are known only as far as tailrace followed them`;
  return warning('ROW_METADATA_NOT_FULL', finding, "SET GLOBAL binlog_row_metadata = 'FULL';");
}

function checkChecksum({ checksum }: SourceSettings): SourceProblem | undefined {
  if (checksum !== 'NONE') return undefined;
  const finding = 'binlog_checksum is NONE: a damaged event is noticed only where it breaks';
  return warning('CHECKSUM_OFF', finding, "SET GLOBAL binlog_checksum = 'CRC32';");
}

function checkGtids({ gtidMode, gtidStrictMode }: SourceSettings): SourceProblem | undefined {
  if (gtidStrictMode === 'OFF') {
    const finding = 'gtid_strict_mode is OFF: GTIDs may run backwards within a domain';
    return warning('GTID_NOT_STRICT', finding, 'SET GLOBAL gtid_strict_mode = ON;');
  }
  if (gtidMode === undefined || gtidMode === 'ON') return undefined;
  const finding = `gtid_mode is ${gtidMode}: positions hold only on this one server`;
  return warning('GTID_OFF', finding);
}

function checkExpiry({ expireSeconds, info }: SourceSettings): SourceProblem | undefined {
  if (expireSeconds === 0 || expireSeconds >= SECONDS_A_DAY) return undefined;
  const finding = `the source purges its binlog after ${expireSeconds} s: a longer pause loses the position`;
  return warning('BINLOG_EXPIRES_SOON', finding, keepLongerStatement(info, 7 * SECONDS_A_DAY));
}

function checkFilter({ databaseFilter }: SourceSettings): SourceProblem | undefined {
  if (databaseFilter === '') return undefined;
  const finding = `the source logs only part of its changes (${databaseFilter})`;
  return warning('BINLOG_FILTERED', finding);
}

function checkReplicatedChanges(settings: SourceSettings): SourceProblem | undefined {
  if (!settings.hidesReplicatedChanges) return undefined;
  const finding =
    'the source is a replica with log_slave_updates=OFF: what it replicates is not in its binlog';
  return warning('REPLICATED_CHANGES_HIDDEN', finding);
}
