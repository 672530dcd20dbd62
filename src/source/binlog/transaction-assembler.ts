import type {
  BinlogEvent,
  FormatDescriptionEvent,
  GtidEvent,
  QueryEvent,
  RotateEvent,
  RowsEvent,
  TableMapEvent,
} from '../../binlog/event.ts';
import type { Change } from '../../core/change.ts';
import { TailraceError, toTailraceError, type ErrorPlace } from '../../core/errors.ts';
import type { Frame } from '../../core/frame.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import { OWN_STATE_COMMENT } from '../../core/own-ddl.ts';
import { formatCoordinates } from '../../core/position.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import {
  classifyStatement,
  type StatementClass,
  type StatementDml,
} from '../../schema/classify-statement.ts';
import { serializeTable } from '../../schema/serialize-table.ts';
import type { AssemblerOptions } from './assembler-options.ts';
import { beginOf, beginOfNameless } from './begin-of-group.ts';
import { OpenGroup, type DropReason, type GroupStart } from './open-group.ts';
import { groupWithoutEnd, refusedEvent } from './refused-event.ts';
import {
  assertNotReplicatedStatement,
  ddlDropReason,
  isOwnDdl,
  tableFromQuery,
} from './statement-policy.ts';
import { toSchemaChange } from './schema-change.ts';
import { TableCache } from './table-cache.ts';
import { TransactionOutbox } from './transaction-outbox.ts';
import { XaGroups } from './xa-groups.ts';

const NONE: readonly TableName[] = [];

/**
 * Events in, transactions out (`outbox`). A group begins with a GTID event, BEGIN or XA START and ends
 * with XID, COMMIT, XA PREPARE, or with a statement that stands alone. Everything here is synchronous;
 * what needs the source's help (definitions after a DDL that cannot be followed, the rows of an XA group
 * prepared before the start) is asked for by `takeRecapture` and `missingPrepared`, which the caller
 * serves between two events.
 */
export class TransactionAssembler {
  readonly outbox: TransactionOutbox;
  readonly #options: AssemblerOptions;
  readonly tables: TableCache;
  readonly #xa: XaGroups;
  #group: OpenGroup | undefined;
  #recapture: TableName[] = [];

  constructor(options: AssemblerOptions) {
    const { flavor, router, history, from } = options;
    this.#options = options;
    this.outbox = new TransactionOutbox(from);
    // A prepared group holds only rows that were wanted when they were read.
    this.#xa = new XaGroups({ flavor, router, isSequence: () => false });
    this.tables = new TableCache({
      flavor,
      router,
      tableFor: (tableMap) => history.tableFor(tableMap),
      isSequence: ({ database, table }) => history.isSequence({ database, table }),
    });
  }

  get isInGroup(): boolean {
    return this.#group !== undefined;
  }

  /** Would a transaction be handed on that has nothing special about it? See PlainTransactions. */
  get takesPlain(): boolean {
    const { isSkipped, discards } = this.#options;
    return this.#group === undefined && isSkipped === undefined && discards.isEmpty;
  }

  endPlain(group: OpenGroup, xid: bigint): void {
    this.#group = group;
    this.#end(true, xid);
  }

  /** Tables whose definition has to be read from the source before the next event. */
  takeRecapture(): readonly TableName[] {
    if (this.#recapture.length === 0) return NONE;
    const tables = this.#recapture;
    this.#recapture = [];
    return tables;
  }

  /** The xid that this event commits and whose rows are not known here. */
  missingPrepared(event: BinlogEvent): string | undefined {
    if (event.kind !== 'query' || event.statement === 'BEGIN') return undefined;
    if (!/^XA\s+COMMIT/i.test(event.statement)) return undefined;
    const statement = this.#classify(event);
    if (statement.kind !== 'xa-commit' || this.#xa.has(statement.xid)) return undefined;
    return statement.xid;
  }

  supplyPrepared(xid: string, payload: readonly Uint8Array[]): void {
    this.#xa.keep(xid, payload);
  }

  /** Definitions learned for what `takeRecapture` asked: stored with the transaction that made it ask. */
  addSchemaDelta(delta: SchemaDelta): void {
    if (this.#group === undefined) this.outbox.addSchemaDelta(delta);
    else this.#group.addSchemaDelta(delta);
  }

  /** The table that a rows event or table map is about. */
  tableOf(event: BinlogEvent): TableName | undefined {
    if (event.kind === 'table-map') return event;
    return event.kind === 'rows' ? this.tables.get(event.tableId).tableMap : undefined;
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
        this.#end(true, event.xid);
        return;
      case 'xa-prepare':
        this.#endPrepared(event.xid, event.isOnePhase);
        return;
      case 'rows-query':
        if (this.#group !== undefined && this.#options.keepsRowQueries) {
          this.#group.rowsQuery = event.statement;
        }
        return;
      case 'format-description':
        this.#formatDescribed(event, frame);
        return;
      case 'incident':
      case 'unknown':
        this.#refuse(event);
        return;
      case 'rotate':
        this.#rotate(event);
        return;
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
    // Outside a group the event is a transaction of its own: it can be passed, and is counted, alone.
    const group = this.#openGroup(event);
    if (group.dropReason === 'skipped') {
      this.#endIfAlone(group);
      return;
    }
    throw refusedEvent(event);
  }

  /** Without GTIDs the position goes along, or the file where it stood is purged while nothing is written. */
  #rotate({ file, header }: RotateEvent): void {
    const { position } = this.outbox;
    if (this.#group !== undefined || position.kind !== 'coordinates') return;
    if (position.coordinates.file === file) return;
    this.outbox.passFile(this.#options.cursor.coordinates, header.timestamp * 1000);
  }

  #formatDescribed(event: FormatDescriptionEvent, frame: Frame): void {
    this.#xa.setFormatDescription(frame);
    this.tables.clear();
    // A real one begins a file: a group that is still open was cut off by a crash of the source.
    const cut = this.#group;
    if (event.header.endLogPos === 0 || cut === undefined) return;
    this.#group = undefined;
    if (cut.partIndex > 0) this.#reread(cut, 0, Number.MAX_SAFE_INTEGER);
    this.#drop('rolled-back', cut.changes.length);
  }

  #begin(start: GroupStart): OpenGroup {
    this.tables.trim();
    const group = new OpenGroup(start);
    const { isSkipped } = this.#options;
    if (isSkipped !== undefined) {
      const name = start.gtid === undefined ? undefined : formatGtid(start.gtid);
      if (isSkipped(name, this.outbox.nextSeq)) group.dropReason = 'skipped';
    }
    this.#group = group;
    return group;
  }

  #beginGtid(event: GtidEvent): void {
    const before = this.#group;
    if (before !== undefined && (before.changes.length > 0 || before.partIndex > 0)) {
      throw groupWithoutEnd();
    }
    const group = this.#begin(beginOf(event, this.#options.cursor.eventStart));
    const { mariadb } = event;
    if (mariadb === undefined) return;
    group.isBegun = !mariadb.isStandalone;
    group.isOnlyAnnounced = mariadb.alterPhase === 'start' || mariadb.alterPhase === 'rollback';
    if (mariadb.preparedXid !== undefined) group.preparing = this.#xa.start(mariadb.preparedXid);
  }

  #openGroup({ header }: BinlogEvent): OpenGroup {
    return this.#group ?? this.#begin(beginOfNameless(header, this.#options.cursor.eventStart));
  }

  #classify(event: QueryEvent): StatementClass {
    const { flavor, versionNumber } = this.#options;
    const { sqlModeNames } = event.context;
    const defaultDatabase = event.database;
    return classifyStatement(event.statement, {
      flavor,
      versionNumber,
      sqlModeNames,
      defaultDatabase,
    });
  }

  #query(event: QueryEvent): void {
    const group = this.#openGroup(event);
    group.threadId ??= event.threadId;
    const statement = this.#classify(event);
    switch (statement.kind) {
      case 'begin':
        group.isBegun = true;
        return;
      case 'commit':
        this.#end(false);
        return;
      case 'rollback':
        this.#rollBack(group);
        return;
      case 'savepoint':
        group.setSavepoint(statement.savepoint, this.#options.cursor.startOffset);
        return;
      case 'rollback-to':
        this.#rollBackTo(group, statement.savepoint);
        return;
      case 'release':
      case 'xa-end':
      case 'xa-prepare':
        return;
      case 'xa-start':
        group.isBegun = true;
        group.preparing ??= this.#xa.start(statement.xid);
        return;
      case 'xa-commit':
      case 'xa-rollback':
        this.#endXa(group, statement.xid, statement.kind === 'xa-commit' ? 'commit' : 'rollback');
        return;
      case 'dml':
        this.#statementDml(group, event, statement);
        this.#endIfAlone(group);
        return;
      case 'ddl':
        if (!group.isOnlyAnnounced) this.#ddl(event, group);
        this.#endIfAlone(group);
        return;
      case 'ignorable':
        this.#endIfAlone(group);
        return;
    }
  }

  #endIfAlone(group: OpenGroup): void {
    if (!group.isBegun) this.#end(true);
  }

  #statementDml(group: OpenGroup, event: QueryEvent, dml: StatementDml): void {
    if (group.dropReason === undefined) {
      const { database, statement: text } = event;
      assertNotReplicatedStatement({ ...dml, text, database }, this.#options.router);
    }
    this.#drop(group.dropReason ?? 'filtered', 1);
  }

  #ddl(event: QueryEvent, group: OpenGroup): void {
    const { history, router, cursor, ignoreOwn } = this.#options;
    const { database, statement, context } = event;
    const coordinates = cursor.eventStart;
    const outcome = history.applyDdl({ coordinates, statement, database, context });
    this.tables.clear();
    this.#recapture.push(...outcome.recapture.filter((name) => router.isIncluded(name)));
    if (outcome.delta !== undefined) group.addSchemaDelta(outcome.delta);
    if (group.dropReason !== undefined) return;
    if (statement.startsWith(OWN_STATE_COMMENT) || (ignoreOwn && isOwnDdl(event))) {
      this.#drop('own', 1);
      return;
    }
    const change = toSchemaChange(event, outcome, coordinates);
    const reason = ddlDropReason(change, router);
    if (reason !== undefined) this.#drop(reason, 1);
    else if (outcome.isFromQuery) throw tableFromQuery(change);
    else this.#add(group, change, statement.length * 2);
  }

  #tableMap(event: TableMapEvent, frame: Frame): void {
    const binding = this.tables.find(event.tableId, event.body) ?? this.tables.set(event);
    const group = this.#group;
    if (group === undefined) return;
    if (binding.isCheckpoint && this.#options.ignoreOwn) group.dropReason ??= 'own';
    const { preparing, dropReason } = group;
    if (preparing === undefined || binding.dropReason !== undefined || dropReason !== undefined)
      return;
    if (!preparing.hasTable(event.tableId)) {
      const table = this.#options.history.tableFor(event);
      preparing.addTable(event.tableId, serializeTable(table));
    }
    preparing.append(frame);
  }

  #rows(event: RowsEvent, frame: Frame): void {
    const group = this.#openGroup(event);
    // No rows: only the end of a statement, with table id 0xffffff.
    if (event.start >= event.end) return;
    const dropReason = group.dropReason ?? this.#dropReason(event, group);
    if (dropReason !== undefined) this.#drop(dropReason, 1);
    else if (group.preparing !== undefined) group.preparing.append(frame);
    else this.#addRows(group, event, this.tables);
  }

  #dropReason(event: RowsEvent, group: OpenGroup): DropReason | undefined {
    const dropReason = this.tables.dropReasonOf(event);
    if (dropReason !== undefined) return dropReason;
    const { cursor, discards } = this.#options;
    const isTakenBack = discards.covers(group.coordinates, cursor.startOffset);
    return isTakenBack ? 'rolled-back' : undefined;
  }

  #addRows(group: OpenGroup, event: RowsEvent, tables: TableCache): void {
    const coordinates = this.#options.cursor.eventStart;
    const { rowsQuery } = group;
    // The slices share the event's bytes: they are counted once.
    let bytes = event.end - event.start;
    for (const change of tables.changesOf(event, { coordinates, rowsQuery })) {
      this.#add(group, change, bytes);
      bytes = 0;
    }
  }

  #add(group: OpenGroup, change: Change, bytes: number): void {
    // Handed on before the next change, not after this one: so the last part is never empty.
    if (group.bytes >= this.#options.partBytes) this.outbox.closePart(group);
    group.add(change, bytes);
  }

  #rollBack(group: OpenGroup): void {
    if (group.partIndex > 0) this.#reread(group, 0, this.#options.cursor.startOffset);
    this.#drop('rolled-back', group.changes.length);
    group.takeBackAll();
    this.#end(true);
  }

  #rollBackTo(group: OpenGroup, name: string): void {
    const mark = group.savepoint(name);
    if (mark === undefined) return;
    if (mark.part !== group.partIndex) {
      this.#reread(group, mark.offset, this.#options.cursor.startOffset);
    }
    this.#drop('rolled-back', group.changes.length - mark.changes);
    group.rollbackTo(mark);
  }

  /** Part of what is taken back now has been handed on: read it again and leave it out. */
  #reread(group: OpenGroup, from: number, to: number): never {
    this.#options.discards.add(group.coordinates, from, to);
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
      this.#xa.keep(xid, payload);
      group.changes.push({ kind: 'xa-prepare', xid, payload });
    }
    this.#end(true);
  }

  #endXa(group: OpenGroup, xid: string, outcome: 'commit' | 'rollback'): void {
    const payload = this.#xa.takeOut(xid);
    if (outcome === 'commit' && group.dropReason === undefined) {
      if (payload === undefined) {
        throw new TailraceError(
          'SOURCE_XA_UNKNOWN',
          `XA COMMIT ${xid}: the transaction was prepared before the position where this task began.`,
        );
      }
      this.#replay(group, payload);
    }
    group.changes.push({ kind: 'xa-end', xid, outcome });
    this.#end(true);
  }

  /** The rows of a prepared group, read with the definitions that were stored with them. */
  #replay(group: OpenGroup, payload: readonly Uint8Array[]): void {
    if (group.dropReason !== undefined) return;
    for (const { event, tables } of this.#xa.replay(payload)) this.#addRows(group, event, tables);
  }

  #end(isTransactional: boolean, xid?: bigint): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    const { coordinates } = this.#options.cursor;
    this.outbox.finish(group, { xid, isTransactional, coordinates });
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.#options.countDropped(reason, count);
  }

  #place(): ErrorPlace {
    const group = this.#group;
    const coordinates = formatCoordinates(group?.coordinates ?? this.#options.cursor.eventStart);
    const seq = this.outbox.nextSeq;
    return group?.gtid === undefined
      ? { coordinates, seq }
      : { coordinates, seq, gtid: formatGtid(group.gtid) };
  }
}
