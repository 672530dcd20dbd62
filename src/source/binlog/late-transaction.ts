import { actionOfType } from '../../binlog/events/rows.ts';
import type { RowsChange } from '../../core/change.ts';
import type { Gtid } from '../../core/gtid-set.ts';
import type { BinlogCoordinates, Position } from '../../core/position.ts';
import type { TableRoute } from '../../core/route.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { Table } from '../../core/table.ts';
import type { RowsGlance, RowsOutline, Transaction } from '../../core/transaction.ts';
import type { OpenGroup } from './open-group.ts';
import type { RowsLog } from './rows-log.ts';

const WHOLE = { index: 0, last: true } as const;

/** Where a transaction's rows events stand in a log. */
export interface RowsInLog {
  readonly log: RowsLog;
  readonly from: number;
  readonly to: number;
  readonly rowCount: number;
}

export interface LateEnd {
  readonly seq: number;
  readonly xid: bigint | undefined;
  readonly resumeAt: Position;
  readonly schemaDelta: SchemaDelta | undefined;
}

/**
 * A plain transaction whose changes are made when they are asked for. What makes them are getters of the class, so that a
 * copy with other changes has nothing of these.
 */
export class LateTransaction implements Transaction, RowsOutline {
  readonly origin = 'binlog';
  readonly isTransactional = true;
  readonly part = WHOLE;
  readonly seq: number;
  readonly gtid: Gtid | undefined;
  readonly coordinates: BinlogCoordinates;
  readonly committedAtMs: number;
  readonly serverId: number;
  readonly threadId: number | undefined;
  readonly xid: bigint | undefined;
  readonly bytes: number;
  readonly resumeAt: Position | undefined;
  readonly schemaDelta: SchemaDelta | undefined;
  readonly #log: RowsLog;
  readonly #from: number;
  readonly #to: number;
  readonly #rowCount: number;

  constructor(group: OpenGroup, { log, from, to, rowCount }: RowsInLog, end: LateEnd) {
    this.seq = end.seq;
    this.gtid = group.gtid;
    this.coordinates = group.coordinates;
    this.committedAtMs = group.committedAtMs;
    this.serverId = group.serverId;
    this.threadId = group.threadId;
    this.xid = end.xid;
    this.bytes = group.bytes;
    this.resumeAt = end.resumeAt;
    this.schemaDelta = end.schemaDelta;
    this.#log = log;
    this.#from = from;
    this.#to = to;
    this.#rowCount = rowCount;
  }

  get changes(): readonly RowsChange[] {
    const log = this.#log;
    const count = this.#to - this.#from;
    const changes = new Array<RowsChange>(count);
    for (let at = 0; at < count; at++)
      changes[at] = log.changeAt(this.#from + at, this.coordinates);
    return changes;
  }

  get rows(): RowsOutline {
    return this;
  }

  get changeCount(): number {
    return this.#to - this.#from;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  actionAt(change: number): RowsChange['action'] {
    return actionOfType(this.#log.typeAt(this.#from + change));
  }

  tableAt(change: number): Table {
    return this.#log.readerAt(this.#from + change).table;
  }

  routeAt(change: number): TableRoute {
    return this.#log.readerAt(this.#from + change).route;
  }

  rowsAt(change: number): number {
    return this.#log.rowsAt(this.#from + change);
  }

  glanceAt(change: number): RowsGlance {
    return this.#log.glanceAt(this.#from + change);
  }
}
