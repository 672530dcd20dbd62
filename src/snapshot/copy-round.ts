import type { CopyTarget } from '../core/copy.ts';
import { TailraceError } from '../core/errors.ts';
import type { Position } from '../core/position.ts';
import type { Router } from '../core/route.ts';
import type { SchemaState } from '../core/schema-state.ts';
import { formatTableName, type TableName } from '../core/table.ts';
import type { Logger } from '../lib/logger.ts';
import { captureSchema, type CapturedSchema } from '../schema/capture.ts';
import type { HostAddress } from '../server/host-address.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { openConsistentView, type ConsistentView, type LockMode } from './consistent-view.ts';
import { CopyRecord, HEAD_KEY, markOf, type CopyHead } from './copy-record.ts';
import { saveMarks, TableChanged, type CopyRun } from './copy-run.ts';
import { CopyByDump } from './dump/copy-by-dump.ts';
import { DumpProcess } from './dump/dump-process.ts';
import type { DumpProgram } from './dump/find-program.ts';
import type { DumpOptions } from './dump/program-options.ts';
import { CopyByKey } from './native/copy-by-key.ts';
import type { CopyProgress } from './progress.ts';
import { hasUndumpable, needsOwnReader } from './needs-own-reader.ts';
import { prepareTarget } from './prepare-target.ts';
import type { SourceThrottle } from './source-throttle.ts';
import { readOtherObjects, readSourceTables, keyOf, type SourceTable } from './source-tables.ts';

/** What the source was at the view's position. */
export interface KnownSchema {
  readonly captured: CapturedSchema;
  readonly schema: SchemaState;
  /** Altered between the view and the look at the definitions. */
  readonly racing: readonly TableName[];
}

export interface CopyRoundOptions {
  readonly connect: () => Promise<ServerConnection>;
  readonly readPosition: (connection: ServerConnection) => Promise<Position>;
  readonly learnSchema: (position: Position) => Promise<KnownSchema>;
  /** Brings the tables that earlier rounds copied to this position; gives the checkpoint's number there. */
  readonly catchUp: (position: Position) => Promise<number>;
  /** Keys of the tables that earlier rounds copied. */
  readonly doneTables: () => Promise<readonly string[]>;
  readonly openTarget: () => Promise<CopyTarget>;
  readonly router: Router;
  readonly readers: number;
  readonly lock: LockMode;
  /** undefined: rows are read by our own connections alone. */
  readonly dump:
    | {
        readonly program: DumpProgram;
        readonly options: DumpServer;
        /** The way that the program takes to that host; through SSH it is a tunnel of its own. */
        readonly reach: (host: string) => Promise<DumpWay>;
      }
    | undefined;
  readonly head: CopyHead;
  readonly overwrite: boolean;
  /** Values of generated columns are wanted, too. */
  readonly takesGenerated: boolean;
  readonly progress: CopyProgress;
  readonly throttle: SourceThrottle;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export type DumpServer = Pick<DumpOptions, 'server' | 'caPath'>;

export interface DumpWay {
  readonly near: HostAddress;
  close(): void;
}

export interface RoundResult {
  readonly position: Position;
  readonly seq: number;
  readonly schema: SchemaState;
  /** Altered meanwhile: another round has to copy them. */
  readonly left: readonly TableName[];
  readonly target: CopyTarget;
  readonly tables: readonly SourceTable[];
}

/**
 * One consistent view and everything that is copied from it. Tables of earlier rounds are brought to the
 * view's position first, so that at any moment all tables that are done are as of the checkpoint.
 * The target stays open for the caller, who ends the copy or closes it.
 */
export async function copyRound(options: CopyRoundOptions): Promise<RoundResult> {
  const { progress, signal } = options;
  const inner = new AbortController();
  const scope = AbortSignal.any([signal, inner.signal]);
  const round = new Round({ ...options, signal: scope });
  try {
    progress.phase = 'waiting for a moment of rest on the source';
    return await round.run();
  } catch (thrown) {
    inner.abort(thrown);
    await round.abandon();
    throw thrown;
  }
}

class Round {
  readonly #options: CopyRoundOptions;
  #dump: DumpProcess | undefined;
  #way: DumpWay | undefined;
  #target: CopyTarget | undefined;
  #view: ConsistentView | undefined;
  #control: ServerConnection | undefined;
  #changed: SourceTable[] = [];
  #plan: Plan | undefined;
  /** Tables that the dump was told to leave out: no INSERT of theirs does not mean that they are empty. */
  #ignored: ReadonlySet<string> = new Set();

  constructor(options: CopyRoundOptions) {
    this.#options = options;
  }

  async run(): Promise<RoundResult> {
    const { connect, router, progress } = this.#options;
    this.#control = await connect();
    const before = await captureSchema(this.#control, {
      includeTable: (name) => router.isIncluded(name),
    });
    const view = await this.#openView(before);
    const plan = await this.#planFor(view);
    progress.phase = 'copying';
    await this.#copyRest(view, plan);
    await view.close();
    this.#way?.close();
    await this.#control.close();
    const { position } = view;
    this.#assertDone(plan);
    const left = [...plan.racing, ...this.#changed.map(({ name }) => name)];
    const { seq, known, run, all } = plan;
    return { position, seq, schema: known.schema, left, target: run.target, tables: all };
  }

  async abandon(): Promise<void> {
    this.#dump?.kill();
    this.#way?.close();
    for (const reader of this.#view?.readers ?? []) reader.destroy();
    this.#control?.destroy();
    await this.#target?.close();
  }

  async #openView(before: CapturedSchema): Promise<ConsistentView> {
    const { connect, readPosition, readers, lock, logger } = this.#options;
    const names = before.tables.map(({ database, name }) => ({ database, table: name }));
    return openConsistentView({
      connect,
      readPosition,
      readers,
      lock,
      logger,
      tables: names,
      whileLocked: async (view) => {
        this.#view = view;
        await this.#startDump(before, view);
        if (before.tables.some(({ engine }) => engine !== 'innodb')) {
          await this.#copyWithoutViews(view);
        }
      },
    });
  }

  async #startDump(before: CapturedSchema, view: ConsistentView): Promise<void> {
    const { dump, router, doneTables } = this.#options;
    const control = this.#control as ServerConnection;
    if (dump === undefined) return;
    const databases = [...new Set(before.tables.map(({ database }) => database))];
    if (databases.length === 0) return;
    const all = await captureSchema(control, { includeTable: () => true });
    const views = (await readOtherObjects(control, databases)).filter(
      ({ kind }) => kind === 'view',
    );
    const tables = all.tables.map(({ database, name }) => ({ database, table: name }));
    const own = new Set([
      ...(await doneTables()),
      ...before.tables
        .filter((table) => hasUndumpable(table, this.#options.takesGenerated))
        .map(({ database, name }) => keyOf({ database, table: name })),
    ]);
    const ignored = tables.filter(
      (name) =>
        databases.includes(name.database) && (!router.isIncluded(name) || own.has(keyOf(name))),
    );
    this.#ignored = new Set(ignored.map(keyOf));
    this.#way = await dump.reach(view.readers[0]?.info.host ?? '');
    this.#dump = new DumpProcess(dump.program, {
      ...dump.options,
      address: this.#way.near,
      databases,
      ignored: [...ignored, ...views.map(({ name }) => name)],
    });
    await this.#dump.begun();
  }

  /** Engines without views are read while nothing is written. */
  async #copyWithoutViews(view: ConsistentView): Promise<void> {
    const plan = await this.#planFor(view);
    const tables = plan.wanted.filter(({ hasViews }) => !hasViews);
    if (tables.length === 0) return;
    const names = tables.map(({ name }) => formatTableName(name)).join(', ');
    this.#options.logger.warn(
      `The source stays locked while tables without transactions are copied: ${names}`,
    );
    await this.#byKey(plan.run, tables, view);
  }

  async #copyRest(view: ConsistentView, { wanted, run }: Plan): Promise<void> {
    const rest = wanted.filter(
      ({ key, hasViews }) => hasViews && run.record.table(key)?.state !== 'done',
    );
    const dump = this.#dump;
    if (dump === undefined) {
      await this.#byKey(run, rest, view);
      return;
    }
    const own: SourceTable[] = [];
    for (const table of rest) {
      if (
        needsOwnReader(table, run.record, this.#options.takesGenerated) ||
        this.#ignored.has(table.key)
      )
        own.push(table);
    }
    const dumped = rest.filter((table) => !own.includes(table));
    await this.#byKey(run, own, view);
    await view.close();
    try {
      await new CopyByDump(run, dumped).copy(dump);
    } catch (thrown) {
      if (!isAltered(thrown)) throw thrown;
      dump.kill();
      this.#changed.push(...dumped.filter(({ key }) => run.record.table(key)?.state !== 'done'));
    }
  }

  /** Never a half copy for a whole one: whatever is neither done nor known to be left is a fault of ours. */
  #assertDone({ wanted, run }: Plan): void {
    const isOpen = (table: SourceTable): boolean =>
      run.record.table(table.key)?.state !== 'done' && !this.#changed.includes(table);
    const open = wanted.find(isOpen);
    if (open === undefined) return;
    const table = formatTableName(open.name);
    throw new TailraceError('INTERNAL_FAULT', `${table} was not copied to its end`, {
      place: { table },
    });
  }

  async #byKey(run: CopyRun, tables: readonly SourceTable[], view: ConsistentView): Promise<void> {
    if (tables.length === 0) return;
    const copy = new CopyByKey(run, tables);
    await copy.copy(view.readers);
    this.#changed.push(...copy.changed);
  }

  /** Definitions at the view's position, the target opened, and what is left to copy. Made once. */
  async #planFor(view: ConsistentView): Promise<Plan> {
    this.#plan ??= await this.#makePlan(view);
    return this.#plan;
  }

  async #makePlan(view: ConsistentView): Promise<Plan> {
    const options = this.#options;
    const control = this.#control as ServerConnection;
    const known = await options.learnSchema(view.position);
    const tables = known.captured.tables.filter(({ database, name }) =>
      options.router.isIncluded({ database, table: name }),
    );
    const captured = { ...known.captured, tables };
    const all = await readSourceTables(control, captured, options.router);
    if (all.length === 0) {
      options.logger.warn(
        'No table of the source is included by task.filter: there is nothing to copy',
      );
    }
    const seq = await options.catchUp(view.position);
    const target = (this.#target = await options.openTarget());
    const record = new CopyRecord(await target.loadMarks());
    const run: CopyRun = {
      ...options,
      target,
      record,
      sourceInfo: control.info,
    };
    await target.moveCheckpoint({ seq, position: view.position }, known.schema);
    await saveMarks(run, [markOf(HEAD_KEY, options.head)]);
    const racing = new Set(known.racing.map(keyOf));
    const wanted = await prepareTarget(
      run,
      control,
      all.filter(({ key }) => !racing.has(key)),
    );
    return { known, run, seq, all, wanted, racing: known.racing };
  }
}

interface Plan {
  readonly known: KnownSchema;
  readonly run: CopyRun;
  readonly seq: number;
  readonly all: readonly SourceTable[];
  readonly wanted: readonly SourceTable[];
  readonly racing: readonly TableName[];
}

/** The dump program ends at a table that was altered or dropped since its view was opened. */
function isAltered(thrown: unknown): boolean {
  if (thrown instanceof TableChanged) return true;
  return (
    thrown instanceof Error &&
    /\b(1412|1146)\b|definition has changed|doesn't exist/.test(thrown.message)
  );
}
