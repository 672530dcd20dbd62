import type { SchemaChange } from '../../../core/change.ts';
import { TailraceError, type ErrorPlace } from '../../../core/errors.ts';
import { formatCoordinates } from '../../../core/position.ts';
import { excerpt } from './excerpt.ts';

export function unrewritable(change: SchemaChange, why: string): TailraceError {
  return new TailraceError(
    'TARGET_DDL_UNREWRITABLE',
    `A DDL cannot be run under the target's names, ${why}: ${excerpt(change.statement)}`,
    { place: placeOf(change) },
  );
}

/**
 * What the target said to a DDL. What may pass and what is about the account stays as it is; all else
 * means that this statement can't be executed here.
 */
export function refusedDdl(error: TailraceError, change: SchemaChange): TailraceError {
  if (error.isTransient || error.code === 'TARGET_ACCESS_DENIED') return error.at(placeOf(change));
  // Refused by ourselves, with its own words.
  if (error.place.errno === undefined) return error;
  const next = ADVICE.get(error.place.errno);
  return new TailraceError(
    'TARGET_STATEMENT_REFUSED',
    `The target refuses a DDL of the source: ${excerpt(change.statement)}: ${error.message}`,
    {
      place: { ...placeOf(change), ...error.place },
      cause: error,
      ...(next === undefined ? {} : { next }),
    },
  );
}

export function placeOf(change: SchemaChange): ErrorPlace {
  return { coordinates: formatCoordinates(change.coordinates) };
}

const SKIP = 'then tailrace position skip --reason TEXT.';
const NO_SYNTAX = `The target's server does not have this syntax: run what is meant there by hand, ${SKIP}`;
const NO_COLLATION = `The target's server does not have this character set or collation: run the statement there by hand with one that both have, ${SKIP}`;
const IS_THERE =
  'The target has it already: if it is the same, tailrace position skip --reason TEXT; else rename or drop it there.';
const IS_MISSING =
  'The target does not have it: if that is as it should be, tailrace position skip --reason TEXT; else make it there.';

/** By what the servers' own numbers mean for a statement that another server took. */
const ADVICE: ReadonlyMap<number | undefined, string> = new Map([
  [1064, NO_SYNTAX],
  [4161, NO_SYNTAX],
  [1115, NO_COLLATION],
  [1253, NO_COLLATION],
  [1273, NO_COLLATION],
  [
    1286,
    `The target's server does not have this storage engine: run the statement there by hand with another, ${SKIP}`,
  ],
  [
    1298,
    'Load the time zone tables on the target (mysql_tzinfo_to_sql); tailrace then goes on from here.',
  ],
  [1007, IS_THERE],
  [1050, IS_THERE],
  [1060, IS_THERE],
  [1061, IS_THERE],
  [1008, IS_MISSING],
  [1049, IS_MISSING],
  [1051, IS_MISSING],
  [1091, IS_MISSING],
  [1146, IS_MISSING],
]);

/**
 * Database exists, is gone; table exists, is gone, is missing; column is there, is unknown; key is there,
 * cannot be dropped; a second primary key; foreign key is there.
 */
const THERE_ALREADY: ReadonlySet<number | undefined> = new Set([
  1007, 1008, 1050, 1051, 1146, 1060, 1054, 1061, 1091, 1068, 1826,
]);

/** The refusal means that the target is as the statement would make it. */
export function saysThatItIsThere(error: TailraceError): boolean {
  return THERE_ALREADY.has(error.place.errno);
}
