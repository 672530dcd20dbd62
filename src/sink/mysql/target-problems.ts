import { quoteAccount } from '../../server/read-grants.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import type { DdlMode } from './ddl/host.ts';
import { quoteName } from '../../server/sql-text.ts';
import { hasPrivilege, missingOn } from './target-privileges.ts';
import type { TargetSettings } from './target-settings.ts';

/** Something about the target that refuses the task's work (error) or may one day (warning). */
export interface TargetProblem {
  readonly severity: 'error' | 'warning' | 'note';
  readonly code: string;
  readonly finding: string;
  /** Statement that mends it; undefined: it takes more than a statement, `finding` says what. */
  readonly fixSql?: string | undefined;
}

/** What the task will do there. */
export interface TargetNeeds {
  /** Names at the target of the databases that are replicated. */
  readonly databases: readonly string[];
  readonly stateDatabase: string;
  readonly ddl: DdlMode;
  readonly sqlLogBin: boolean;
  /** The first copy is loaded by LOAD DATA LOCAL where that is allowed. */
  readonly loadsFiles: boolean;
}

const OLDEST_VERSION = { mysql: 50600, mariadb: 100000 } as const;

const ROW_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
const DDL_PRIVILEGES = ['CREATE', 'ALTER', 'DROP', 'INDEX', 'REFERENCES'] as const;
const STATE_PRIVILEGES = [...ROW_PRIVILEGES, 'CREATE'] as const;

type Check = (settings: TargetSettings, needs: TargetNeeds) => readonly TargetProblem[];

const CHECKS: readonly Check[] = [
  checkVersion,
  checkPrivileges,
  checkReadOnly,
  checkLock,
  checkTimestamp,
  checkPrimaryKeys,
  checkEvents,
  checkLogging,
  checkLoading,
];

export function findTargetProblems(
  settings: TargetSettings,
  needs: TargetNeeds,
): readonly TargetProblem[] {
  return CHECKS.flatMap((check) => check(settings, needs));
}

/** What the sink says when it may not switch the binlog off, as a finding. */
export function logSwitchProblem(info: ServerInfo, account: string): TargetProblem {
  return {
    severity: 'error',
    code: 'TARGET_ACCESS_DENIED',
    finding: `${account} may not set sql_log_bin, and task.target.sql_log_bin is false`,
    fixSql: `GRANT ${logSwitchPrivilege(info)} ON *.* TO ${quoteAccount(account)};`,
  };
}

function logSwitchPrivilege({ flavor, versionNumber }: ServerInfo): string {
  if (flavor === 'mariadb') return versionNumber >= 100502 ? 'BINLOG ADMIN' : 'SUPER';
  return versionNumber >= 80014 ? 'SESSION_VARIABLES_ADMIN' : 'SUPER';
}

function checkVersion({ info }: TargetSettings): readonly TargetProblem[] {
  if (info.versionNumber >= OLDEST_VERSION[info.flavor]) return [];
  const finding = `${info.version} is too old: MySQL from 5.6, MariaDB from 10.0`;
  return [{ severity: 'error', code: 'TARGET_TOO_OLD', finding }];
}

function checkPrivileges(settings: TargetSettings, needs: TargetNeeds): readonly TargetProblem[] {
  const { account, privileges } = settings;
  const names = needs.ddl === 'apply' ? [...ROW_PRIVILEGES, ...DDL_PRIVILEGES] : ROW_PRIVILEGES;
  const wanted = needs.databases.map((database) => ({ database, names }));
  const state = { database: needs.stateDatabase, names: STATE_PRIVILEGES };
  const problems = [...wanted, state].flatMap(({ database, names: all }): TargetProblem[] => {
    const missing = missingOn(privileges, database, all);
    if (missing.length === 0) return [];
    const finding = `${account} lacks ${missing.join(', ')} on ${database}`;
    const fixSql = grantOn(database, missing, account);
    return [{ severity: 'error', code: 'TARGET_ACCESS_DENIED', finding, fixSql }];
  });
  return [...problems, ...checkSight(settings, needs)];
}

/** Without these the servers do not refuse: they show less. */
function checkSight(settings: TargetSettings, needs: TargetNeeds): readonly TargetProblem[] {
  const { account, privileges } = settings;
  const problems: TargetProblem[] = needs.databases
    .filter((database) => missingOn(privileges, database, ['TRIGGER']).length > 0)
    .map((database) => ({
      severity: 'warning',
      code: 'TRIGGERS_HIDDEN',
      finding: `${account} cannot see the triggers of ${database}: one that fires on replicated rows would not be noticed`,
      fixSql: grantOn(database, ['TRIGGER'], account),
    }));
  if (needs.ddl === 'apply' && !hasPrivilege(privileges, 'PROCESS')) {
    problems.push({
      severity: 'warning',
      code: 'TABLE_IDS_HIDDEN',
      finding: `${account} lacks PROCESS: after a crash in the midst of a DDL more of them need a look by hand`,
      fixSql: `GRANT PROCESS ON *.* TO ${quoteAccount(account)};`,
    });
  }
  return problems;
}

function grantOn(database: string, names: readonly string[], account: string): string {
  const pattern = quoteName(database.replace(/[\\_%]/g, '\\$&'));
  return `GRANT ${names.join(', ')} ON ${pattern}.* TO ${quoteAccount(account)};`;
}

function checkReadOnly({ variables, privileges, info }: TargetSettings): readonly TargetProblem[] {
  const isOn = (name: string) => !['OFF', '0', undefined].includes(variables.get(name));
  const problem = (name: string, fixSql?: string): readonly TargetProblem[] => [
    {
      severity: 'error',
      code: 'TARGET_UNAVAILABLE',
      finding: `${name} is on: the target takes no writes`,
      fixSql,
    },
  ];
  if (isOn('innodb_read_only')) return problem('innodb_read_only');
  if (isOn('super_read_only')) return problem('super_read_only', 'SET GLOBAL read_only = OFF;');
  const passes =
    info.flavor === 'mariadb'
      ? hasPrivilege(privileges, info.versionNumber >= 101100 ? 'READ_ONLY ADMIN' : 'SUPER')
      : hasPrivilege(privileges, 'SUPER', 'CONNECTION_ADMIN');
  return isOn('read_only') && !passes ? problem('read_only', 'SET GLOBAL read_only = OFF;') : [];
}

function checkLock({ lockRefusal }: TargetSettings): readonly TargetProblem[] {
  if (lockRefusal === undefined) return [];
  const finding = `the target refuses GET_LOCK, by which one process alone runs a task: ${lockRefusal}`;
  return [{ severity: 'error', code: 'TARGET_LOCK_REFUSED', finding }];
}

/** MariaDB: a DDL runs with the time that it had on the source. */
function checkTimestamp(settings: TargetSettings, needs: TargetNeeds): readonly TargetProblem[] {
  const { variables, privileges } = settings;
  const mode = variables.get('secure_timestamp') ?? 'NO';
  if (needs.ddl !== 'apply' || mode === 'NO') return [];
  if (mode === 'SUPER' && hasPrivilege(privileges, 'SUPER', 'BINLOG REPLAY')) return [];
  const finding = `secure_timestamp is ${mode}: a DDL can't run at the time that it had on the source`;
  return [{ severity: 'error', code: 'TARGET_TIMESTAMP_FIXED', finding }];
}

function checkPrimaryKeys(
  { requiresPrimaryKey }: TargetSettings,
  needs: TargetNeeds,
): readonly TargetProblem[] {
  if (!requiresPrimaryKey || needs.ddl !== 'apply') return [];
  const finding =
    'sql_require_primary_key is on and the account may not switch it off: a CREATE TABLE without a primary key is refused';
  const fixSql = 'SET GLOBAL sql_require_primary_key = OFF;';
  return [{ severity: 'warning', code: 'PRIMARY_KEY_REQUIRED', finding, fixSql }];
}

/** What an event does on the source comes as rows; here it would be done twice. */
function checkEvents({ variables, enabledEvents }: TargetSettings): readonly TargetProblem[] {
  const isRunning = variables.get('event_scheduler') === 'ON';
  return enabledEvents.map(({ database, event }) => ({
    severity: 'warning',
    code: 'EVENT_ENABLED',
    finding: `the event ${database}.${event} is enabled on the target${isRunning ? '' : ' (the scheduler is off now)'}: what it changes there, nobody else knows`,
    fixSql: `ALTER EVENT ${quoteName(database)}.${quoteName(event)} DISABLE;`,
  }));
}

/** READ COMMITTED needs row format; the sink falls back where it may not set it. */
function checkLogging(settings: TargetSettings, needs: TargetNeeds): readonly TargetProblem[] {
  const { variables } = settings;
  const format = variables.get('binlog_format') ?? 'ROW';
  if (!needs.sqlLogBin || variables.get('log_bin') !== 'ON' || format === 'ROW') return [];
  const finding = `the target logs with binlog_format=${format}: its own replicas may differ from it`;
  const fixSql = "SET GLOBAL binlog_format = 'ROW';";
  return [{ severity: 'warning', code: 'TARGET_LOGS_STATEMENTS', finding, fixSql }];
}

function checkLoading({ variables }: TargetSettings, needs: TargetNeeds): readonly TargetProblem[] {
  if (!needs.loadsFiles || variables.get('local_infile') !== 'OFF') return [];
  const finding = 'local_infile is OFF: tailrace snapshot writes by INSERT, which is slower';
  const fixSql = 'SET GLOBAL local_infile = ON;';
  return [{ severity: 'note', code: 'LOAD_DATA_REFUSED', finding, fixSql }];
}
