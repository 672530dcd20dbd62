import type { Position } from '../core/position.ts';
import { systemClock } from '../lib/clock.ts';
import { sleep } from '../lib/sleep.ts';
import type { ServerEnd } from '../server/connect-options.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { readSnapshotPlace } from '../server/snapshot-place.ts';
import type { FetchedRow } from './canonical-value.ts';
import type { ChangeLog, SeenPositions } from './change-log.ts';

/** The source's binlog as it is read beside the comparison. */
export interface ChangeFeed {
  readonly log: ChangeLog;
  /** Resolves when everything up to this position is in the log. */
  reached(position: Position, signal: AbortSignal): Promise<void>;
}

export interface ViewPairOptions {
  readonly connections: Readonly<Record<ServerEnd, ServerConnection>>;
  /** Where the source's binlog ends. */
  readonly readHead: (source: ServerConnection) => Promise<Position>;
  /** Where the target is; to be read inside of a view. undefined: nobody knows. */
  readonly readMark: (target: ServerConnection) => Promise<Position | undefined>;
  /** undefined: the binlog can't be read. */
  readonly feed: ChangeFeed | undefined;
  /** How long changes may be under way to a target whose place is not known. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
}

/**
 * A commit is in the binlog a moment before others see it. Where nothing tells which are seen, those
 * are trusted to be that were in the binlog so long ago.
 */
const COMMIT_MS = 1_000;
const OPEN = 'START TRANSACTION WITH CONSISTENT SNAPSHOT';

/**
 * A consistent view on either end, and what is known of their places in the source's binlog. The
 * target's is opened first: then it is never ahead of what is read of the source's binlog. Both are
 * renewed now and then, since a view holds back the purge of old versions and every DDL.
 */
export class ViewPair {
  readonly #options: ViewPairOptions;
  readonly #heads: { readonly position: Position; readonly atMs: number }[] = [];
  #seen: SeenPositions | undefined;
  #openedAtMs = 0;

  constructor(options: ViewPairOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    for (const connection of Object.values(this.#options.connections)) {
      await connection.run('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    }
  }

  get ageMs(): number {
    return this.#seen === undefined ? Infinity : systemClock.monotonicMs() - this.#openedAtMs;
  }

  /** undefined: there is no binlog to compare places by. */
  get seen(): SeenPositions | undefined {
    return this.#options.feed === undefined ? undefined : this.#seen;
  }

  /** Where the target is in this view. */
  get mark(): Position | undefined {
    return this.#seen?.target;
  }

  /** Where the source was when its view was opened. */
  get place(): Position | undefined {
    return this.#seen?.source;
  }

  /** New views; resolves when the log holds every change that can lie between them. */
  async renew(): Promise<void> {
    const { connections, feed, readHead, readMark, signal, settleMs } = this.#options;
    const { source, target } = connections;
    await target.run(OPEN);
    const mark = await readMark(target);
    const surely = feed === undefined ? undefined : await this.#openSource(source);
    if (surely === undefined) await source.run(OPEN);
    this.#openedAtMs = systemClock.monotonicMs();
    this.#seen = {
      source: surely ?? { kind: 'coordinates', coordinates: { file: '', offset: 0 } },
      target: mark,
      appliedBeforeMs: this.#openedAtMs - settleMs,
    };
    if (feed === undefined) return;
    await feed.reached(await readHead(source), signal);
    feed.log.prune(this.#seen);
  }

  /** Rows as bytes; both ends see what they saw when the views were opened. */
  read(end: ServerEnd, sql: string): Promise<readonly FetchedRow[]> {
    this.#options.signal.throwIfAborted();
    return this.#options.connections[end].queryBytes(sql);
  }

  async close(): Promise<void> {
    this.#seen = undefined;
    for (const connection of Object.values(this.#options.connections)) {
      if (connection.isAlive) await connection.run('ROLLBACK');
    }
  }

  /** Opens the source's view and says which of its transactions are surely in it. */
  async #openSource(source: ServerConnection): Promise<Position> {
    const head = await this.#options.readHead(source);
    if (source.info.flavor === 'mariadb') {
      await source.run(OPEN);
      const exact = await readSnapshotPlace(source);
      if (exact !== undefined) return exact;
    } else if (head.kind === 'gtid') {
      // A GTID is in gtid_executed only once its transaction is visible.
      await source.run(OPEN);
      return head;
    }
    const old = await this.#olderHead(head);
    await source.run(OPEN);
    return old;
  }

  async #olderHead(head: Position): Promise<Position> {
    this.#heads.push({ position: head, atMs: systemClock.monotonicMs() });
    const ripe = (): number => {
      const limit = systemClock.monotonicMs() - COMMIT_MS;
      return this.#heads.findLastIndex(({ atMs }) => atMs <= limit);
    };
    if (ripe() < 0) await sleep(COMMIT_MS, this.#options.signal);
    this.#heads.splice(0, Math.max(0, ripe()));
    return this.#heads[0]?.position ?? head;
  }
}
