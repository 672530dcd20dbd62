import type { CopyMark, CopyPiece, CopyTable, RowBlock } from '../../../core/copy.ts';
import { TailraceError } from '../../../core/errors.ts';
import { FieldCursor } from '../../../core/field-cursor.ts';
import { formatTableName } from '../../../core/table.ts';
import { createBackoff } from '../../../lib/backoff.ts';
import { sleep } from '../../../lib/sleep.ts';
import { quoteName } from '../../../server/sql-text.ts';
import { quoteTable } from '../ddl/table-sql.ts';
import type { CheckpointRow } from '../checkpoint-row.ts';
import { SqlBuffer } from '../sql-buffer.ts';
import type { TableBinding } from '../table-binding.ts';
import { identityColumns, TableText } from '../table-text.ts';
import { dialectOf } from '../dialect.ts';
import type { TargetSession } from '../target-session.ts';
import { harmfulWarnings, readWarnings, SHOW_WARNINGS } from '../warnings.ts';
import type { CopyMarks } from './copy-marks.ts';
import { beginFenced } from './fence.ts';
import { loadRows, loadStatement, loadText } from './load-data.ts';
import { RowEncoder } from './row-encoder.ts';
import { takesText } from './takes-text.ts';

/** Text of one statement; more rows go into the next. */
const STATEMENT_BYTES = 1024 * 1024;
const ATTEMPTS = 8;
/** Below this a statement is as fast. */
const LOAD_FROM_ROWS = 50;
/** It is in memory as text, too. */
const LOAD_BYTES = 8 * 1024 * 1024;

export interface CopyWriterOptions {
  readonly row: CheckpointRow;
  readonly marks: CopyMarks;
  /** LOAD DATA LOCAL is allowed. */
  readonly mayLoad: boolean;
  readonly binding: (table: CopyTable) => TableBinding;
  readonly signal: AbortSignal;
}

interface StatementForm {
  readonly verb: 'INSERT' | 'REPLACE';
  readonly tail: Buffer | undefined;
}

interface Statement {
  readonly pieces: readonly Buffer[];
  readonly rows: number;
  readonly expectedWarnings: number;
}

/**
 * One connection of a copy. Each piece is one transaction, which begins with a shared lock on the task's
 * checkpoint row at our epoch: who takes the task over waits for it, and what an old connection sends
 * after that finds another epoch and writes nothing.
 */
export class CopyWriter {
  readonly #session: TargetSession;
  readonly #options: CopyWriterOptions;
  readonly #loadable = new WeakMap<TableBinding, boolean>();
  readonly #encoders = new WeakMap<TableBinding, Map<string, RowEncoder>>();
  #names: 'utf8mb4' | 'binary' = 'utf8mb4';

  constructor(session: TargetSession, options: CopyWriterOptions) {
    this.#session = session;
    this.#options = options;
  }

  async write(piece: CopyPiece): Promise<number> {
    const backoff = createBackoff({ minMs: 20, maxMs: 2000 });
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transaction(piece);
      } catch (thrown) {
        const isBusy = thrown instanceof TailraceError && thrown.code === 'TARGET_BUSY';
        if (!isBusy || attempt === ATTEMPTS || !this.#session.isAlive) throw thrown;
        await this.#session.run('ROLLBACK');
        await sleep(backoff.next(), this.#options.signal);
      }
    }
  }

  async sayHello(): Promise<void> {
    await this.#session.run('DO 0');
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  async #transaction(piece: CopyPiece): Promise<number> {
    const binding = this.#options.binding(piece.table);
    if (this.#mayLoad(piece, binding) && (await this.#load(piece, binding))) {
      return (piece.rows as RowBlock).rowCount;
    }
    await this.#begin(piece.rows.kind === 'text' ? 'binary' : 'utf8mb4');
    let written = 0;
    for (const statement of this.#statements(piece, binding)) {
      const affected = await this.#run(statement, binding);
      written += piece.onExisting === 'fail' ? affected : statement.rows;
    }
    await this.#commit(piece.mark);
    return written;
  }

  #mayLoad({ rows, onExisting }: CopyPiece, binding: TableBinding): boolean {
    if (!this.#options.mayLoad || onExisting !== 'fail' || rows.kind !== 'block') return false;
    if (rows.rowCount < LOAD_FROM_ROWS || rows.bytes.length > LOAD_BYTES) return false;
    let takes = this.#loadable.get(binding);
    if (takes === undefined) this.#loadable.set(binding, (takes = takesText(binding)));
    return takes;
  }

  /**
   * False: the rows have to go as statements. LOAD DATA LOCAL makes warnings of bad values and of rows that
   * are there already, so whatever is not as it was sent is taken back, and the statements tell what it is.
   */
  async #load({ rows, mark }: CopyPiece, binding: TableBinding): Promise<boolean> {
    const block = rows as RowBlock;
    await this.#begin('utf8mb4');
    try {
      const statement = loadStatement(binding, block);
      const result = await loadRows(this.#session.connection, statement, loadText(block));
      if (result.affectedRows === block.rowCount && result.warningCount === 0) {
        await this.#commit(mark);
        return true;
      }
    } catch (thrown) {
      if (thrown instanceof TailraceError && thrown.isTransient) throw thrown;
      this.#loadable.set(binding, false);
    }
    await this.#session.run('ROLLBACK');
    return false;
  }

  /** Gives how many rows the server counted. */
  async #run({ pieces, expectedWarnings }: Statement, binding: TableBinding): Promise<number> {
    const { replies, failure } = await this.#session.execute(pieces);
    if (failure !== undefined) throw failure.at({ table: formatTableName(binding.target.name) });
    const [reply] = replies;
    if ((reply?.warningCount ?? 0) > expectedWarnings) {
      await this.#checkWarnings(binding, expectedWarnings);
    }
    return reply?.affectedRows ?? 0;
  }

  async #commit(mark: CopyMark | undefined): Promise<void> {
    if (mark === undefined) {
      await this.#session.run('COMMIT');
      return;
    }
    await this.#useNames('utf8mb4');
    await this.#session.run(`${this.#options.marks.saveStatement(mark)};COMMIT`);
  }

  async #begin(names: 'utf8mb4' | 'binary'): Promise<void> {
    await this.#useNames(names);
    await beginFenced(this.#session, this.#options.row);
  }

  async #useNames(names: 'utf8mb4' | 'binary'): Promise<void> {
    if (this.#names === names) return;
    await this.#session.run(`SET NAMES ${names}`);
    this.#names = names;
  }

  #statements(piece: CopyPiece, binding: TableBinding): Iterable<Statement> {
    const { rows } = piece;
    const { verb, tail } = this.#form(piece, binding);
    const head = Buffer.from(
      `${verb} INTO ${quoteTable(binding.target.name)} (${columnList(binding, rows.columns)}) VALUES `,
    );
    if (rows.kind === 'block') return this.#blockStatements(rows, binding, { head, tail });
    const length = head.length + rows.values.length;
    if (length > this.#session.maxTextBytes) throw tooLarge(binding, length);
    // An empty label is index 0, which always warns: the warnings are looked at then.
    return [{ pieces: [head, rows.values], rows: 0, expectedWarnings: 0 }];
  }

  /** REPLACE would empty columns that the target alone has. */
  #form({ onExisting }: CopyPiece, binding: TableBinding): StatementForm {
    if (onExisting === 'keep') {
      const [first] = identityColumns(binding);
      const name = quoteName(first?.target.name ?? '');
      return { verb: 'INSERT', tail: Buffer.from(` ON DUPLICATE KEY UPDATE ${name}=${name}`) };
    }
    if (onExisting === 'fail') return { verb: 'INSERT', tail: undefined };
    const text = binding.hasExtraColumns
      ? new TableText(binding, dialectOf(this.#session.connection.info))
      : undefined;
    const tail = text?.upsertTail;
    return { verb: tail === undefined ? 'REPLACE' : 'INSERT', tail };
  }

  *#blockStatements(
    block: RowBlock,
    binding: TableBinding,
    { head, tail }: { readonly head: Buffer; readonly tail: Buffer | undefined },
  ): Generator<Statement> {
    const encoder = this.#encoderOf(block, binding);
    const cursor = new FieldCursor(block.bytes);
    const limit = Math.min(STATEMENT_BYTES, this.#session.maxTextBytes);
    for (let done = 0; done < block.rowCount;) {
      const out = new SqlBuffer(Math.min(block.bytes.length * 2, limit) + 1024);
      encoder.expectedWarnings = 0;
      out.raw(head);
      let rows = 0;
      while (done < block.rowCount && out.length < limit * 0.75) {
        if (rows++ > 0) out.ascii(',');
        encoder.encode(cursor, out);
        done++;
      }
      if (tail !== undefined) out.raw(tail);
      if (out.length > this.#session.maxTextBytes) throw tooLarge(binding, out.length);
      const { expectedWarnings } = encoder;
      yield { pieces: [out.slice(0, out.length)], rows, expectedWarnings };
    }
  }

  #encoderOf(block: RowBlock, binding: TableBinding): RowEncoder {
    const key = `${block.columns.join()} ${String(block.hasEnumIndexes)}`;
    const known = this.#encoders.get(binding) ?? new Map<string, RowEncoder>();
    this.#encoders.set(binding, known);
    const encoder = known.get(key) ?? new RowEncoder(binding, block);
    known.set(key, encoder);
    return encoder;
  }

  /** Index 0 of an ENUM is truncated data to the server; everything else that harms is refused. */
  async #checkWarnings(binding: TableBinding, expected: number): Promise<void> {
    const replies = await this.#session.execute([SHOW_WARNINGS]);
    const enums = binding.columns
      .filter(({ target }) => target.dataType === 'enum')
      .map(({ target }) => `'${target.name}'`);
    const harmful = harmfulWarnings(readWarnings(replies.replies[0]?.rows)).filter(
      ({ errno, message }) => errno !== 1265 || !enums.some((name) => message.includes(name)),
    );
    if (harmful.length === 0 || (expected > 0 && harmful.length <= expected)) return;
    const table = formatTableName(binding.target.name);
    throw new TailraceError(
      'TARGET_VALUE_REFUSED',
      `the target does not take a value of ${table} as the source has it: ${harmful[0]?.message ?? ''}`,
      { place: { table } },
    );
  }
}

function columnList(binding: TableBinding, columns: readonly number[]): string {
  return columns
    .map((index) => binding.columns.find((column) => column.index === index)?.target.name ?? '')
    .map(quoteName)
    .join(',');
}

function tooLarge(binding: TableBinding, bytes: number): TailraceError {
  const table = formatTableName(binding.target.name);
  return new TailraceError(
    'TARGET_VALUE_REFUSED',
    `a row of ${table} takes ${bytes} bytes as text, more than max_allowed_packet of the target`,
    {
      place: { table },
      next: `SET GLOBAL max_allowed_packet = ${2 ** Math.ceil(Math.log2(bytes * 1.2))}; on the target.`,
    },
  );
}
