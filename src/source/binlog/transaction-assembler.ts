import type {
  BinlogEvent,
  FormatDescriptionEvent,
  GtidEvent,
  QueryEvent,
  RowsEvent,
  TableMapEvent,
} from '../../binlog/event.ts';
import { EventDecoder } from '../../binlog/event-decoder.ts';
import type { SchemaChange } from '../../core/change.ts';
import { TailraceError, toTailraceError } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import type { Gtid, GtidFlavor } from '../../core/gtid-set.ts';
import { formatCoordinates, type BinlogCoordinates, type Position } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import { mergeDeltas, type SchemaDelta } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import { classifyStatement } from '../../schema/classify-statement.ts';
import { parseTable, serializeTable } from '../../schema/serialize-table.ts';
import type { SchemaHistory } from '../../schema/schema-history.ts';
import type { BinlogCursor } from './binlog-cursor.ts';
import type { Discards } from './discards.ts';
import { OpenGroup, type DropReason, type Savepoint } from './open-group.ts';
import { PreparedGroup, readPayload } from './prepared-group.ts';
import { assertNotReplicatedStatement, isDdlIncluded } from './statement-policy.ts';
import { TableCache, type TableBinding } from './table-cache.ts';

export interface AssemblerOptions {
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
  readonly router: Router;
  readonly history: SchemaHistory;
  readonly cursor: BinlogCursor;
  readonly discards: Discards;
  /** Drop transactions that a tailrace wrote. */
  readonly ignoreOwn: boolean;
  readonly from: { readonly seq: number; readonly position: Position };
  /** Bytes after which a large transaction is handed on in parts. */
  readonly partBytes: number;
  /** True for the transaction that the operator chose to pass. */
  readonly isSkipped: (gtid: string | undefined, coordinates: string) => boolean;
  readonly countDropped: (reason: DropReason, count: number) => void;
}

/**
 * Events in, transactions out. A group begins with a GTID event, BEGIN or XA START and ends with XID,
 * COMMIT, XA PREPARE, or with a statement that stands alone. The position moves when a group ends and
 * never inside one (I2). Everything here is synchronous; what needs the source's help (definitions after
 * a DDL that cannot be followed, the rows of an XA group prepared before the start) is asked for by
 * `takeRecapture` and `missingPrepared`, which the caller serves between two events.
 */
export class TransactionAssembler {
  readonly #options: AssemblerOptions;
  readonly #tables: TableCache;
  /** XA groups prepared while we read; those from before come by `supplyPrepared`. */
  readonly #prepared = new Map<string, readonly Uint8Array[]>();
  #formatDescription: Frame | undefined;
  #group: OpenGroup | undefined;
  #seq: number;
  #position: Position;
  #out: Transaction[] = [];
  #outBytes = 0;
  #recapture: TableName[] = [];
  #waitingDelta: SchemaDelta | undefined;

  constructor(options: AssemblerOptions) {
    this.#options = options;
    this.#seq = options.from.seq;
    this.#position = options.from.position;
    this.#tables = new TableCache({
      flavor: options.flavor,
      router: options.router,
      tableFor: (tableMap) => options.history.tableFor(tableMap),
    });
  }

  /** Where to resume after the last group that ended. */
  get position(): Position {
    return this.#position;
  }

  get isInGroup(): boolean {
    return this.#group !== undefined;
  }

  /** Bytes of finished transactions and parts that wait to be taken. */
  get outBytes(): number {
    return this.#outBytes;
  }

  take(): Transaction[] {
    const out = this.#out;
    this.#out = [];
    this.#outBytes = 0;
    return out;
  }

  /** Tables whose definition has to be read from the source before the next event. */
  takeRecapture(): readonly TableName[] {
    if (this.#recapture.length === 0) return [];
    const tables = this.#recapture;
    this.#recapture = [];
    return tables;
  }

  /** The xid that this event commits and whose rows are not known here. */
  missingPrepared(event: BinlogEvent): string | undefined {
    if (event.kind !== 'query' || !/^XA\s+COMMIT/i.test(event.statement)) return undefined;
    const statement = this.#classify(event);
    if (statement.kind !== 'xa-commit' || this.#prepared.has(statement.xid)) return undefined;
    return statement.xid;
  }

  supplyPrepared(xid: string, payload: readonly Uint8Array[]): void {
    this.#prepared.set(xid, payload);
  }

  /** Definitions learned for what `takeRecapture` asked: stored with the transaction that made it ask. */
  addSchemaDelta(delta: SchemaDelta): void {
    const group = this.#group;
    if (group !== undefined) {
      group.schemaDelta ??= new Map();
      for (const [key, value] of delta) group.schemaDelta.set(key, value);
      return;
    }
    const last = this.#out.pop();
    if (last === undefined) this.#waitingDelta = mergeDeltas(this.#waitingDelta, delta);
    else this.#out.push({ ...last, schemaDelta: mergeDeltas(last.schemaDelta, delta) });
  }

  /** An empty transaction that makes the start position and its definitions durable before any change. */
  markStart(delta: SchemaDelta): void {
    const { coordinates } = this.#position;
    const start = { gtid: undefined, coordinates, committedAtMs: Date.now(), serverId: 0 };
    this.#seq += 1;
    this.#push({
      ...this.#transaction(new OpenGroup(start), { seq: this.#seq, last: true }),
      resumeAt: this.#position,
      schemaDelta: delta,
    });
  }

  /** The table that a rows event or table map is about. */
  tableOf(event: BinlogEvent): TableName | undefined {
    if (event.kind === 'table-map') return event;
    return event.kind === 'rows' ? this.#tables.get(event.tableId).tableMap : undefined;
  }

  handle(event: BinlogEvent, frame: Frame): void {
    try {
      this.#dispatch(event, frame);
    } catch (error) {
      throw toTailraceError(error).at(this.#place());
    }
  }

  #dispatch(event: BinlogEvent, frame: Frame): void {
    switch (event.kind) {
      case 'gtid':
        this.#beginGtid(event);
        return;
      case 'query':
        this.#query(event);
        return;
      case 'table-map':
        this.#tableMap(event, frame);
        return;
      case 'rows':
        this.#rows(event, frame);
        return;
      case 'xid':
        this.#end({ xid: event.xid, isTransactional: true });
        return;
      case 'xa-prepare':
        this.#endPrepared(event.xid, event.isOnePhase);
        return;
      case 'rows-query':
        if (this.#group !== undefined) this.#group.rowsQuery = event.statement;
        return;
      case 'format-description':
        this.#formatDescribed(event, frame);
        return;
      case 'incident':
      case 'unknown':
        this.#refuse(event);
        return;
      case 'rotate':
      case 'previous-gtids':
      case 'gtid-list':
      case 'heartbeat':
      case 'ignorable':
      case 'statement-part':
      case 'transaction-payload':
        return;
    }
  }

  #refuse(event: Extract<BinlogEvent, { kind: 'incident' | 'unknown' }>): void {
    if (this.#group?.dropReason === 'skipped') return;
    if (event.kind === 'incident') {
      if (this.#group === undefined && this.#isSkippedHere()) return;
      throw new TailraceError(
        'SOURCE_INCIDENT',
        `The source logged an incident (${event.incident}): ${event.message || 'no text'}.`,
      );
    }
    if (this.#group === undefined && this.#isSkippedHere()) return;
    throw new TailraceError(
      'SOURCE_EVENT_UNKNOWN',
      `The binlog has an event of type ${event.header.typeCode}, which is not known and not marked as ignorable.`,
    );
  }

  #isSkippedHere(): boolean {
    return this.#options.isSkipped(undefined, formatCoordinates(this.#options.cursor.eventStart));
  }

  #formatDescribed(event: FormatDescriptionEvent, frame: Frame): void {
    // Copied: it outlives the socket chunk that it came in.
    const bytes = Buffer.from(frame.bytes.subarray(frame.start, frame.end));
    this.#formatDescription = { bytes, start: 0, end: bytes.length, checksumLength: 0 };
    this.#tables.clear();
    // A real one begins a file: a group that is still open was cut off by a crash of the source.
    if (event.header.endLogPos === 0 || this.#group === undefined) return;
    const cut = this.#group;
    this.#group = undefined;
    if (cut.partIndex > 0) {
      this.#options.discards.add(cut.coordinates, 0, Number.MAX_SAFE_INTEGER);
      throw new TailraceError('SOURCE_REREAD', 'The source crashed inside a large transaction.');
    }
    this.#options.countDropped('rolled-back', cut.changes.length);
  }

  #begin(event: BinlogEvent, gtid: Gtid | undefined, committedAtMs: number): OpenGroup {
    const coordinates = this.#options.cursor.eventStart;
    const group = new OpenGroup({
      gtid,
      coordinates,
      committedAtMs,
      serverId: event.header.serverId,
    });
    const name = gtid === undefined ? undefined : formatGtid(gtid);
    if (this.#options.isSkipped(name, formatCoordinates(coordinates))) group.dropReason = 'skipped';
    this.#group = group;
    return group;
  }

  #beginGtid(event: GtidEvent): void {
    const micros = event.immediateCommitMicros;
    const committedAtMs =
      micros === undefined || micros === 0 ? event.header.timestamp * 1000 : micros / 1000;
    const group = this.#begin(event, event.gtid, committedAtMs);
    const mariadb = event.mariadb;
    if (mariadb === undefined) return;
    group.isBegun = !mariadb.isStandalone;
    if (mariadb.preparedXid !== undefined) this.#startPreparing(group, mariadb.preparedXid);
  }

  #startPreparing(group: OpenGroup, xid: string): void {
    group.preparing ??= new PreparedGroup(xid, this.#formatDescription);
  }

  #classify(event: QueryEvent): ReturnType<typeof classifyStatement> {
    return classifyStatement(event.statement, {
      flavor: this.#options.flavor,
      versionNumber: this.#options.versionNumber,
      sqlModeNames: event.context.sqlModeNames,
      defaultDatabase: event.database,
    });
  }

  #query(event: QueryEvent): void {
    const group = this.#group ?? this.#begin(event, undefined, event.header.timestamp * 1000);
    group.threadId ??= event.threadId;
    const statement = this.#classify(event);
    switch (statement.kind) {
      case 'begin':
        group.isBegun = true;
        return;
      case 'commit':
        this.#end({ isTransactional: false });
        return;
      case 'rollback':
        this.#rollBack(group);
        return;
      case 'savepoint':
        group.setSavepoint(statement.name, this.#options.cursor.eventStart.offset);
        return;
      case 'rollback-to':
        this.#rollBackTo(group, statement.name);
        return;
      case 'release':
      case 'xa-end':
      case 'xa-prepare':
        return;
      case 'xa-start':
        group.isBegun = true;
        this.#startPreparing(group, statement.xid);
        return;
      case 'xa-commit':
        this.#endXa(group, statement.xid, 'commit');
        return;
      case 'xa-rollback':
        this.#endXa(group, statement.xid, 'rollback');
        return;
      case 'dml':
        if (group.dropReason === undefined) {
          const { database, statement: text } = event;
          assertNotReplicatedStatement(
            { text, database, tables: statement.tables },
            this.#options.router,
          );
        }
        this.#drop('filtered', 1);
        this.#endIfAlone(group);
        return;
      case 'ddl':
        this.#ddl(event, group);
        this.#endIfAlone(group);
        return;
      case 'ignorable':
        this.#endIfAlone(group);
        return;
    }
  }

  #endIfAlone(group: OpenGroup): void {
    if (!group.isBegun) this.#end({ isTransactional: true });
  }

  #ddl(event: QueryEvent, group: OpenGroup): void {
    const { history, router, cursor, ignoreOwn } = this.#options;
    const { database, statement, context } = event;
    const coordinates = cursor.eventStart;
    const outcome = history.applyDdl({ coordinates, statement, database, context });
    this.#tables.clear();
    this.#recapture.push(...outcome.recapture);
    if (outcome.delta !== undefined) {
      group.schemaDelta ??= new Map();
      for (const [key, value] of outcome.delta) group.schemaDelta.set(key, value);
    }
    if (group.dropReason !== undefined) return;
    if (ignoreOwn && statement.startsWith('/* tailrace */')) {
      this.#drop('own', 1);
      return;
    }
    const { effects, references, subject, isFullyParsed, before, after } = outcome;
    const change: SchemaChange = {
      kind: 'ddl',
      database,
      statement,
      subject,
      effects,
      references,
      isFullyParsed,
      context,
      coordinates,
      timestamp: event.header.timestamp,
      before,
      after,
    };
    if (isDdlIncluded(change, router)) this.#add(group, change, statement.length * 2);
    else this.#drop('filtered', 1);
  }

  #tableMap(event: TableMapEvent, frame: Frame): void {
    const binding = this.#tables.find(event.tableId, event.body) ?? this.#tables.set(event);
    const group = this.#group;
    if (group === undefined) return;
    if (binding.isCheckpoint && this.#options.ignoreOwn) group.dropReason ??= 'own';
    if (group.preparing !== undefined && binding.isIncluded && group.dropReason === undefined) {
      if (!group.preparing.hasTable(event.tableId)) {
        const table = this.#options.history.tableFor(event);
        group.preparing.addTable(event.tableId, serializeTable(table));
      }
      group.preparing.append(frame);
    }
  }

  #rows(event: RowsEvent, frame: Frame): void {
    const group = this.#group ?? this.#begin(event, undefined, event.header.timestamp * 1000);
    if (group.dropReason !== undefined) {
      this.#drop(group.dropReason, 1);
      return;
    }
    // Table id 0 with the end-of-statement flag: no rows, only the end.
    if (event.start >= event.end) return;
    const binding = this.#tables.get(event.tableId);
    if (!binding.isIncluded) {
      this.#drop('filtered', 1);
      return;
    }
    const { cursor, discards } = this.#options;
    if (discards.covers(group.coordinates, cursor.eventStart.offset)) {
      this.#drop('rolled-back', 1);
      return;
    }
    if (group.preparing !== undefined) {
      group.preparing.append(frame);
      return;
    }
    this.#addRows(group, binding, event, this.#tables);
  }

  #addRows(group: OpenGroup, binding: TableBinding, event: RowsEvent, tables: TableCache): void {
    const common = {
      coordinates: this.#options.cursor.eventStart,
      rowsQuery: group.rowsQuery,
    };
    const bytes = event.end - event.start;
    let first = true;
    for (const change of tables.changesOf(binding, event, common)) {
      this.#add(group, change, first ? bytes : 0);
      first = false;
    }
  }

  #add(group: OpenGroup, change: OpenGroup['changes'][number], bytes: number): void {
    // Handed on before the next change, not after this one: so the last part is never empty.
    if (group.bytes >= this.#options.partBytes) this.#closePart(group);
    group.changes.push(change);
    group.bytes += bytes;
  }

  #closePart(group: OpenGroup): void {
    this.#push(this.#transaction(group, { seq: this.#seq + 1, last: false }));
    group.partIndex += 1;
    group.changes = [];
    group.bytes = 0;
  }

  #rollBack(group: OpenGroup): void {
    if (group.partIndex > 0) this.#reread(group, 0);
    this.#drop('rolled-back', group.changes.length);
    group.changes = [];
    group.bytes = 0;
    this.#end({ isTransactional: true });
  }

  #rollBackTo(group: OpenGroup, name: string): void {
    const mark: Savepoint | undefined = group.savepoint(name);
    if (mark === undefined) return;
    if (mark.part !== group.partIndex) this.#reread(group, mark.offset);
    this.#drop('rolled-back', group.changes.length - mark.changes);
    group.rollbackTo(mark);
  }

  /** Part of what is taken back now has been handed on: read it again and leave it out. */
  #reread(group: OpenGroup, from: number): never {
    this.#options.discards.add(group.coordinates, from, this.#options.cursor.eventStart.offset);
    throw new TailraceError(
      'SOURCE_REREAD',
      'A large transaction took back rows after a part of it was handed on.',
    );
  }

  #endPrepared(xid: string, isOnePhase: boolean): void {
    const group = this.#group;
    if (group === undefined) return;
    const payload = group.preparing?.toPayload() ?? [];
    group.preparing = undefined;
    if (isOnePhase) this.#replay(group, payload);
    else {
      this.#prepared.set(xid, payload);
      if (group.dropReason === undefined) {
        group.changes.push({ kind: 'xa-prepare', xid, payload });
      }
    }
    this.#end({ isTransactional: true });
  }

  #endXa(group: OpenGroup, xid: string, outcome: 'commit' | 'rollback'): void {
    const payload = this.#prepared.get(xid);
    this.#prepared.delete(xid);
    if (group.dropReason === undefined) {
      if (outcome === 'commit') {
        if (payload === undefined) {
          throw new TailraceError(
            'SOURCE_XA_UNKNOWN',
            `XA COMMIT ${xid}: the transaction was prepared before the position where this task began.`,
          );
        }
        this.#replay(group, payload);
      }
      group.changes.push({ kind: 'xa-end', xid, outcome });
    }
    this.#end({ isTransactional: true });
  }

  /** The rows of a prepared group, read with the definitions that were stored with them. */
  #replay(group: OpenGroup, payload: readonly Uint8Array[]): void {
    if (payload.length === 0 || group.dropReason !== undefined) return;
    const content = readPayload(payload);
    const tables = new TableCache({
      flavor: this.#options.flavor,
      router: this.#options.router,
      tableFor: (tableMap) => parseTable(content.tables.get(tableMap.tableId) ?? ''),
    });
    const decoder = new EventDecoder();
    for (const frame of content.frames) {
      const event = decoder.decode(frame);
      if (event.kind === 'table-map') tables.set(event);
      else if (event.kind === 'rows') {
        this.#addRows(group, tables.get(event.tableId), event, tables);
      }
    }
  }

  #end(how: { readonly xid?: bigint; readonly isTransactional: boolean }): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    this.#seq += 1;
    this.#position = this.#after(group.gtid);
    this.#push({
      ...this.#transaction(group, { seq: this.#seq, last: true }),
      xid: how.xid,
      isTransactional: how.isTransactional,
      resumeAt: this.#position,
      schemaDelta: mergeDeltas(this.#waitingDelta, group.schemaDelta),
    });
    this.#waitingDelta = undefined;
  }

  #after(gtid: Gtid | undefined): Position {
    const coordinates = this.#options.cursor.coordinates;
    const position = this.#position;
    // An anonymous transaction is in no GTID set: from here on only coordinates say what is done.
    if (position.kind === 'coordinates' || gtid === undefined) {
      return { kind: 'coordinates', coordinates };
    }
    return { kind: 'gtid', gtidSet: position.gtidSet.with(gtid), coordinates };
  }

  #transaction(
    group: OpenGroup,
    at: { readonly seq: number; readonly last: boolean },
  ): Transaction {
    return {
      seq: at.seq,
      origin: 'binlog',
      gtid: group.gtid,
      coordinates: group.coordinates,
      committedAtMs: group.committedAtMs,
      serverId: group.serverId,
      threadId: group.threadId,
      xid: undefined,
      part: { index: group.partIndex, last: at.last },
      changes: group.dropReason === undefined ? group.changes : [],
      bytes: group.bytes,
      isTransactional: true,
      resumeAt: undefined,
      schemaDelta: undefined,
    };
  }

  #push(transaction: Transaction): void {
    this.#out.push(transaction);
    this.#outBytes += transaction.bytes;
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.#options.countDropped(reason, count);
  }

  #place(): { gtid?: string; coordinates: string } {
    const group = this.#group;
    const coordinates: BinlogCoordinates = group?.coordinates ?? this.#options.cursor.eventStart;
    const gtid = group?.gtid;
    return {
      coordinates: formatCoordinates(coordinates),
      ...(gtid === undefined ? {} : { gtid: formatGtid(gtid) }),
    };
  }
}
