import type { CheckpointStep } from '../../core/checkpoint.ts';
import type { TailraceError } from '../../core/errors.ts';
import { schemaStatements } from './checkpoint-row.ts';
import type { OwnedTarget } from './owned-target.ts';
import type { TextResult } from './target-session.ts';
import { TUNING } from './tuning.ts';

const SEPARATOR = Buffer.from(';');

/** What a transaction begins with: the fences come last. */
interface Prologue {
  readonly statements: readonly Buffer[];
  readonly fencesFrom: number;
}

/**
 * One transaction on the target. BEGIN and the checkpoint's UPDATE travel with the first statements
 * in one packet; COMMIT travels alone, because a fence that found no row must stop it.
 */
export class TargetTransaction {
  readonly #target: OwnedTarget;
  readonly #step: CheckpointStep | undefined;
  #hasBegun: boolean;

  /** `step` is undefined while the end of the source's transaction is not known yet. */
  constructor(target: OwnedTarget, step: CheckpointStep | undefined, hasBegun = false) {
    this.#target = target;
    this.#step = step;
    this.#hasBegun = hasBegun;
  }

  /** Every statement commits by itself, unfenced: for tables that take part in no transaction anyway. */
  static none(target: OwnedTarget): TargetTransaction {
    return new TargetTransaction(target, undefined, true);
  }

  /**
   * Runs statements; replies are of these statements alone. Throws CHECKPOINT_MOVED when the
   * checkpoint is no longer ours. `onWritten`: they are all on their way.
   */
  async execute(statements: readonly Buffer[], onWritten?: () => void): Promise<TextResult> {
    const { session } = this.#target;
    if (this.#hasBegun) return session.execute(join(statements), onWritten);
    this.#hasBegun = true;
    const prologue = this.#beginStatements();
    const count = prologue.statements.length;
    const text = join([...prologue.statements, ...statements]);
    if (bytesOf(text) > session.maxTextBytes) {
      this.#checkFences(await session.execute(join(prologue.statements)), prologue);
      return session.execute(join(statements), onWritten);
    }
    const result = await session.execute(text, onWritten);
    this.#checkFences(result, prologue);
    return { replies: result.replies.slice(count), failure: result.failure };
  }

  /** Runs a text that begins and commits by itself. undefined: it is committed. */
  async executeWhole(text: readonly Buffer[]): Promise<TailraceError | undefined> {
    const { session, row } = this.#target;
    this.#hasBegun = true;
    const { failure } = await session.execute(text);
    if (failure === undefined && this.#step !== undefined) row.moved(this.#step);
    return failure;
  }

  /** Runs a statement of ASCII that cannot share its text with others. `prepareAlone` comes first. */
  executeAlone(statement: Buffer, onWritten?: () => void): Promise<TextResult> {
    const { session } = this.#target;
    session.hasFixedTime = true;
    return session.executeAscii(statement, onWritten);
  }

  /** What follows can be undone by itself. The session goes on reading as it does. */
  async savepoint(name: string): Promise<void> {
    const statement = `SAVEPOINT ${name}`;
    if (!this.#hasBegun) {
      await this.runAll([statement]);
      return;
    }
    const { failure } = await this.#target.session.executeAscii(Buffer.from(statement));
    if (failure !== undefined) throw failure;
  }

  /** What has to be sent before a statement that is alone in its text and so long. */
  async prepareAlone(bytes: number): Promise<void> {
    const { session } = this.#target;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      const prologue = this.#beginStatements();
      this.#checkFences(await session.execute(join(prologue.statements)), prologue);
    }
    if (bytes >= TUNING.readBytesFrom) await session.readBytes();
  }

  /** Moves the checkpoint at the end, where it was not known at the beginning. */
  async move(step: CheckpointStep): Promise<void> {
    const { row } = this.#target;
    await this.runAll(row.moveStatements(step), true);
  }

  /** Statements of our own, which have to succeed. */
  async runAll(statements: readonly string[], areFences = false): Promise<void> {
    if (statements.length === 0 && this.#hasBegun) return;
    const { replies, failure } = await this.execute(statements.map((text) => Buffer.from(text)));
    if (failure !== undefined) throw failure;
    if (areFences && replies.some(({ affectedRows }) => affectedRows !== 1)) {
      throw this.#target.row.movedError();
    }
  }

  /** Commits with the schema changes of `step`. A lost reply is the caller's to decide. */
  async commit(step: CheckpointStep | undefined): Promise<void> {
    const { row, session } = this.#target;
    const delta = schemaStatements(row.task, row.tables, step?.schemaDelta);
    await this.runAll(delta);
    await session.run('COMMIT');
    if (step !== undefined) row.moved(step);
  }

  /** Undoes it all; a session that is lost has nothing left to undo. */
  async rollback(): Promise<void> {
    const { session } = this.#target;
    if (this.#hasBegun && session.isAlive) await session.run('ROLLBACK');
  }

  #beginStatements(): Prologue {
    const { row, session } = this.#target;
    const step = this.#step;
    const fences = step === undefined ? row.touchStatements() : row.moveStatements(step);
    const before = session.hasFixedTime ? ['SET timestamp=DEFAULT', 'BEGIN'] : ['BEGIN'];
    session.hasFixedTime = false;
    const statements = [...before, ...fences].map((text) => Buffer.from(text));
    return { statements, fencesFrom: before.length };
  }

  #checkFences({ replies, failure }: TextResult, { statements, fencesFrom }: Prologue): void {
    for (let index = fencesFrom; index < statements.length; index++) {
      const fence = replies[index];
      if (fence === undefined) throw failure ?? this.#target.row.movedError();
      if (fence.affectedRows !== 1) throw this.#target.row.movedError();
    }
  }
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function join(statements: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (const statement of statements) {
    if (pieces.length > 0) pieces.push(SEPARATOR);
    pieces.push(statement);
  }
  return pieces;
}
