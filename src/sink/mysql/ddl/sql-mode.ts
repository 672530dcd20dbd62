import type { GtidFlavor } from '../../../core/gtid-set.ts';
import { sqlModesOf } from '../../../core/sql-mode.ts';

/** A statement may mean something else without them, so they can't be left out. */
const MEANINGFUL: readonly string[] = ['ORACLE', 'MAXDB', 'EMPTY_STRING_IS_NULL', 'MYSQL323'];

export interface SqlModeServer {
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
}

export interface TargetSqlMode {
  /** For SET sql_mode. */
  readonly text: string;
  /** Modes that change what a statement means and that the target does not have. */
  readonly missing: readonly string[];
}

/**
 * The source session's sql_mode in words of the target. What the target does not know and what
 * changes nothing is left out. MySQL rounds fractions of seconds and MariaDB cuts them, unless a mode of
 * their own says otherwise; an ALTER that shortens a column shows it.
 */
export function targetSqlMode(
  names: readonly string[] | undefined,
  target: SqlModeServer,
  source: SqlModeServer | undefined,
): TargetSqlMode {
  const wanted = new Set(names);
  const kept = [...wanted].filter((name) => isKnown(name, target));
  const missing = MEANINGFUL.filter((name) => wanted.has(name) && !isKnown(name, target));
  if (source !== undefined && source.flavor !== target.flavor) {
    const fraction = fractionMode(wanted, target, source);
    if (fraction !== undefined) kept.push(fraction);
  }
  return { text: kept.join(','), missing };
}

function isKnown(name: string, { flavor, versionNumber }: SqlModeServer): boolean {
  const majorVersion = Math.floor(versionNumber / 10_000);
  return sqlModesOf({ flavor, majorVersion }).includes(name);
}

function fractionMode(
  wanted: ReadonlySet<string>,
  target: SqlModeServer,
  source: SqlModeServer,
): string | undefined {
  const rounds =
    source.flavor === 'mysql'
      ? !wanted.has('TIME_TRUNCATE_FRACTIONAL')
      : wanted.has('TIME_ROUND_FRACTIONAL');
  if (target.flavor === 'mariadb') return rounds ? 'TIME_ROUND_FRACTIONAL' : undefined;
  return !rounds && target.versionNumber >= 80_000 ? 'TIME_TRUNCATE_FRACTIONAL' : undefined;
}
