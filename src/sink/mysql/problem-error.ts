import { TailraceError, type ErrorPlace } from '../../core/errors.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import { formatCoordinates } from '../../core/position.ts';
import { formatTableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { PlannedStatement } from './plan.ts';
import { formatRowKey } from './row-naming.ts';
import type { Problem } from './statement-runner.ts';

/** A conflict in the sense of `on_conflict`: the target's rows are not what the source's were. */
export function isConflict(problem: Problem): boolean {
  return (
    problem.kind === 'rows' ||
    (problem.kind === 'refused' && problem.error.code === 'TARGET_CONFLICT')
  );
}

/** What an operator reads about a row that could not be applied. */
export function problemError(problem: Problem, transaction: Transaction): TailraceError {
  const place = rowPlace(problem.statement, transaction);
  switch (problem.kind) {
    case 'refused':
      return problem.error.at(place);
    case 'rows':
      return new TailraceError('TARGET_CONFLICT', describeRows(problem), { place });
    case 'warnings': {
      const said = problem.warnings.map(({ errno, message }) => `${message} (${errno})`).join('; ');
      const message = `the target would keep another value than the source has: ${said}`;
      return new TailraceError('TARGET_VALUE_REFUSED', message, { place });
    }
  }
}

function describeRows({ statement, answer }: Extract<Problem, { kind: 'rows' }>): string {
  const { minAffectedRows } = statement.expected;
  const name = formatTableName(statement.binding.target.name);
  const verb = statement.verb.toUpperCase();
  return answer.affectedRows < minAffectedRows
    ? `${verb}: the row is not in ${name} as the source had it (${answer.affectedRows} of ${minAffectedRows} found)`
    : `${verb}: ${name} has ${answer.affectedRows} rows where the source had ${minAffectedRows}`;
}

/** A statement that the target's max_allowed_packet does not let through. */
export function tooLargeError(
  statement: PlannedStatement,
  transaction: Transaction,
  maxTextBytes: number,
): TailraceError {
  const bytes = statement.sql.length;
  return new TailraceError(
    'TARGET_VALUE_REFUSED',
    `the row takes a statement of ${bytes} bytes; the target's max_allowed_packet lets ${maxTextBytes} through`,
    {
      place: rowPlace(statement, transaction),
      next: `SET GLOBAL max_allowed_packet = ${nextPowerOfTwo(bytes * 2)} on the target (and in its configuration file).`,
    },
  );
}

export function rowPlace(statement: PlannedStatement, transaction: Transaction): ErrorPlace {
  const [ref] = statement.rows;
  const place = transactionPlace(transaction);
  if (ref === undefined) return place;
  return {
    ...place,
    coordinates: formatCoordinates(ref.change.coordinates),
    table: formatTableName({ database: ref.change.table.database, table: ref.change.table.name }),
    key: formatRowKey(ref, statement.binding),
  };
}

export function transactionPlace({ gtid, coordinates, seq }: Transaction): ErrorPlace {
  const place = { seq, coordinates: formatCoordinates(coordinates) };
  return gtid === undefined ? place : { ...place, gtid: formatGtid(gtid) };
}

const MAX_PACKET_SETTING = 1024 * 1024 * 1024;

function nextPowerOfTwo(value: number): number {
  return Math.min(MAX_PACKET_SETTING, 2 ** Math.ceil(Math.log2(value)));
}
