import type { CopyTarget } from '../../core/copy.ts';
import { TailraceError, toTailraceError } from '../../core/errors.ts';
import { deserializePosition } from '../../core/position-parse.ts';
import { parseSchemaKey } from '../../core/schema-state.ts';
import { formatTableName } from '../../core/table.ts';
import { createBackoff } from '../../lib/backoff.ts';
import { sleep } from '../../lib/sleep.ts';
import { AddTable, type AddContext } from './add-table.ts';
import { isBegun, isUnderWay, parseAddedTable, type AddedTable } from './added-table.ts';
import type { AddingMode, CopyGate, GateCompanion } from './copy-gate.ts';

/** Where the requests are read; a connection of its own. */
export interface AddedTableRecords {
  load(): Promise<ReadonlyMap<string, string>>;
  close(): Promise<void>;
}

export interface TableAdderOptions extends Omit<
  AddContext,
  'gate' | 'target' | 'source' | 'signal'
> {
  /** Of the sink's own host; may be opened again and again. */
  readonly openRecords: (signal: AbortSignal) => Promise<AddedTableRecords>;
  /** Under the sink's epoch. */
  readonly openTarget: (signal: AbortSignal) => Promise<CopyTarget>;
  /** Told when nothing is left to do, each time that is seen. */
  readonly onIdle: () => void;
}

const LOOK_EVERY_MS = 1_000;
/** What can't pass by itself may be mended by somebody. */
const REFUSED_AGAIN_MS = 30_000;
const BACKOFF = { minMs: 200, maxMs: 10_000 };

/** Looks for tables that are to be added, and adds them one after the other, beside one attempt of the stream. */
export class TableAdder implements GateCompanion {
  readonly #options: TableAdderOptions;
  readonly #ending = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #records: AddedTableRecords | undefined;

  constructor(options: TableAdderOptions) {
    this.#options = options;
  }

  async begin(gate: CopyGate, signal: AbortSignal): Promise<void> {
    const scope = AbortSignal.any([signal, this.#ending.signal]);
    await this.#look(gate, scope);
    this.#work = this.#run(gate, scope).catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#ending.abort(new Error('the stream has ended'));
    await this.#work;
    await this.#records?.close();
    await this.#options.throttle.close();
  }

  async #run(gate: CopyGate, signal: AbortSignal): Promise<void> {
    const backoff = createBackoff(BACKOFF);
    for (;;) {
      let waitMs = LOOK_EVERY_MS;
      try {
        const open = await this.#look(gate, signal);
        const [next] = open;
        if (next === undefined) this.#options.onIdle();
        else waitMs = await this.#addAll(open, gate, signal);
        backoff.reset();
      } catch (thrown) {
        if (signal.aborted) return;
        waitMs = backoff.next();
        const error = toTailraceError(thrown);
        this.#options.logger.warn({ error, delayMs: waitMs }, 'Adding tables was interrupted');
      }
      await sleep(waitMs, signal);
    }
  }

  /** What is to be done, with the stream told what to do about each. */
  async #look(gate: CopyGate, signal: AbortSignal): Promise<readonly [string, AddedTable][]> {
    const records = await this.#load(signal);
    const open = [...records]
      .map(([key, text]) => [key, parseAddedTable(text)] as [string, AddedTable])
      .filter(([, record]) => isUnderWay(record));
    const fresh = open.filter(([key]) => !gate.hasMode(key));
    if (fresh.length === 0) return open;
    const target = await this.#options.openTarget(signal);
    try {
      for (const [key, record] of fresh) {
        const mode = await this.#modeOf(key, record, target);
        if (mode !== undefined) gate.setMode(key, mode);
      }
    } finally {
      await target.close();
    }
    return open;
  }

  async #load(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    try {
      this.#records ??= await this.#options.openRecords(signal);
      return await this.#records.load();
    } catch (thrown) {
      await this.#records?.close();
      this.#records = undefined;
      throw thrown;
    }
  }

  /** undefined: nothing changes for it before it is begun. */
  async #modeOf(
    key: string,
    record: AddedTable,
    target: CopyTarget,
  ): Promise<AddingMode | undefined> {
    const { router } = this.#options;
    const name = parseSchemaKey(key);
    if (!router.isIncluded(name)) return undefined;
    if (isBegun(record)) return modeOfBegun(record);
    const { exists, hasRows } = await target.stateOf(router.targetName(name));
    if (!exists) return { kind: 'absent' };
    const willBegin = record.state === 'copying' || record.overwrite || !hasRows;
    return willBegin && !router.isMerged(name) ? { kind: 'unloaded' } : undefined;
  }

  /** Gives how long to wait until the next look. */
  async #addAll(
    open: readonly [string, AddedTable][],
    gate: CopyGate,
    signal: AbortSignal,
  ): Promise<number> {
    const source = await this.#options.connect();
    let target: CopyTarget | undefined;
    let waitMs = 0;
    try {
      target = await this.#options.openTarget(signal);
      for (const [key, record] of open) {
        const context = { ...this.#options, gate, target, source, signal };
        if (!(await this.#add(context, key, record))) waitMs = REFUSED_AGAIN_MS;
      }
      return waitMs;
    } finally {
      if (signal.aborted) source.destroy();
      else await source.close();
      await target?.close();
    }
  }

  /** False: it was refused, and may be tried again when somebody has done something about it. */
  async #add(context: AddContext, key: string, record: AddedTable): Promise<boolean> {
    const name = parseSchemaKey(key);
    const table = formatTableName(name);
    const work = new AddTable(context, key, record);
    try {
      if (!context.router.isIncluded(name)) throw notIncluded(table);
      await work.run();
      return true;
    } catch (thrown) {
      context.signal.throwIfAborted();
      const error = toTailraceError(thrown).at({ table });
      if (error.isTransient) throw error;
      context.logger.error({ error }, 'A table cannot be added');
      await this.#refuse(context, key, { ...work.record, problem: problemOf(error) });
      return false;
    }
  }

  /** As if nobody had asked, unless something was done or left out already: then it has to be finished. */
  async #refuse(context: AddContext, key: string, record: AddedTable): Promise<void> {
    const isUntouched = record.state === 'requested' && !context.gate.hasMode(key);
    const isOver = isUntouched && record.problem?.code !== 'SNAPSHOT_NOT_INCLUDED';
    const text = JSON.stringify(isOver ? { ...record, state: 'failed' } : record);
    await context.target.saveMarks([{ key, text }]);
  }
}

function modeOfBegun({ state, isWhole, until }: AddedTable): AddingMode {
  if (isWhole !== true) return { kind: 'by-key' };
  if (state === 'copying') return { kind: 'unloaded' };
  return { kind: 'behind', until: deserializePosition(until ?? '') };
}

function problemOf(error: TailraceError): NonNullable<AddedTable['problem']> {
  const { code, message } = error;
  return { code, message, atMs: Date.now() };
}

function notIncluded(table: string): TailraceError {
  return new TailraceError(
    'SNAPSHOT_NOT_INCLUDED',
    `The filter of the process that runs the task leaves ${table} out.`,
    { place: { table } },
  );
}
