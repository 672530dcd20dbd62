import type { CheckpointStep, StoredState } from '../../core/checkpoint.ts';
import { toTailraceError } from '../../core/errors.ts';
import { serializePosition } from '../../core/position-parse.ts';
import { mergeDeltas } from '../../core/schema-state.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { quoteText } from '../../server/sql-text.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { LANE, readStoredState, schemaStatements } from './checkpoint-row.ts';
import { CHECKPOINT_TABLE, listTables, StateTables } from './state-database.ts';
import { openTargetSession, type TargetSession } from './target-session.ts';
import { OWNER } from './task-lock.ts';

export interface SideMarkOptions {
  readonly task: string;
  /** Of the sink whose mark it is. */
  readonly sink: string;
  readonly server: ServerOptions;
  readonly stateDatabase: string;
  readonly sqlLogBin: boolean;
  readonly logger: Logger;
}

const EVERY_MS = 1000;
const CLOSE_TIMEOUT_MS = 2000;

/** No task is called so: a slash is not allowed in their names. */
export function sideName(task: string, sink: string): string {
  return `${task}/${sink}`;
}

/**
 * A copy of another sink's mark in the target's state database, for the day on which that sink has lost its own and
 * the state file is gone too: without it everything between that mark and the target's would be passed over. It
 * follows once a second over a connection of its own, so it may be a little behind: then messages come again.
 */
export class SideMark {
  readonly #options: SideMarkOptions;
  readonly #tables: StateTables;
  readonly #name: string;
  readonly #closing = new AbortController();
  #session: TargetSession | undefined;
  #step: CheckpointStep | undefined;
  /** What is there is of no worth any more. */
  #isReplacing = false;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> | undefined;
  #isTroubled = false;

  constructor(options: SideMarkOptions) {
    this.#options = options;
    this.#tables = new StateTables(options.stateDatabase);
    this.#name = sideName(options.task, options.sink);
  }

  async load(signal: AbortSignal): Promise<StoredState | undefined> {
    const { connection } = await this.#connect(signal);
    const known = await listTables(connection, this.#options.stateDatabase);
    if (known?.has(CHECKPOINT_TABLE) !== true) return undefined;
    return readStoredState(connection, this.#tables, this.#name);
  }

  /** Where the sink begins; what was kept before is replaced by it. */
  begin({ checkpoint, schema }: StoredState): void {
    this.#isReplacing = true;
    this.#step = { ...checkpoint, schemaDelta: new Map(schema) };
    this.#timer ??= setInterval(() => void this.#save(), EVERY_MS);
  }

  /** Everything up to there is durable in the sink. */
  moved(step: CheckpointStep): void {
    const schemaDelta = mergeDeltas(this.#step?.schemaDelta, step.schemaDelta);
    this.#step = { ...step, schemaDelta };
    this.#timer ??= setInterval(() => void this.#save(), EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const overdue = sleep(CLOSE_TIMEOUT_MS, this.#closing.signal).catch(() => undefined);
    await Promise.race([overdue, this.#saveRest()]);
    this.#closing.abort(new Error('the sink is closed'));
    this.#session?.destroy();
  }

  async #saveRest(): Promise<void> {
    await this.#saving;
    await this.#save();
  }

  #save(): Promise<void> {
    this.#saving ??= this.#saveNow()
      .catch((thrown: unknown) => {
        this.#note(thrown);
      })
      .finally(() => {
        this.#saving = undefined;
      });
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const step = this.#step;
    if (step === undefined) return;
    const isReplacing = this.#isReplacing;
    const { connection } = await this.#connect(this.#closing.signal);
    // The checkpoint's table first: whoever reads the target's binlog knows by it whose transaction it is.
    await connection.run('BEGIN');
    for (const statement of this.#statements(step, isReplacing)) await connection.run(statement);
    await connection.run('COMMIT');
    this.#isTroubled = false;
    if (isReplacing) this.#isReplacing = false;
    if (this.#step === step) this.#step = undefined;
  }

  #statements(step: CheckpointStep, isReplacing: boolean): string[] {
    const { checkpoint, schema } = this.#tables;
    const position = quoteText(serializePosition(step.position));
    const name = quoteText(this.#name);
    return [
      `INSERT INTO ${checkpoint} (task,lane,seq,epoch,owner,touches,position,updated_at) VALUES` +
        ` (${name},${LANE},${step.seq},0,${quoteText(OWNER)},0,${position},UTC_TIMESTAMP(6))` +
        ' ON DUPLICATE KEY UPDATE seq=VALUES(seq),owner=VALUES(owner),position=VALUES(position),' +
        'touches=touches+1,updated_at=VALUES(updated_at)',
      ...(isReplacing ? [`DELETE FROM ${schema} WHERE task=${name}`] : []),
      ...schemaStatements(this.#name, this.#tables, step.schemaDelta),
    ];
  }

  async #connect(signal: AbortSignal): Promise<TargetSession> {
    if (this.#session?.connection.isAlive === true) return this.#session;
    const { server, sqlLogBin } = this.#options;
    this.#session = await openTargetSession({ server, sqlLogBin }, signal);
    return this.#session;
  }

  /** The target's own sink stops the task where it must; this one tries again. */
  #note(thrown: unknown): void {
    this.#session?.destroy();
    this.#session = undefined;
    if (this.#isTroubled || this.#closing.signal.aborted) return;
    this.#isTroubled = true;
    const error = toTailraceError(thrown);
    this.#options.logger.warn({ error }, "Kafka's mark could not be kept at the target; trying on");
  }
}

/** Statements by which nothing of a sink's mark is left: the task goes on from elsewhere. */
export function forgetSideMark(task: string, tables: StateTables, sink: string): string[] {
  const name = quoteText(sideName(task, sink));
  return [tables.checkpoint, tables.schema].map(
    (table) => `DELETE FROM ${table} WHERE task=${name}`,
  );
}
