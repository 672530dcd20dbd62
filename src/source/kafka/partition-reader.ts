import type { DeadLetter } from '../../core/dead-letter.ts';
import { TailraceError } from '../../core/errors.ts';
import { partitionName, type PartitionMark } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import { formatTableName, type Table, type TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { KafkaRecord } from '../../kafka/record-reader.ts';
import type {
  DecodedMessage,
  DecodedRows,
  MessageDecoder,
  UnknownTable,
} from '../../message/decode/decoder.ts';
import { JsonFault } from '../../message/decode/json-scan.ts';
import { checkValues } from './check-values.ts';
import { messageDdl, truncateDdl } from './message-ddl.ts';
import { HeaderReader, type SourceHeaders } from './message-headers.ts';
import { SourceMarks } from './source-marks.ts';
import { TransactionBuilder } from './transaction-builder.ts';

export const DROP_REASONS = [
  'sent_again',
  'filtered',
  'tombstone',
  'bootstrap',
  'heartbeat',
  'transaction_boundary',
] as const;
export type MessageDropReason = (typeof DROP_REASONS)[number];

export interface PartitionReaderOptions {
  readonly decoder: MessageDecoder;
  readonly router: Router;
  readonly onPoison: 'stop' | 'dead_letter';
  /** Messages without a number for tables without a key: a message sent again makes a second row. */
  readonly allowDuplicates: boolean;
  /** Has the target's table a key that names a row? undefined: it is not known there. */
  readonly hasKey: (name: TableName) => boolean | undefined;
  readonly nextSeq: () => number;
  readonly onDropped: (reason: MessageDropReason) => void;
}

/** What came of a record. */
export type ReadOutcome =
  | { readonly kind: 'done' }
  /** What was read is handed on first; nothing behind it is read before it is applied. */
  | { readonly kind: 'barrier' }
  /** The record is read again when the table is known. */
  | { readonly kind: 'unknown_table'; readonly unknown: UnknownTable }
  /** Nothing more of the partition is read. */
  | { readonly kind: 'stopped'; readonly error: TailraceError };

/** A transaction's messages are cut when they are more than this: nothing keeps those of other partitions anyway. */
const TRANSACTION_BYTES = 8 * 1024 * 1024;
const MAX_LETTER_LENGTH = 1024 * 1024;
const DONE: ReadOutcome = { kind: 'done' };

/**
 * Makes transactions of one partition's messages, in order. It knows what came last from each source task, and drops
 * what comes a second time.
 */
export class PartitionReader {
  readonly mark: PartitionMark;
  readonly #options: PartitionReaderOptions;
  readonly #builder: TransactionBuilder;
  readonly #ready: Transaction[] = [];
  /** Messages before it have come already. */
  readonly #replayUntil: number;
  readonly #sources: SourceMarks;
  readonly #headers = new HeaderReader();
  /** Whether the filter lets a table's rows in. */
  readonly #included = new WeakMap<Table, boolean>();
  /** Behind the last record that was read. */
  #offset: number;
  /** Behind what was handed on. */
  #handedOn: number;

  constructor(mark: PartitionMark, options: PartitionReaderOptions) {
    this.mark = mark;
    this.#options = options;
    this.#builder = new TransactionBuilder(mark, options.router);
    this.#sources = new SourceMarks(mark.sources);
    this.#replayUntil = this.#sources.replayUntil;
    this.#offset = mark.offset;
    this.#handedOn = mark.offset;
  }

  /** Of the next record to read. */
  get offset(): number {
    return this.#offset;
  }

  /** Records were passed that no transaction tells of. */
  get hasPassedAlone(): boolean {
    return this.#offset > this.#handedOn && this.#builder.isEmpty;
  }

  read(record: KafkaRecord): ReadOutcome {
    const headers = this.#headers.read(record);
    if (headers !== undefined && !this.#sources.isNew(headers)) {
      this.#drop('sent_again', record);
      return DONE;
    }
    let decoded: DecodedMessage;
    try {
      decoded = this.#decode(record, headers);
    } catch (thrown) {
      return this.#poison(record, thrown);
    }
    return this.#take(record, decoded, headers);
  }

  /** Records up to there are none of ours: control batches, what compaction took. */
  passTo(offset: number): void {
    if (offset > this.#offset) this.#offset = offset;
  }

  /** Nothing more is there for now: what is open is complete as far as anybody can tell. */
  flush(): void {
    this.#close();
  }

  /** An empty transaction that stores how far the partition is read. */
  passAlone(): void {
    if (this.hasPassedAlone) this.#closeEmpty();
  }

  takeReady(): Transaction[] {
    return this.#ready.splice(0);
  }

  #decode(record: KafkaRecord, headers: SourceHeaders | undefined): DecodedMessage {
    const decoded = this.#options.decoder.decode(record);
    if (decoded.kind !== 'rows') return decoded;
    const { layout, bytes } = decoded;
    for (const spans of decoded.before) checkValues(layout, bytes, spans);
    for (const spans of decoded.after) checkValues(layout, bytes, spans);
    return this.#mayRepeat(record, headers) ? this.#withKey(decoded) : decoded;
  }

  #take(
    record: KafkaRecord,
    decoded: DecodedMessage,
    headers: SourceHeaders | undefined,
  ): ReadOutcome {
    switch (decoded.kind) {
      case 'nothing':
        this.#drop(decoded.reason, record, headers);
        return DONE;
      case 'unknown_table':
        if (!this.#options.router.isIncluded(decoded.table)) {
          this.#drop('filtered', record, headers);
          return DONE;
        }
        return { kind: 'unknown_table', unknown: decoded };
      case 'rows':
        this.#takeRows(record, decoded, headers);
        return DONE;
      case 'ddl':
      case 'truncate': {
        this.#close();
        const coordinates = { file: partitionName(this.mark), offset: record.offset };
        const change =
          decoded.kind === 'ddl'
            ? messageDdl(decoded, coordinates)
            : truncateDdl(decoded.table, decoded.committedAtMs, coordinates);
        this.#passed(record, headers);
        const bytes = record.value?.length ?? 0;
        this.#builder.add(change, record.offset, { bytes, committedAtMs: decoded.committedAtMs });
        this.#close();
        return { kind: 'barrier' };
      }
    }
  }

  #takeRows(record: KafkaRecord, rows: DecodedRows, headers: SourceHeaders | undefined): void {
    const { table } = rows.layout;
    if (!this.#isIncluded(table)) {
      this.#drop('filtered', record, headers);
      return;
    }
    const builder = this.#builder;
    if (!builder.isOf(rows, headers)) {
      this.#close();
      builder.begin(rows, headers);
    }
    const isExact = !this.#mayRepeat(record, headers) && !rows.isSnapshot;
    builder.addRows(rows, record.offset, !isExact && this.#isKeyed(table));
    this.#passed(record, headers);
    const isLast =
      headers === undefined ? rows.isLast || rows.transaction === undefined : headers.isLast;
    if (isLast || builder.bytes > TRANSACTION_BYTES) this.#close();
  }

  #isIncluded(table: Table): boolean {
    const known = this.#included.get(table);
    if (known !== undefined) return known;
    const { database, name } = table;
    const isIncluded = this.#options.router.isIncluded({ database, table: name });
    this.#included.set(table, isIncluded);
    return isIncluded;
  }

  /** No number tells whether it came before, or it is known to have. */
  #mayRepeat(record: KafkaRecord, headers: SourceHeaders | undefined): boolean {
    if (headers === undefined || record.offset < this.#replayUntil) return true;
    return this.#sources.isDoubtful(headers);
  }

  #isKeyed(table: { readonly database: string; readonly name: string }): boolean {
    return this.#options.hasKey({ database: table.database, table: table.name }) ?? true;
  }

  /** A message of others: it may come again, which only a key can tell. */
  #withKey(rows: DecodedRows): DecodedMessage {
    const { database, name: tableName } = rows.layout.table;
    const table = { database, table: tableName };
    if (!this.#options.router.isIncluded(table)) return rows;
    const hasKey = this.#options.hasKey(table);
    if (hasKey === undefined) return { kind: 'unknown_table', table, column: undefined };
    if (hasKey || this.#options.allowDuplicates) return rows;
    const name = formatTableName(table);
    throw new TailraceError(
      'KAFKA_TABLE_KEYLESS',
      `${name} has no key at the target, and the message no number that counts: were it sent again, nobody could tell`,
      { place: { table: name } },
    );
  }

  #drop(reason: MessageDropReason, record: KafkaRecord, headers?: SourceHeaders): void {
    this.#options.onDropped(reason);
    this.#passed(record, headers);
  }

  #passed(record: KafkaRecord, headers: SourceHeaders | undefined): void {
    this.#offset = record.offset + 1;
    if (headers !== undefined) this.#sources.passed(headers);
  }

  #poison(record: KafkaRecord, thrown: unknown): ReadOutcome {
    const error = this.#poisonError(record, thrown);
    this.#close();
    const { onPoison } = this.#options;
    if (onPoison === 'stop' || error.code === 'KAFKA_TABLE_KEYLESS') {
      return { kind: 'stopped', error };
    }
    this.#passed(record, this.#headers.read(record));
    const letter = letterOf(record, error);
    const bytes = record.value?.length ?? 0;
    this.#builder.add({ kind: 'passed', letter }, record.offset, { bytes, committedAtMs: 0 });
    this.#close();
    return DONE;
  }

  #poisonError(record: KafkaRecord, thrown: unknown): TailraceError {
    const coordinates = `${partitionName(this.mark)}:${record.offset}`;
    if (thrown instanceof TailraceError) return thrown.at({ coordinates });
    if (!(thrown instanceof JsonFault) && !(thrown instanceof SyntaxError)) throw thrown;
    const message = `the message at offset ${record.offset} of ${partitionName(this.mark)} cannot be read: ${thrown.message}`;
    return new TailraceError('KAFKA_MESSAGE_UNREADABLE', message, {
      cause: thrown,
      place: { coordinates },
    });
  }

  #close(): void {
    if (!this.#builder.isEmpty) this.#closeEmpty();
  }

  #closeEmpty(): void {
    const seq = this.#options.nextSeq();
    const resume = { offset: this.#offset, sources: this.#sources.take(this.#offset) };
    this.#ready.push(this.#builder.take(seq, resume));
    this.#handedOn = this.#offset;
  }
}

/** With the bytes as they came. */
function letterOf(record: KafkaRecord, error: TailraceError): DeadLetter {
  const base64 = (bytes: Buffer | null): string | null => bytes && bytes.toString('base64');
  const payload = JSON.stringify({
    key: base64(record.key),
    value: base64(record.value),
    headers: record.headers(),
    text: record.value?.toString('utf8').slice(0, MAX_LETTER_LENGTH),
  });
  return {
    kind: 'message',
    reason: error.message,
    code: error.code,
    seq: undefined,
    gtid: undefined,
    coordinates: error.place.coordinates,
    table: error.place.table,
    payload,
  };
}
