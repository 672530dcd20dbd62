import type { Change } from '../../core/change.ts';
import type { Gtid } from '../../core/gtid-set.ts';
import type { BinlogCoordinates } from '../../core/position.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { PreparedGroup } from './prepared-group.ts';

export interface GroupStart {
  readonly gtid: Gtid | undefined;
  readonly coordinates: BinlogCoordinates;
  readonly committedAtMs: number;
  readonly serverId: number;
}

/** The transaction that is being read: what has been collected since it began or since its last part. */
export class OpenGroup {
  readonly gtid: Gtid | undefined;
  readonly coordinates: BinlogCoordinates;
  readonly committedAtMs: number;
  readonly serverId: number;
  threadId: number | undefined;
  /** Why all its changes are left out, if they are. */
  dropReason: DropReason | undefined;
  /** Did BEGIN, XA START or a MariaDB GTID event open it, so that a statement inside does not end it? */
  isBegun = false;
  /** MariaDB's binlog_alter_two_phase: the ALTER begins or has failed here; it takes effect at its COMMIT group. */
  isOnlyAnnounced = false;
  rowsQuery: string | undefined;
  changes: Change[] = [];
  bytes = 0;
  partIndex = 0;
  schemaDelta: Map<string, string | null> | undefined;
  /** Set while the rows belong to an XA transaction: kept as bytes, not handed on. */
  preparing: PreparedGroup | undefined;
  #savepoints: Map<string, Savepoint> | undefined;

  constructor(start: GroupStart) {
    this.gtid = start.gtid;
    this.coordinates = start.coordinates;
    this.committedAtMs = start.committedAtMs;
    this.serverId = start.serverId;
  }

  add(change: Change, bytes: number): void {
    // To push into an empty array reserves room for 17; most groups have fewer.
    if (this.changes.length === 0) this.changes = [change];
    else this.changes.push(change);
    this.bytes += bytes;
  }

  startNextPart(): void {
    this.partIndex += 1;
    this.takeBackAll();
  }

  takeBackAll(): void {
    this.changes = [];
    this.bytes = 0;
  }

  addSchemaDelta(delta: SchemaDelta): void {
    this.schemaDelta ??= new Map();
    for (const [key, value] of delta) this.schemaDelta.set(key, value);
  }

  setSavepoint(name: string, offset: number): void {
    this.#savepoints ??= new Map();
    this.#savepoints.set(name.toLowerCase(), {
      part: this.partIndex,
      changes: this.changes.length,
      bytes: this.bytes,
      offset,
    });
  }

  savepoint(name: string): Savepoint | undefined {
    return this.#savepoints?.get(name.toLowerCase());
  }

  /** Takes back what came after the savepoint; it must be of the part that is being collected. */
  rollbackTo(mark: Savepoint): void {
    this.changes.length = mark.changes;
    this.bytes = mark.bytes;
  }
}

export interface Savepoint {
  readonly part: number;
  readonly changes: number;
  readonly bytes: number;
  /** Offset of the SAVEPOINT event in its file. */
  readonly offset: number;
}

/** Why rows or statements were left out; each is counted. */
export const DROP_REASONS = [
  'filtered',
  'sequence',
  'own',
  'skipped',
  'rolled-back',
  'by_rule',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];
