import type { Change, RowsChange } from '../../core/change.ts';
import {
  partitionName,
  type KafkaPosition,
  type SourceMark,
  type TopicPartition,
} from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { DecodedRows } from '../../message/decode/decoder.ts';
import { JsonRows } from '../../message/decode/json-rows.ts';

/** Of a message in memory, beside its bytes: where its values stand, the row that they make, what waits for it. */
const ROW_OVERHEAD = 256;

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
  readonly #changes: Change[] = [];
  #open: OpenChange | undefined;
  #bytes = 0;
  #firstOffset = -1;
  #committedAtMs = 0;
  #isSnapshot = false;
  /** Of the source, as the messages say it; undefined: each message stands alone. */
  transaction: string | undefined;

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

  addRows(rows: DecodedRows, offset: number, byKey: boolean): void {
    const open = this.#openFor(rows, offset, byKey);
    for (const spans of rows.before) open.before?.push(rows.bytes, spans);
    for (const spans of rows.after) open.after?.push(rows.bytes, spans);
    this.#count(rows.bytes.length + ROW_OVERHEAD, offset, rows.committedAtMs);
    this.#isSnapshot = rows.isSnapshot;
  }

  add(change: Change, offset: number, about: { bytes: number; committedAtMs: number }): void {
    this.#open = undefined;
    this.#changes.push(change);
    this.#count(about.bytes, offset, about.committedAtMs);
  }

  /** Ends the transaction; `resume`: where its partition is read on behind it. */
  take(
    seq: number,
    resume: { readonly offset: number; readonly sources: ReadonlyMap<string, SourceMark> },
  ): Transaction {
    const coordinates = { file: this.#name, offset: Math.max(0, this.#firstOffset) };
    const resumeAt: KafkaPosition = {
      kind: 'kafka',
      offsets: new Map([[this.#name, { ...this.#at, ...resume }]]),
      coordinates,
    };
    const transaction: Transaction = {
      seq,
      origin: this.#isSnapshot ? 'snapshot' : 'kafka',
      gtid: undefined,
      coordinates,
      committedAtMs: this.#committedAtMs,
      serverId: 0,
      threadId: undefined,
      xid: undefined,
      part: { index: 0, last: true },
      changes: [...this.#changes],
      bytes: this.#bytes,
      isTransactional: true,
      resumeAt,
      schemaDelta: undefined,
    };
    this.#changes.length = 0;
    this.#open = undefined;
    this.#bytes = 0;
    this.#firstOffset = -1;
    this.transaction = undefined;
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
