import type { SchemaChange } from '../../../core/change.ts';
import type { Checkpoint } from '../../../core/checkpoint.ts';
import type {
  CopyFit,
  CopyMark,
  CopyPiece,
  CopyTable,
  PollTarget,
  TargetTableState,
} from '../../../core/copy.ts';
import { TailraceError } from '../../../core/errors.ts';
import type { Router } from '../../../core/route.ts';
import type { Position } from '../../../core/position.ts';
import type { SchemaState } from '../../../core/schema-state.ts';
import { formatTableName, type TableName } from '../../../core/table.ts';
import { connectServer } from '../../../server/connect.ts';
import type { ServerOptions } from '../../../server/connect-options.ts';
import { readOptionalText } from '../../../server/row-reader.ts';
import { quoteText } from '../../../server/sql-text.ts';
import { bindTable } from '../bind-table.ts';
import { TargetCatalog } from '../catalog.ts';
import { schemaReplacement } from '../checkpoint-admin.ts';
import { CheckpointRow } from '../checkpoint-row.ts';
import type { DdlSource } from '../ddl/host.ts';
import { quoteTable } from '../ddl/table-sql.ts';
import { keyFromEnd } from './key-from-end.ts';
import { openOwnedTask, type OwnedTarget } from '../owned-target.ts';
import { ReplayMark, replayStatement } from '../replay-mark.ts';
import { applySessionSettings } from '../session-settings.ts';
import type { TableBinding } from '../table-binding.ts';
import type { TargetMark } from '../target-mark.ts';
import { openTargetSession } from '../target-session.ts';
import { TargetTransaction } from '../target-transaction.ts';
import { TUNING } from '../tuning.ts';
import { CopyDdl } from './copy-ddl.ts';
import { CopyMarks, type MarksPurpose } from './copy-marks.ts';
import { beginFenced } from './fence.ts';
import { CopyWriter } from './copy-writer.ts';
import { takesText } from './takes-text.ts';

export interface MysqlCopyTargetOptions {
  readonly task: string;
  readonly server: ServerOptions;
  readonly stateDatabase: string;
  readonly sqlLogBin: boolean;
  readonly allowNontransactional: boolean;
  readonly router: Router;
  readonly writers: number;
  readonly source?: DdlSource;
  /** Whose marks are stored with the rows. */
  readonly purpose?: MarksPurpose;
}

/** Connects, takes the task's lock and raises its epoch: writers of an older process are shut out. */
export async function openMysqlCopyTarget(
  options: MysqlCopyTargetOptions,
  signal: AbortSignal,
): Promise<PollTarget> {
  const owned = await openOwnedTask(options, signal);
  const target = new MysqlCopyTarget(owned, options, signal);
  try {
    await target.openWriters();
    return target;
  } catch (thrown) {
    await target.close();
    throw thrown;
  }
}

/**
 * Beside a sink that owns the task, under its epoch: whoever takes the task over shuts this out as well. Its record
 * is that of added tables.
 */
export async function openCopyTargetBeside(
  { row, host }: { readonly row: TargetMark; readonly host: string },
  options: MysqlCopyTargetOptions,
  signal: AbortSignal,
): Promise<PollTarget> {
  if (!(row instanceof CheckpointRow))
    throw new TailraceError('INTERNAL_FAULT', 'no task is owned');
  const server = { ...options.server, hosts: [host] };
  const at = { ...options, server, purpose: 'addedTable' } as const;
  const session = await openTargetSession(at, signal);
  const replay = new ReplayMark(undefined, undefined);
  const target = new MysqlCopyTarget({ session, row, replay }, at, signal);
  try {
    await target.openWriters();
    return target;
  } catch (thrown) {
    await target.close();
    throw thrown;
  }
}

/**
 * The target of a copy. One connection owns the task (lock, epoch, the copy's record), others write
 * rows, one more runs DDL.
 */
class MysqlCopyTarget implements PollTarget {
  readonly #owned: OwnedTarget<CheckpointRow>;
  readonly #options: MysqlCopyTargetOptions;
  readonly #signal: AbortSignal;
  readonly #marks: CopyMarks;
  readonly #catalog: TargetCatalog;
  readonly #ddl: CopyDdl;
  readonly #bindings = new Map<CopyTable, TableBinding>();
  readonly #writers: CopyWriter[] = [];
  /** Statements of the owning connection come from several tables: one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  /** An index may take an hour to build; the record goes on meanwhile. */
  #ddlQueue: Promise<unknown> = Promise.resolve();
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(
    owned: OwnedTarget<CheckpointRow>,
    options: MysqlCopyTargetOptions,
    signal: AbortSignal,
  ) {
    this.#owned = owned;
    this.#options = options;
    this.#signal = signal;
    const { row, session } = owned;
    this.#marks = new CopyMarks(row.task, row.tables, options.purpose);
    this.#catalog = new TargetCatalog(() => session.connection);
    this.#ddl = new CopyDdl(
      {
        ...options,
        mode: 'apply',
        connect: (abort) => this.#connect(abort),
        commit: () => Promise.resolve(),
      },
      signal,
    );
  }

  get writerCount(): number {
    return this.#writers.length;
  }

  async openWriters(): Promise<void> {
    const { row, session: owner } = this.#owned;
    const [setting] = await owner.connection.query("SHOW GLOBAL VARIABLES LIKE 'local_infile'");
    const mayLoad = readOptionalText(setting, 'Value') === 'ON';
    for (let index = 0; index < this.#options.writers; index++) {
      const session = await openTargetSession(this.#options, this.#signal);
      await session.run('SET foreign_key_checks = 0, unique_checks = 0');
      this.#writers.push(
        new CopyWriter(session, {
          row,
          marks: this.#marks,
          mayLoad,
          binding: (table) => this.#bindingOf(table),
          signal: this.#signal,
        }),
      );
    }
    this.#keepAlive = setInterval(() => {
      this.#sayHello();
    }, TUNING.keepAliveMs);
    this.#keepAlive.unref();
  }

  loadMarks(): Promise<ReadonlyMap<string, string>> {
    return this.#inTurn(() => this.#marks.load(this.#owned.session.connection));
  }

  saveMarks(marks: readonly CopyMark[]): Promise<void> {
    return this.#commit(marks.map((mark) => this.#marks.saveStatement(mark)));
  }

  stateOf(name: TableName): Promise<TargetTableState> {
    return this.#inTurn(async () => {
      await this.#catalog.load([name]);
      if (this.#catalog.get(name) === undefined) return { exists: false, hasRows: false };
      const { connection } = this.#owned.session;
      const rows = await connection.query(`SELECT 1 FROM ${quoteTable(name)} LIMIT 1`);
      return { exists: true, hasRows: rows.length > 0 };
    });
  }

  createDatabase(name: string, charset: string, collation: string): Promise<void> {
    return this.#ddlInTurn(() => this.#ddl.createDatabase(name, charset, collation));
  }

  runDdl(change: SchemaChange): Promise<void> {
    return this.#ddlInTurn(async () => {
      await this.#ddl.run(change);
      this.#catalog.forgetAll();
    });
  }

  createView(change: SchemaChange): Promise<string | undefined> {
    return this.#ddlInTurn(() => this.#ddl.createView(change));
  }

  dropTable(name: TableName): Promise<void> {
    return this.#withoutForeignKeys(name, `DROP TABLE IF EXISTS ${quoteTable(name)}`);
  }

  truncateTable(name: TableName): Promise<void> {
    return this.#withoutForeignKeys(name, `TRUNCATE TABLE ${quoteTable(name)}`);
  }

  fit(table: CopyTable): Promise<CopyFit> {
    return this.#inTurn(async () => {
      const { target: name } = table.route;
      this.#catalog.forget(name);
      await this.#catalog.load([name]);
      const target = this.#catalog.get(name);
      if (target === undefined) throw missingTable(name);
      const { allowNontransactional } = this.#options;
      // A non-transactional table is copied as the source's own definition has it: `run` says the rest.
      const binding = bindTable(table.table, table.route, target, { allowNontransactional: true });
      this.#bindings.set(table, binding);
      return {
        columns: binding.columns.map(({ index }) => index),
        takesText: takesText(binding),
        hasKey: binding.identity !== undefined && (target.isTransactional || allowNontransactional),
      };
    });
  }

  async write(writer: number, piece: CopyPiece): Promise<number> {
    const connection = this.#writers[writer];
    if (connection === undefined) throw new TailraceError('INTERNAL_FAULT', `no writer ${writer}`);
    return connection.write(piece);
  }

  replayUntil(position: Position): Promise<void> {
    const { row } = this.#owned;
    return this.#commit([replayStatement(row.tables, row.task, position)]);
  }

  keyFromEnd(
    table: CopyTable,
    columns: readonly number[],
    behind: number,
  ): Promise<readonly Buffer[] | undefined> {
    return this.#inTurn(() => {
      const { connection } = this.#owned.session;
      return keyFromEnd(connection, this.#bindingOf(table), { columns, behind });
    });
  }

  async moveCheckpoint(checkpoint: Checkpoint, schema: SchemaState): Promise<void> {
    await this.#commitCheckpoint(checkpoint, schema, []);
  }

  async finish(checkpoint: Checkpoint, schema: SchemaState): Promise<void> {
    await this.#commitCheckpoint(checkpoint, schema, [this.#marks.clearStatement()]);
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    const isAlive = this.#owned.session.isAlive && !this.#signal.aborted;
    for (const writer of this.#writers) {
      if (isAlive) await writer.close();
      else writer.destroy();
    }
    await this.#ddl.close();
    await this.#owned.session.close();
  }

  #bindingOf(table: CopyTable): TableBinding {
    const binding = this.#bindings.get(table);
    if (binding === undefined) throw new TailraceError('INTERNAL_FAULT', 'no binding was made');
    return binding;
  }

  async #commitCheckpoint(
    checkpoint: Checkpoint,
    schema: SchemaState,
    more: readonly string[],
  ): Promise<void> {
    await this.#inTurn(async () => {
      const { row, session } = this.#owned;
      const replacement = await schemaReplacement(session.connection, row, schema);
      const step = { ...checkpoint, schemaDelta: undefined };
      const transaction = new TargetTransaction(this.#owned, step);
      await transaction.runAll([
        ...replacement,
        `DELETE FROM ${row.tables.pendingDdl} WHERE task=${quoteText(row.task)}`,
        ...more,
      ]);
      await transaction.commit(step);
    });
  }

  async #commit(statements: readonly string[]): Promise<void> {
    await this.#inTurn(async () => {
      const { session, row } = this.#owned;
      await beginFenced(session, row);
      await session.run([...statements, 'COMMIT'].join(';'));
    });
  }

  #withoutForeignKeys(name: TableName, statement: string): Promise<void> {
    return this.#inTurn(async () => {
      const { session } = this.#owned;
      await session.run(`SET foreign_key_checks=0;${statement};SET foreign_key_checks=1`);
      this.#catalog.forget(name);
    });
  }

  async #connect(signal: AbortSignal) {
    const connection = await connectServer(this.#options.server, 'target', {
      multipleStatements: true,
      signal,
    });
    await applySessionSettings(connection, this.#options);
    return connection;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #ddlInTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#ddlQueue.then(work);
    this.#ddlQueue = result.catch(() => undefined);
    return result;
  }

  /** The sessions' wait_timeout is short, and a table's index may take long. */
  #sayHello(): void {
    const hello = [
      this.#owned.session.run('DO 0'),
      this.#ddl.sayHello(),
      ...this.#writers.map((writer) => writer.sayHello()),
    ];
    // Whoever uses a lost connection next is told.
    for (const said of hello) said.catch(() => undefined);
  }
}

function missingTable(name: TableName): TailraceError {
  const table = formatTableName(name);
  return new TailraceError('TARGET_TABLE_MISSING', `the target has no table ${table}`, {
    place: { table },
  });
}
