import type { DeadLetter } from '../../core/dead-letter.ts';
import type { RowsChange } from '../../core/change.ts';
import type { Transaction } from '../../core/transaction.ts';
import { letterStatement, lettersOf } from './dead-letters.ts';
import type { PlannedStatement, StatementPlanner } from './plan.ts';
import { isConflict, problemError, tooLargeError } from './problem-error.ts';
import type { StateTables } from './state-database.ts';
import type { Problem, StatementRunner } from './statement-runner.ts';
import type { TableBinding } from './table-binding.ts';
import type { TargetTransaction } from './target-transaction.ts';

export const CONFLICT_POLICIES = ['stop', 'overwrite', 'skip'] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

export interface RowReplayOptions {
  readonly task: string;
  readonly tables: StateTables;
  readonly planner: StatementPlanner;
  readonly policy: ConflictPolicy;
  readonly maxTextBytes: number;
  /** The transaction may yet be applied as it is: no policy is followed, the error is thrown. */
  readonly isPatient: (transaction: Transaction) => boolean;
  /** Told of every conflict that a policy settled. */
  readonly onConflict: (letters: readonly DeadLetter[]) => void;
}

export interface RowContext {
  readonly transaction: Transaction;
  readonly binding: TableBinding;
  /** The target has had these rows before: what they meet is no conflict. */
  readonly isReplayed: boolean;
}

/**
 * Applies rows one by one in the order of the source, one round trip each. It is the oracle for the
 * merged way and the only place where a conflict is named and a policy is followed.
 */
export class RowReplay {
  readonly #options: RowReplayOptions;
  readonly #runner: StatementRunner;

  constructor(options: RowReplayOptions, runner: StatementRunner) {
    this.#options = options;
    this.#runner = runner;
  }

  /** Throws at the first row that can't be applied; what went before it is in `target`. */
  async apply(target: TargetTransaction, change: RowsChange, of: RowContext): Promise<void> {
    for (const statement of this.#options.planner.planInOrder(change, of.binding)) {
      this.#checkSize(statement, of.transaction);
      const problem = await this.#runner.runAlone(target, statement);
      if (problem !== undefined) await this.#settle(target, problem, of);
    }
  }

  #checkSize(statement: PlannedStatement, transaction: Transaction): void {
    const { maxTextBytes } = this.#options;
    if (statement.sql.length > maxTextBytes) {
      throw tooLargeError(statement, transaction, maxTextBytes);
    }
  }

  async #settle(
    target: TargetTransaction,
    problem: Problem,
    { transaction, isReplayed }: RowContext,
  ): Promise<void> {
    const { task, tables } = this.#options;
    const error = problemError(problem, transaction);
    if (isKeyTaken(problem)) {
      await this.#overwrite(target, problem, transaction);
      return;
    }
    if (!isConflict(problem)) throw error;
    if (isReplayed) {
      await this.#overwrite(target, problem, transaction);
      return;
    }
    const policy = this.#policyFor(problem.statement.binding);
    if (policy === 'stop' || this.#options.isPatient(transaction)) throw error;
    const letters = lettersOf(problem.statement, transaction, error);
    if (policy === 'overwrite') await this.#overwrite(target, problem, transaction);
    else await target.runAll(letters.map((letter) => letterStatement(task, tables, letter)));
    this.#options.onConflict(letters);
  }

  /** A table without transactions keeps what a run that was cut off had written: it comes a second time. */
  #policyFor({ target }: TableBinding): ConflictPolicy {
    const { policy } = this.#options;
    return policy === 'stop' && !target.isTransactional ? 'overwrite' : policy;
  }

  async #overwrite(
    target: TargetTransaction,
    problem: Problem,
    transaction: Transaction,
  ): Promise<void> {
    const { binding } = problem.statement;
    for (const ref of problem.statement.rows) {
      const statements = this.#options.planner.planOverwrite(ref, binding);
      // A delete that found nothing is done; anything else needs statements.
      if (statements.length === 0 && ref.change.action !== 'delete') {
        throw problemError(problem, transaction);
      }
      for (const statement of statements) {
        this.#checkSize(statement, transaction);
        const again = await this.#runner.runAlone(target, statement);
        if (again !== undefined && again.kind !== 'rows') throw problemError(again, transaction);
      }
    }
  }
}

/**
 * An upsert by key met another row's unique key (its guard says so). Messages that are applied by key hold the whole
 * row, so the row that makes room comes again with the next message about it, or is gone at the source.
 */
function isKeyTaken({ kind, statement }: Problem): boolean {
  return (
    kind === 'refused' &&
    statement.verb === 'upsert' &&
    statement.rows.every(({ change }) => change.byKey === true)
  );
}
