import type { CheckpointStep } from '../../core/checkpoint.ts';
import type { Transaction } from '../../core/transaction.ts';
import { othersOf } from './group-plans.ts';
import {
  hasUnexpectedWarnings,
  type Expectation,
  type Packet,
  type PlannedStatement,
} from './plan.ts';
import type { OwnedTarget } from './owned-target.ts';
import type { StatementRunner } from './statement-runner.ts';
import { TUNING } from './tuning.ts';

/** What one comparison of a statement's outcome is written as; both read it from the statement right before. */
const ROWS = 'ROW_COUNT()';
const WARNINGS = '@@warning_count';
/** The only error that any server raises from within an expression, and only where it is evaluated. */
const FAIL = 'EXP(710)';

/**
 * A small group in one packet: BEGIN, the checkpoint, the rows, COMMIT. What each statement has to find is compared
 * by the server itself, between the statement and the next, so that nothing is committed that was not met. Each
 * trip to the target and back costs two processes a wake-up, which is most of what a single row takes.
 *
 * MariaDB takes it as one compound statement, which is answered once. The others answer every statement; there the
 * checkpoint's own comparison is part of its UPDATE, by an error where the row holds something else, and by
 * LAST_INSERT_ID where there is no row.
 *
 * Why something was not met is not asked: the group is rolled back and goes the long way, which finds out.
 */
export class OneTrip {
  readonly #target: OwnedTarget;
  readonly #runner: StatementRunner;
  readonly #isCompound: boolean;

  constructor(target: OwnedTarget, runner: StatementRunner) {
    this.#target = target;
    this.#runner = runner;
    const { flavor, versionNumber } = target.session.info;
    this.#isCompound = flavor === 'mariadb' && versionNumber >= 100_101;
  }

  /** The text of the whole transaction; undefined: it has to go the long way. */
  textOf(
    packets: Iterable<Packet>,
    step: CheckpointStep,
    transactions: readonly Transaction[],
  ): Buffer[] | undefined {
    const statements = this.#fitting(packets);
    if (statements === undefined || step.schemaDelta !== undefined) return undefined;
    if (othersOf(transactions).length > 0) return undefined;
    return this.#isCompound ? this.#compound(statements, step) : this.#sequence(statements, step);
  }

  #fitting(packets: Iterable<Packet>): readonly PlannedStatement[] | undefined {
    const [packet, more] = Array.isArray(packets) ? (packets as readonly Packet[]) : [];
    if (packet?.kind !== 'statements' || more !== undefined) return undefined;
    const { statements, sql } = packet;
    const { oneTripStatements, oneTripBytes } = TUNING;
    if (statements.length > oneTripStatements || sql.length > oneTripBytes) return undefined;
    if (!statements.every(({ expected }) => isComparable(expected))) return undefined;
    return this.#runner.canSendAsIs(statements) ? statements : undefined;
  }

  #compound(statements: readonly PlannedStatement[], step: CheckpointStep): Buffer[] {
    const { row } = this.#target;
    const stopUnless = (met: string): string =>
      `;IF NOT(${met}) THEN SIGNAL SQLSTATE '45000';END IF;`;
    const fences = row.moveStatements(step).map((fence) => fence + stopUnless(`${ROWS}=1`));
    const pieces = [text(`${this.#clock()}BEGIN NOT ATOMIC START TRANSACTION;${fences.join('')}`)];
    for (const { sql, expected } of statements) {
      pieces.push(sql, text(stopUnless(metBy(expected))));
    }
    pieces.push(text('COMMIT;END'));
    return pieces;
  }

  #sequence(statements: readonly PlannedStatement[], step: CheckpointStep): Buffer[] | undefined {
    const fence = this.#target.row.raisingMove?.(step, FAIL);
    if (fence === undefined) return undefined;
    const pieces = [text(`${this.#clock()}BEGIN;${fence.statement};`)];
    let before = ` AND ${fence.met}`;
    for (const { sql, expected } of statements) {
      pieces.push(sql, text(`;SET @tailrace=IF(${metBy(expected)}${before},1,${FAIL});`));
      before = '';
    }
    pieces.push(text('COMMIT'));
    return pieces;
  }

  /** Row images before it may have set the session's clock. */
  #clock(): string {
    const { session } = this.#target;
    const isFixed = session.hasFixedTime;
    session.hasFixedTime = false;
    return isFixed ? 'SET timestamp=DEFAULT;' : '';
  }
}

/** The info text of an upsert can't be read within SQL. */
function isComparable(expected: Expectation): boolean {
  return expected.duplicates === undefined;
}

function metBy(expected: Expectation): string {
  const { minAffectedRows: min, maxAffectedRows: max, warnings } = expected;
  const rows = min === max ? `${ROWS}=${min}` : `${ROWS} BETWEEN ${min} AND ${max}`;
  const answer = { affectedRows: min, warningCount: Number.MAX_SAFE_INTEGER, info: '' };
  return hasUnexpectedWarnings(expected, answer) ? `${rows} AND ${WARNINGS}<=${warnings}` : rows;
}

function text(sql: string): Buffer {
  return Buffer.from(sql);
}
