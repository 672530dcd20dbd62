import type { CopyPiece, PollTarget } from '../core/copy.ts';
import { TailraceError } from '../core/errors.ts';
import type { Position } from '../core/position.ts';
import type { Router } from '../core/route.ts';
import { formatTableName, type TableName } from '../core/table.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { captureSchema } from '../schema/capture.ts';
import { isServerErrno } from '../server/error-from-server.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { prepareReader } from '../snapshot/consistent-view.ts';
import type { TableKey } from '../snapshot/native/table-key.ts';
import { readSourceTables, type SourceTable } from '../snapshot/source-tables.ts';
import { judgeKey } from './judge-key.ts';
import { makeTargetTable } from './make-target-table.ts';
import { parsePollMark, type PollMark } from './poll-mark.ts';
import { SourceView } from './source-view.ts';
import { DefinitionMoved, TablePoller } from './table-poller.ts';

/** How a table's rows are written; off: others bring them. */
export type PollWrite = 'upsert' | 'insert' | 'off';

export interface PollerOptions {
  readonly source: ServerConnection;
  readonly target: PollTarget;
  readonly router: Router;
  readonly writeOf: (name: TableName) => PollWrite;
  readonly batch: number;
  readonly lookBackMs: number;
  /** A table without a mark begins at the target's last rows. */
  readonly startsAtTarget: boolean;
  /** Marks that have not moved for so long are left aside: a stream has been at work since. */
  readonly marksLastMs: number;
  /** Tables that the target lacks are made. */
  readonly makesTables: boolean;
  /** Where the source is, when a stream will bring again what is polled; undefined: there is none. */
  readonly readHead: ((source: ServerConnection) => Promise<Position>) | undefined;
  /** Somebody else wants the target. */
  readonly shouldYield: () => boolean;
  readonly onProgress: () => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface UnusableTable {
  readonly table: string;
  readonly reason: string;
}

const DISCOVER_EVERY_MS = 30_000;
/** Batches of one table before another has its turn. */
const BATCHES_A_TURN = 20;
/** What the target has already of a table that a stream wrote: transactions may have come in another order than their keys. */
const ROWS_FROM_END = 10_000;
/** Table definition has changed, no such table, unknown column. */
const MOVED = [1412, 1146, 1054] as const;

/**
 * Brings new rows of tables that nobody's binlog tells about: reads what lies behind the last key, table by table,
 * and writes it with the new last key in one transaction. Rows that were changed or deleted later are not seen.
 */
export class Poller {
  readonly #options: PollerOptions;
  readonly #view: SourceView;
  readonly #pollers = new Map<string, TablePoller>();
  #unusable: UnusableTable[] = [];
  #marks: ReadonlyMap<string, PollMark> | undefined;
  #discoveredAtMs: number | undefined;
  #warned = new Set<string>();

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#view = new SourceView(options.source);
  }

  get tables(): readonly TablePoller[] {
    return [...this.#pollers.values()];
  }

  get unusable(): readonly UnusableTable[] {
    return this.#unusable;
  }

  /** Each table to its end as of now. False: it was left half-way for somebody who wants the target. */
  async round(): Promise<boolean> {
    const nowMs = systemClock.monotonicMs();
    if (this.#discoveredAtMs === undefined || nowMs - this.#discoveredAtMs > DISCOVER_EVERY_MS) {
      await this.#discover();
      for (const poller of this.tables) await this.#followShrinking(poller);
    }
    let open = this.tables;
    for (const poller of open) await this.#guarded(poller, () => poller.lookBack(this.#view));
    while (open.length > 0) {
      const more: TablePoller[] = [];
      for (const poller of open) {
        if (this.#options.shouldYield()) return await this.#leave();
        if (await this.#readSome(poller)) more.push(poller);
      }
      open = more;
    }
    await this.#view.end();
    return true;
  }

  async #leave(): Promise<boolean> {
    await this.#view.end();
    return false;
  }

  /** True: there is more. */
  async #readSome(poller: TablePoller): Promise<boolean> {
    const isAtEnd = await this.#guarded(poller, async () => {
      for (let batch = 0; batch < BATCHES_A_TURN; batch++) {
        if (!(await poller.readNext(this.#view))) return true;
        this.#options.onProgress();
        if (this.#options.shouldYield()) return false;
      }
      return false;
    });
    return isAtEnd === false;
  }

  async #followShrinking(poller: TablePoller): Promise<void> {
    const hasBegunAgain = await this.#guarded(poller, () => poller.followShrinking(this.#view));
    if (hasBegunAgain !== true) return;
    const table = formatTableName(poller.table.name);
    this.#options.logger.warn(
      { table },
      'The rows that were read last are gone: reading the table anew',
    );
  }

  /** A table that was altered or dropped is left until it was looked at anew; undefined then. */
  async #guarded<T>(poller: TablePoller, work: () => Promise<T>): Promise<T | undefined> {
    this.#options.signal.throwIfAborted();
    if (this.#pollers.get(poller.table.key) !== poller) return undefined;
    try {
      return await work();
    } catch (thrown) {
      const isMoved = thrown instanceof DefinitionMoved || isServerErrno(thrown, ...MOVED);
      if (!isMoved || !this.#options.source.isAlive) throw thrown;
      if (isServerErrno(thrown, ...MOVED) && !isOfSource(thrown)) throw thrown;
      await this.#view.end();
      await this.#discover();
      return undefined;
    }
  }

  async #discover(): Promise<void> {
    const { source, target, router, writeOf } = this.#options;
    if (this.#marks === undefined) {
      await prepareReader(source);
      this.#marks = parseMarks(await target.loadMarks());
    }
    await this.#view.end();
    const captured = await captureSchema(source, {
      includeTable: (name) => router.isIncluded(name),
    });
    const all = await readSourceTables(source, captured, router);
    const wanted = all.filter(({ name, isSequence }) => !isSequence && writeOf(name) !== 'off');
    const present = new Set(wanted.map(({ key }) => key));
    for (const key of this.#pollers.keys()) if (!present.has(key)) this.#pollers.delete(key);
    this.#unusable = this.#unusable.filter(({ table }) =>
      wanted.some(({ name }) => formatTableName(name) === table),
    );
    for (const table of wanted) await this.#open(table);
    this.#discoveredAtMs = systemClock.monotonicMs();
  }

  async #open(table: SourceTable): Promise<void> {
    const { target, batch, lookBackMs, writeOf } = this.#options;
    const known = this.#pollers.get(table.key);
    if (known?.table.createText === table.createText) return;
    await this.#ensureTarget(table);
    const fit = await target.fit(table);
    const verdict = judgeKey(table, fit);
    const name = formatTableName(table.name);
    this.#unusable = this.#unusable.filter((one) => one.table !== name);
    if (verdict.kind === 'unusable') {
      this.#pollers.delete(table.key);
      this.#unusable.push({ table: name, reason: verdict.reason });
      this.#warn(name, `Not polled: ${verdict.reason}`);
      return;
    }
    if (verdict.warning !== undefined) this.#warn(name, `Polled in part: ${verdict.warning}`);
    this.#pollers.set(
      table.key,
      new TablePoller({
        table,
        key: verdict.key,
        fit,
        batch,
        lookBackMs,
        upserts: writeOf(table.name) === 'upsert',
        mark: known?.mark ?? (await this.#begin(table, verdict.key)),
        write: (piece) => this.#write(piece),
      }),
    );
  }

  /** Said once for each table, not at each look. */
  #warn(table: string, text: string): void {
    if (this.#warned.has(`${table} ${text}`)) return;
    this.#warned.add(`${table} ${text}`);
    this.#options.logger.warn({ table }, text);
  }

  async #ensureTarget(table: SourceTable): Promise<void> {
    const { source, target, makesTables } = this.#options;
    if (!makesTables) return;
    const { exists } = await target.stateOf(table.route.target);
    if (!exists) await makeTargetTable(target, source, table);
  }

  /** undefined: at the first row. */
  async #begin(table: SourceTable, key: TableKey): Promise<PollMark | undefined> {
    const { target, router, startsAtTarget, marksLastMs } = this.#options;
    const mark = this.#marks?.get(table.key);
    const movedAtMs = mark?.points.at(-1)?.at ?? 0;
    if (mark !== undefined && systemClock.nowMs() - movedAtMs < marksLastMs) return mark;
    if (!startsAtTarget || !key.isPortable || router.isMerged(table.name)) return mark;
    const columns = key.columns.map(({ index }) => index);
    const fields = await target.keyFromEnd(table, columns, ROWS_FROM_END);
    if (fields === undefined) return undefined;
    return { last: fields.map((field, at) => key.literal(at, field)), points: [] };
  }

  async #write(piece: CopyPiece): Promise<void> {
    const { source, target, readHead } = this.#options;
    // Read after the rows: they are in the binlog before it.
    if (readHead !== undefined) await target.replayUntil(await readHead(source));
    await target.write(0, piece);
  }
}

function parseMarks(texts: ReadonlyMap<string, string>): ReadonlyMap<string, PollMark> {
  return new Map([...texts].map(([key, text]) => [key, parsePollMark(text)]));
}

function isOfSource(thrown: unknown): boolean {
  return thrown instanceof TailraceError && thrown.code.startsWith('SOURCE_');
}
