import type { TargetConfig } from '../../config/schema.ts';
import { charsetOfCollation } from '../../schema/collation-names.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { EndProblem } from './difference-problems.ts';
import type { ServerSettings } from './server-settings.ts';

export interface SettingsOfBoth {
  readonly source: ServerSettings;
  readonly target: ServerSettings;
  /** Those that the target knows. */
  readonly collations: ReadonlySet<string>;
  /** The target knows the source's time zone by its name. */
  readonly isZoneKnown: boolean;
  /** Where a database of the source goes, as a whole. */
  readonly targetDatabase: (database: string) => string | undefined;
  readonly ddl: TargetConfig['ddl'];
}

type Judge = (both: SettingsOfBoth) => readonly EndProblem[];

const JUDGES: readonly Judge[] = [timeZones, sqlModes, serverCollations, databaseCollations];

/** Settings that differ between the ends. Rows arrive exact all the same; what is done besides may not be. */
export function findSettingProblems(both: SettingsOfBoth): readonly EndProblem[] {
  return JUDGES.flatMap((judge) => judge(both));
}

const PLAIN_ZONE = /^(SYSTEM|[+-]\d\d?:\d\d)$/i;

function timeZones({ source, target, isZoneKnown, ddl }: SettingsOfBoth): readonly EndProblem[] {
  const isNamed = !PLAIN_ZONE.test(source.timeZone);
  const problems: EndProblem[] = [];
  if (isNamed && !isZoneKnown && ddl === 'apply') {
    problems.push({
      severity: 'warning',
      end: 'target',
      code: 'TIME_ZONE_UNKNOWN',
      finding: `the target does not know the time zone ${source.timeZone} of the source: a DDL that was run in it stops the task. Load the names: mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql (mariadb-tzinfo-to-sql)`,
    });
  }
  if (source.offsetMinutes === target.offsetMinutes) return problems;
  const zone = isNamed && isZoneKnown ? source.timeZone : offsetText(source.offsetMinutes);
  problems.push({
    severity: 'note',
    end: 'target',
    code: 'TIME_ZONE_DIFFERS',
    finding: `time_zone is ${target.timeZone} (${offsetText(target.offsetMinutes)}), on the source ${source.timeZone} (${offsetText(source.offsetMinutes)}): TIMESTAMP arrives exact, and who reads it there sees it ${Math.abs(source.offsetMinutes - target.offsetMinutes)} minutes apart`,
    fixSql: `SET GLOBAL time_zone = '${zone}';`,
  });
  return problems;
}

function offsetText(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Modes that every server has; ANSI and TRADITIONAL are shown as the ones that they stand for, too. */
const COMMON_MODES = [
  'REAL_AS_FLOAT',
  'PIPES_AS_CONCAT',
  'ANSI_QUOTES',
  'IGNORE_SPACE',
  'ONLY_FULL_GROUP_BY',
  'NO_UNSIGNED_SUBTRACTION',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_BACKSLASH_ESCAPES',
  'STRICT_TRANS_TABLES',
  'STRICT_ALL_TABLES',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'HIGH_NOT_PRECEDENCE',
  'NO_ENGINE_SUBSTITUTION',
  'PAD_CHAR_TO_FULL_LENGTH',
] as const;

function sqlModes({ source, target }: SettingsOfBoth): readonly EndProblem[] {
  const only = (one: ServerSettings, other: ServerSettings): readonly string[] =>
    COMMON_MODES.filter((mode) => one.sqlModes.has(mode) && !other.sqlModes.has(mode));
  const missing = only(source, target);
  const extra = only(target, source);
  if (missing.length === 0 && extra.length === 0) return [];
  const parts = [
    ...(missing.length === 0 ? [] : [`lacks ${missing.join(', ')}`]),
    ...(extra.length === 0 ? [] : [`has ${extra.join(', ')}`]),
  ];
  const others = [...target.sqlModes].filter(
    (mode) => !COMMON_MODES.some((common) => common === mode),
  );
  const wanted = COMMON_MODES.filter((mode) => source.sqlModes.has(mode));
  return [
    {
      severity: 'note',
      end: 'target',
      code: 'SQL_MODE_DIFFERS',
      finding: `sql_mode ${parts.join(' and ')}, other than the source: rows and DDL arrive all the same, and an application that moves here meets other rules`,
      fixSql: `SET GLOBAL sql_mode = '${[...wanted, ...others].join(',')}';`,
    },
  ];
}

function serverCollations({ source, target, collations }: SettingsOfBoth): readonly EndProblem[] {
  if (source.collation === target.collation) return [];
  const { collation } = source;
  const statement = `SET GLOBAL character_set_server = '${charsetOfCollation(collation)}', GLOBAL collation_server = '${collation}';`;
  return [
    {
      severity: 'note',
      end: 'target',
      code: 'COLLATION_DIFFERS',
      finding: `collation_server is ${target.collation}, on the source ${collation}: a database that is made here by hand has other defaults`,
      fixSql: collations.has(collation) ? statement : undefined,
    },
  ];
}

/** A CREATE TABLE that names no character set takes the database's. */
function databaseCollations(both: SettingsOfBoth): readonly EndProblem[] {
  const { source, target, collations, targetDatabase, ddl } = both;
  if (ddl !== 'apply') return [];
  const problems: EndProblem[] = [];
  for (const [database, collation] of source.databases) {
    const there = targetDatabase(database);
    const found = there === undefined ? undefined : target.databases.get(there);
    if (there === undefined || found === undefined || found === collation) continue;
    problems.push({
      severity: 'warning',
      end: 'target',
      code: 'DATABASE_COLLATION_DIFFERS',
      finding: `the database ${there} has the collation ${found}, on the source ${collation}: a new table that names none gets another one here`,
      fixSql: collations.has(collation)
        ? `ALTER DATABASE ${quoteName(there)} CHARACTER SET ${charsetOfCollation(collation)} COLLATE ${collation};`
        : undefined,
    });
  }
  return problems;
}
