import type { Change, RowsChange } from '../../core/change.ts';
import { partitionName, type TopicPartition } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { DecodedRows } from '../../message/decode/decoder.ts';
import { JsonRows } from '../../message/decode/json-rows.ts';
import type { SourceHeaders } from './message-headers.ts';
import { PartitionPosition, ReadMark } from './partition-position.ts';
import type { MarksThen } from './source-marks.ts';

/** Of a message in memory, beside its bytes: where its values stand, the row that they make, what waits for it. */
const ROW_OVERHEAD = 256;

const WHOLE = { index: 0, last: true };

/** Rows of one table and action that follow each other. */
interface OpenChange {
  readonly change: RowsChange;
  readonly before: JsonRows | undefined;
  readonly after: JsonRows | undefined;
  readonly byKey: boolean;
}

/**
 * Puts the changes of one partition together to transactions: messages that follow each other with the same source
 * transaction take effect together.
 */
export class TransactionBuilder {
  readonly #at: TopicPartition;
  readonly #name: string;
  readonly #router: Router;
  #changes: Change[] = [];
  #open: OpenChange | undefined;
  #bytes = 0;
  #firstOffset = -1;
  #committedAtMs = 0;
  #isSnapshot = false;
  /** Of the source, as others' messages say it. */
  #transaction: string | undefined;
  /** Of ours. */
  #source: string | undefined;
  #seq = 0;

  constructor(at: TopicPartition, router: Router) {
    this.#at = at;
    this.#name = partitionName(at);
    this.#router = router;
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Is the message of the transaction whose changes are being put together? `headers`: what ours says of it. */
  isOf(rows: DecodedRows, headers: SourceHeaders | undefined): boolean {
    if (headers !== undefined) {
      return headers.seq === this.#seq && headers.source === this.#source;
    }
    const { transaction } = rows;
    return transaction !== undefined && transaction === this.#transaction;
  }

  begin(rows: DecodedRows, headers: SourceHeaders | undefined): void {
    this.#source = headers?.source;
    this.#seq = headers?.seq ?? 0;
    this.#transaction = headers === undefined ? rows.transaction : undefined;
  }

  addRows(rows: DecodedRows, offset: number, byKey: boolean): void {
    const { before, after } = this.#openFor(rows, offset, byKey);
    if (before !== undefined) for (const spans of rows.before) before.push(rows.bytes, spans);
    if (after !== undefined) for (const spans of rows.after) after.push(rows.bytes, spans);
    this.#count(rows.bytes.length + ROW_OVERHEAD, offset, rows.committedAtMs);
    this.#isSnapshot = rows.isSnapshot;
  }

  add(change: Change, offset: number, about: { bytes: number; committedAtMs: number }): void {
    this.#open = undefined;
    this.#changes.push(change);
    this.#count(about.bytes, offset, about.committedAtMs);
  }

  /** Ends the transaction; `resume`: where its partition is read on behind it. */
  take(seq: number, resume: { readonly offset: number; readonly sources: MarksThen }): Transaction {
    const coordinates = { file: this.#name, offset: Math.max(0, this.#firstOffset) };
    const at = new ReadMark(this.#at, resume.offset, resume.sources);
    const resumeAt = new PartitionPosition({ name: this.#name, at }, coordinates);
    const transaction: Transaction = {
      seq,
      origin: this.#isSnapshot ? 'snapshot' : 'kafka',
      gtid: undefined,
      coordinates,
      committedAtMs: this.#committedAtMs,
      serverId: 0,
      threadId: undefined,
      xid: undefined,
      part: WHOLE,
      changes: this.#changes,
      bytes: this.#bytes,
      isTransactional: true,
      resumeAt,
      schemaDelta: undefined,
    };
    this.#changes = [];
    this.#open = undefined;
    this.#bytes = 0;
    this.#firstOffset = -1;
    this.#transaction = undefined;
    this.#source = undefined;
    return transaction;
  }

  #count(bytes: number, offset: number, committedAtMs: number): void {
    this.#bytes += bytes;
    if (this.#firstOffset < 0) this.#firstOffset = offset;
    this.#committedAtMs = committedAtMs;
  }

  #openFor(rows: DecodedRows, offset: number, byKey: boolean): OpenChange {
    const open = this.#open;
    if (open?.byKey === byKey && isContinued(open, rows)) return open;
    const made = this.#begin(rows, offset, byKey);
    this.#open = made;
    this.#changes.push(made.change);
    return made;
  }

  #begin(rows: DecodedRows, offset: number, byKey: boolean): OpenChange {
    const { layout, action } = rows;
    const [firstBefore] = rows.before;
    const [firstAfter] = rows.after;
    const before = firstBefore && new JsonRows(layout, firstBefore);
    const after = firstAfter && new JsonRows(layout, firstAfter);
    const change = {
      kind: 'rows',
      action,
      before,
      after,
      table: layout.table,
      route: this.#router.route(layout.table),
      coordinates: { file: this.#name, offset },
      timestamp: Math.floor(rows.committedAtMs / 1000),
      // Rows of other partitions may come earlier or later than those that they refer to.
      noForeignKeyChecks: true,
      cascadesLogged: true,
      noUniqueChecks: false,
      rowsQuery: undefined,
      ...(byKey ? { byKey } : {}),
    } as RowsChange;
    return { change, before, after, byKey };
  }
}

function isContinued({ change, before, after }: OpenChange, rows: DecodedRows): boolean {
  if (change.table !== rows.layout.table || change.action !== rows.action) return false;
  return (
    rows.before.every((spans) => before?.fits(spans) === true) &&
    rows.after.every((spans) => after?.fits(spans) === true)
  );
}
