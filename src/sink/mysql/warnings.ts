import type { TextRow } from './text-command.ts';

/** One row of SHOW WARNINGS. */
export interface Warning {
  readonly level: string;
  readonly errno: number;
  readonly message: string;
}

/** Deprecations, notes about plans and logging: nothing that was written differs. */
const HARMLESS: ReadonlySet<number> = new Set([
  1051, 1196, 1287, 1364, 1592, 1681, 1739, 3090, 3170, 3719, 3720, 3778, 3779,
]);

/** A value was cut, rounded or replaced; servers call some of these notes (DECIMAL, TIME). */
const VALUE_CHANGED: ReadonlySet<number> = new Set([
  1048, 1261, 1264, 1265, 1292, 1300, 1366, 1406, 1411, 1441, 1690, 3156,
]);

/** The statement that makes the warnings of the one before it readable. */
export const SHOW_WARNINGS = Buffer.from('SHOW WARNINGS');

export function readWarnings(rows: readonly TextRow[] | undefined): Warning[] {
  return (rows ?? []).map(([level, errno, message]) => ({
    level: level ?? '',
    errno: Number(errno ?? 0),
    message: message ?? '',
  }));
}

/**
 * Those that may mean that the target holds something else than the source has. What is not known is
 * taken for one, unless the server itself calls it a note.
 */
export function harmfulWarnings(warnings: readonly Warning[]): Warning[] {
  return warnings.filter(
    ({ level, errno }) =>
      VALUE_CHANGED.has(errno) || (level.toLowerCase() !== 'note' && !HARMLESS.has(errno)),
  );
}
