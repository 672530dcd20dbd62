import type { TargetConfig, TaskConfig } from '../../config/schema.ts';
import { serverOptions } from '../../config/server-options.ts';
import { TailraceError } from '../../core/errors.ts';
import { normalizeCollation } from '../../schema/collation-names.ts';
import { readOptionalText, readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/connect.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import { findTargetProblems, logSwitchProblem } from '../../sink/mysql/target-problems.ts';
import { openTargetSession, type TargetSession } from '../../sink/mysql/target-session.ts';
import { quoteAccount } from '../../server/read-grants.ts';
import { isRefusal, openImages } from '../../sink/mysql/images/open-images.ts';
import { readTargetSettings, type TargetSettings } from '../../sink/mysql/target-settings.ts';
import { findTableProblems, type RoutedTable } from '../../sink/mysql/target-table-problems.ts';
import { lockName } from '../../sink/mysql/task-lock.ts';
import { formatTableName } from '../../core/table.ts';
import { knowsTimeZone, readServerSettings, type ServerSettings } from './server-settings.ts';
import { readClockOffset } from './clock-offset.ts';
import type { Problem } from './finding.ts';

/** What a check keeps of the target when its connection is closed. */
export interface TargetView {
  readonly info: ServerInfo;
  readonly problems: readonly Problem[];
  readonly clockOffsetMs: number;
  readonly collations: ReadonlySet<string>;
  /** Lower case; those that a CREATE TABLE may name. */
  readonly engines: ReadonlySet<string>;
  readonly isInnodbStrict: boolean;
  /** A process runs this task now: it holds the lock. */
  readonly isTaskRunning: boolean;
  readonly settings: ServerSettings;
  readonly isZoneKnown: boolean;
}

export interface TargetQuestion {
  readonly task: TaskConfig;
  readonly target: TargetConfig;
  /** undefined: the source could not be asked. */
  readonly tables: readonly RoutedTable[] | undefined;
  /** The time zone that the source has set. */
  readonly sourceZone: string | undefined;
  readonly mustExist: boolean;
  readonly signal: AbortSignal;
}

export async function viewTarget(question: TargetQuestion): Promise<TargetView> {
  const { target } = question;
  const { session, isLogSwitchRefused } = await openSession(target, question.signal);
  try {
    return await view(session.connection, question, isLogSwitchRefused);
  } finally {
    await session.close();
  }
}

interface CheckedSession {
  readonly session: TargetSession;
  readonly isLogSwitchRefused: boolean;
}

/** As the sink opens it; without the switch of the binlog where that alone is refused. */
async function openSession(target: TargetConfig, signal: AbortSignal): Promise<CheckedSession> {
  const options = { server: serverOptions(target), sqlLogBin: true };
  const session = await openTargetSession(options, signal);
  if (target.sqlLogBin) return { session, isLogSwitchRefused: false };
  try {
    await session.connection.run('SET SESSION sql_log_bin = 0');
    return { session, isLogSwitchRefused: false };
  } catch (thrown) {
    if (!(thrown instanceof TailraceError) || !session.isAlive) throw thrown;
    return { session, isLogSwitchRefused: true };
  }
}

async function view(
  connection: ServerConnection,
  { task, target, tables = [], mustExist, sourceZone = 'SYSTEM' }: TargetQuestion,
  isLogSwitchRefused: boolean,
): Promise<TargetView> {
  const { stateDatabase, ddl, sqlLogBin, allowNontransactional } = target;
  const databases = [...new Set(tables.map(({ route }) => route.target.database))];
  const settings = await readTargetSettings(connection, databases);
  const loadsFiles = task.snapshot.engine === 'native';
  const needs = { databases, stateDatabase, ddl, sqlLogBin, loadsFiles };
  const { apply } = target;
  const wantsImages = task.source !== undefined && (apply === 'auto' || apply === 'rows');
  const tableNeeds = { allowNontransactional, mustExist, wantsImages };
  return {
    info: connection.info,
    problems: [
      ...findTargetProblems(settings, needs),
      ...(isLogSwitchRefused ? [logSwitchProblem(settings.info, settings.account)] : []),
      ...(await findTableProblems(connection, tables, tableNeeds)),
      ...(wantsImages ? await imageProblems(connection, settings, apply) : []),
      ...signProblems(connection.info, tables),
    ],
    clockOffsetMs: await readClockOffset(connection),
    collations: await readCollations(connection),
    engines: await readEngines(connection),
    isInnodbStrict: isStrict(settings),
    settings: await readServerSettings(connection, databases),
    isZoneKnown: await knowsTimeZone(connection, sourceZone),
    isTaskRunning: await isLockTaken(connection, lockName(task.name, stateDatabase)),
  };
}

/** Whether the session takes the source's row images: found out by asking for it, as the sink does. */
async function imageProblems(
  connection: ServerConnection,
  { account }: TargetSettings,
  apply: TargetConfig['apply'],
): Promise<readonly Problem[]> {
  const opened = await openImages(connection);
  if (!isRefusal(opened)) return opened.repeatsText ? [repeatedText(connection.info, account)] : [];
  const isNeeded = apply === 'rows';
  const finding = isNeeded ? opened.reason : `${opened.reason}: rows are written as SQL, slower`;
  const { mend } = opened;
  const fixSql = mend.kind === 'grant' ? grantRight(mend.right, account) : mend.statement;
  const severity = isNeeded ? 'error' : 'note';
  return [{ severity, code: 'ROW_IMAGES_REFUSED', finding, fixSql }];
}

/** MariaDB keeps texts beside rows for people to read; these are base64, and there is one for each table. */
function repeatedText({ versionNumber }: ServerInfo, account: string): Problem {
  const right = versionNumber >= 100_502 ? 'BINLOG ADMIN' : 'SUPER';
  return {
    severity: 'note',
    code: 'TARGET_LOGS_TEXT',
    finding: `the target's binlog keeps the text of each statement (binlog_annotate_row_events), which for row images is the rows once more; with ${right} the account turns it off for its session`,
    fixSql: grantRight(right, account),
  };
}

function grantRight(right: string, account: string): string {
  return `GRANT ${right} ON *.* TO ${quoteAccount(account)};`;
}

const NO_NEGATIVE_ZERO = 110_000;

/** MariaDB 11.8 takes the sign of a zero away when it comes as SQL. */
function signProblems(
  { flavor, versionNumber }: ServerInfo,
  tables: readonly RoutedTable[],
): readonly Problem[] {
  if (flavor !== 'mariadb' || versionNumber < NO_NEGATIVE_ZERO) return [];
  const signed = tables.find(({ table }) =>
    table.columns.some(({ type }) => type === 'float' || type === 'double'),
  );
  if (signed === undefined) return [];
  const name = formatTableName(signed.route.target);
  const finding = `MariaDB 11 may store 0 for a -0 of FLOAT and DOUBLE (${name}) that is written as SQL; rows that go as images keep it`;
  return [{ severity: 'note', code: 'NEGATIVE_ZERO', finding }];
}

function isStrict({ variables }: TargetSettings): boolean {
  return variables.get('innodb_strict_mode') === 'ON';
}

/** MariaDB lists newer collations once for all character sets, and their full names elsewhere. */
async function readCollations(connection: ServerConnection): Promise<ReadonlySet<string>> {
  const rows = await connection.query(
    'SELECT t.* FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY AS t',
  );
  const names = rows.flatMap((row) => [
    readText(row, 'COLLATION_NAME'),
    readOptionalText(row, 'FULL_COLLATION_NAME') ?? '',
  ]);
  return new Set(names.map(normalizeCollation));
}

async function readEngines(connection: ServerConnection): Promise<ReadonlySet<string>> {
  const rows = await connection.query(
    "SELECT LOWER(ENGINE) AS engine FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT')",
  );
  return new Set(rows.map((row) => readText(row, 'engine')));
}

async function isLockTaken(connection: ServerConnection, name: string): Promise<boolean> {
  try {
    const [row] = await connection.query('SELECT IS_USED_LOCK(?) AS holder', [name]);
    return readOptionalText(row, 'holder') !== undefined;
  } catch (error) {
    // Refused together with GET_LOCK, which is a finding.
    if (!connection.isAlive) throw error;
    return false;
  }
}
