import type { TailraceError } from '../../core/errors.ts';
import {
  hasUnexpectedWarnings,
  meetsExpectation,
  type ImagesPacket,
  type PlannedStatement,
  type StatementAnswer,
} from './plan.ts';
import type { TargetTable } from './target-table.ts';
import type { TargetTransaction } from './target-transaction.ts';
import type { StatementReply } from './text-command.ts';
import { harmfulWarnings, readWarnings, SHOW_WARNINGS, type Warning } from './warnings.ts';

/** The first statement whose answer is not what the source's rows make one expect. */
export type Problem =
  | {
      readonly kind: 'refused';
      readonly statement: PlannedStatement;
      readonly error: TailraceError;
    }
  | {
      readonly kind: 'rows';
      readonly statement: PlannedStatement;
      readonly answer: StatementAnswer;
    }
  | {
      readonly kind: 'warnings';
      readonly statement: PlannedStatement;
      /** How many the server counted. */
      readonly count: number;
      /** Empty: they were not asked for. */
      readonly warnings: readonly Warning[];
    };

export interface Sending {
  /** The statements already joined by semicolons. */
  readonly text?: Buffer;
  /** All of it is on its way. */
  readonly onWritten?: () => void;
}

/** What one statement of a sent text is to us. */
type Sent =
  | { readonly kind: 'planned'; readonly statement: PlannedStatement; readonly isWatched: boolean }
  | { readonly kind: 'own' };
const OWN: Sent = { kind: 'own' };
const FK_ON = Buffer.from('SET foreign_key_checks=1');
const FK_OFF = Buffer.from('SET foreign_key_checks=0');

/**
 * Sends planned statements and compares each answer with what was expected. One for each session,
 * because it knows the session's foreign_key_checks.
 *
 * Only the warnings of the last statement can be read, so a statement with warnings in the middle of
 * a text is a problem; when looking closer shows that they are harmless, the table is watched from
 * then on: SHOW WARNINGS follows each of its statements in the same text.
 */
export class StatementRunner {
  readonly #watched: WeakSet<TargetTable>;
  #foreignKeyChecks: boolean | undefined = true;

  /** `watched`: what the runners of several sessions know together. */
  constructor(watched = new WeakSet<TargetTable>()) {
    this.#watched = watched;
  }

  /** From now on its warnings are read each time instead of counting as a problem. */
  watch(table: TargetTable): void {
    this.#watched.add(table);
  }

  async run(
    transaction: TargetTransaction,
    statements: readonly PlannedStatement[],
    { text, onWritten }: Sending = {},
  ): Promise<Problem | undefined> {
    const sent: Sent[] = [];
    const texts = this.#canSendWhole(statements) ? this.#whole(statements, text, sent) : [];
    if (texts.length === 0) this.#single(statements, texts, sent);
    const { replies, failure } = await transaction.execute(texts, onWritten);
    if (failure === undefined) return firstProblem(sent, replies);
    this.#foreignKeyChecks = undefined;
    // A deadlock has undone what an earlier statement did: its answer says nothing any more.
    if (failure.isTransient) throw failure;
    return firstProblem(sent, replies) ?? refused(sent[replies.length], failure);
  }

  /** undefined: all its rows are written. What may pass is thrown. */
  async runImages(
    transaction: TargetTransaction,
    { sql }: ImagesPacket,
    onWritten: () => void,
  ): Promise<TailraceError | undefined> {
    const { failure } = await transaction.executeAlone(sql, onWritten);
    if (failure?.isTransient === true) throw failure;
    return failure;
  }

  /** Runs one statement and looks at its warnings. */
  async runAlone(
    transaction: TargetTransaction,
    statement: PlannedStatement,
  ): Promise<Problem | undefined> {
    const problem = await this.run(transaction, [statement]);
    if (problem?.kind !== 'warnings' || problem.warnings.length > 0) return problem;
    const { replies, failure } = await transaction.execute([SHOW_WARNINGS]);
    if (failure !== undefined) throw failure;
    const warnings = harmfulAmong(replies[0], problem.count);
    if (warnings.length > statement.expected.warnings) {
      return { ...problem, warnings };
    }
    this.watch(statement.binding.target);
    return undefined;
  }

  /** The session is as they need it, and nobody has to look at what they answer. */
  canSendAsIs(statements: readonly PlannedStatement[]): boolean {
    return (
      this.#canSendWhole(statements) && statements[0]?.foreignKeyChecks === this.#foreignKeyChecks
    );
  }

  #canSendWhole(statements: readonly PlannedStatement[]): boolean {
    const first = statements[0]?.foreignKeyChecks;
    return statements.every(
      ({ foreignKeyChecks, binding }) =>
        foreignKeyChecks === first && !this.#watched.has(binding.target),
    );
  }

  #whole(
    statements: readonly PlannedStatement[],
    text: Buffer | undefined,
    sent: Sent[],
  ): Buffer[] {
    const [first] = statements;
    if (text === undefined || first === undefined) return [];
    const texts: Buffer[] = [];
    this.#setForeignKeyChecks(first.foreignKeyChecks, texts, sent);
    texts.push(text);
    for (const statement of statements) {
      sent.push({ kind: 'planned', statement, isWatched: false });
    }
    return texts;
  }

  #single(statements: readonly PlannedStatement[], texts: Buffer[], sent: Sent[]): void {
    for (const statement of statements) {
      this.#setForeignKeyChecks(statement.foreignKeyChecks, texts, sent);
      texts.push(statement.sql);
      const isWatched = this.#watched.has(statement.binding.target);
      sent.push({ kind: 'planned', statement, isWatched });
      if (isWatched) {
        texts.push(SHOW_WARNINGS);
        sent.push(OWN);
      }
    }
  }

  #setForeignKeyChecks(wanted: boolean, texts: Buffer[], sent: Sent[]): void {
    if (wanted === this.#foreignKeyChecks) return;
    this.#foreignKeyChecks = wanted;
    texts.push(wanted ? FK_ON : FK_OFF);
    sent.push(OWN);
  }
}

function firstProblem(
  sent: readonly Sent[],
  replies: readonly StatementReply[],
): Problem | undefined {
  for (const [index, reply] of replies.entries()) {
    const one = sent[index];
    if (one?.kind !== 'planned') continue;
    const { statement } = one;
    if (!meetsExpectation(statement.expected, reply)) {
      return { kind: 'rows', statement, answer: reply };
    }
    if (!hasUnexpectedWarnings(statement.expected, reply)) continue;
    if (!one.isWatched)
      return { kind: 'warnings', statement, count: reply.warningCount, warnings: [] };
    const count = reply.warningCount;
    const warnings = harmfulAmong(replies[index + 1], count);
    if (warnings.length > statement.expected.warnings) {
      return { kind: 'warnings', statement, count, warnings };
    }
  }
  return undefined;
}

/** The server keeps only so many (max_error_count): those that it does not show may be harmful. */
function harmfulAmong(shown: StatementReply | undefined, count: number): readonly Warning[] {
  const warnings = readWarnings(shown?.rows);
  return warnings.length < count ? warnings : harmfulWarnings(warnings);
}

/** A refusal of one of our own statements is nothing that rows could explain. */
function refused(sent: Sent | undefined, error: TailraceError): Problem {
  if (sent?.kind !== 'planned') throw error;
  return { kind: 'refused', statement: sent.statement, error };
}
