import type { Change, RowsChange } from '../../core/change.ts';
import type { TableRoute } from '../../core/route.ts';
import type { RowImage } from '../../core/row.ts';
import type { Delivery } from '../../core/sink.ts';
import type { TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { RecordBytes } from '../../kafka/record-batch.ts';
import type { TopicDirectory, TopicInfo } from '../../kafka/topic-directory.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';
import type { CopiedTable, CopyPhase, Message, MessageType } from '../../message/encoder.ts';
import { javaPartition, murmur2, murmur2Partition } from '../../message/partition-hash.ts';
import {
  TransactionMessages,
  type PlacedMessage,
  type PlacedRows,
} from '../../message/transaction-messages.ts';
import type { KafkaSinkOptions } from './kafka-sink-options.ts';
import { loneBatchBytes, MessageSet, WriterPool } from './message-set.ts';
import type { OversizeMessages, OversizePlace } from './oversize-messages.ts';
import { Partitioner } from './partitioner.ts';
import { RecordHeaders } from './record-headers.ts';
import { preparedRecords, type StateRecord } from './state-topic.ts';
import { TopicNamer } from './topic-namer.ts';

export interface CollectorParts {
  readonly options: KafkaSinkOptions;
  readonly topics: TopicDirectory;
  readonly stateTopic: TopicInfo;
  /** Whose numbers the messages carry. */
  readonly history: string;
  readonly oversize: OversizeMessages;
  /** Keys of the prepared groups in the state topic: kept up to date here. */
  readonly preparedKeys: Map<string, readonly string[]>;
}

const NO_HEADERS = Buffer.from([0]);

/** Turns transactions into sets of batches, ready to be sent in order. */
export class MessageCollector {
  readonly #parts: CollectorParts;
  readonly #messages: TransactionMessages;
  readonly #namer: TopicNamer;
  readonly #partitioner: Partitioner;
  readonly #isByJavaKey: boolean;
  readonly #headers: RecordHeaders;
  readonly #scratch = new ByteWriter();
  readonly #pool = new WriterPool();
  readonly #types: readonly MessageType[];
  #full: MessageSet[] = [];
  #open = new MessageSet(this.#pool);
  #nowMs = 0;
  readonly #learned = new WeakSet<TableRoute>();
  readonly #names = new WeakMap<TableRoute, Map<MessageType, string>>();
  readonly #taker = {
    message: (placed: PlacedMessage): void => {
      this.#put(placed);
    },
    rows: (placed: PlacedRows): void => {
      this.#putRows(placed);
    },
  };

  constructor(parts: CollectorParts) {
    const { encoder, task, topics, partition } = parts.options;
    this.#parts = parts;
    this.#namer = new TopicNamer(topics);
    this.#partitioner = new Partitioner(partition);
    this.#isByJavaKey = this.#partitioner.isByJavaKey;
    this.#headers = new RecordHeaders(task, parts.history);
    this.#messages = new TransactionMessages({
      encoder,
      ddl: topics.ddlTopic !== '',
      truncates: parts.options.publishesTruncates,
      now: () => this.#nowMs,
      partitionOf: this.#partitioner.isByRow
        ? (tx, change, row) => this.#partitionOfRow(tx, change, row)
        : undefined,
    });
    this.#types = topics.template.includes('{type}') ? ['insert', 'update', 'delete'] : ['insert'];
  }

  /** Bytes of messages that wait here. */
  get bytes(): number {
    return this.#full.reduce((sum, set) => sum + set.bytes, this.#open.bytes);
  }

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#open.isEmpty;
  }

  /** Sets that nobody took yet. */
  get waiting(): readonly MessageSet[] {
    return [...this.#full, this.#open];
  }

  /** The next set; one that is not full goes out too. */
  take(): MessageSet | undefined {
    const full = this.#full.shift();
    if (full !== undefined) return full;
    if (this.#open.isEmpty) return undefined;
    return this.#close();
  }

  /** A set for state records alone. */
  emptySet(): MessageSet {
    return new MessageSet(this.#pool);
  }

  /** Topics that nobody sent to yet: they have to be learned before the transaction is added. */
  missingTopics(tx: Transaction): ReadonlySet<string> | undefined {
    let missing: Set<string> | undefined;
    for (const change of tx.changes) {
      if (change.kind === 'rows' && this.#isLearned(change)) continue;
      const name = this.#tableOf(change);
      if (name === undefined) continue;
      for (const type of this.#types) {
        const topic = this.#namer.topicOf(name.database, name.table, type);
        if (this.#parts.topics.get(topic) === undefined) (missing ??= new Set()).add(topic);
      }
    }
    return missing;
  }

  /** The same for a table that is copied. */
  missingCopyTopics({ route }: CopiedTable): ReadonlySet<string> {
    const { database, table } = route.target;
    const topic = this.#namer.topicOf(database, table, 'insert');
    return new Set(this.#parts.topics.get(topic) === undefined ? [topic] : []);
  }

  addCopyMessage(tx: Transaction, copied: CopiedTable, phase: CopyPhase): void {
    this.#nowMs = Date.now();
    const message = this.#parts.options.encoder.copyMessage?.(copied, phase, this.#nowMs);
    if (message !== undefined) this.#put({ tx, message, number: 1, isLast: true });
  }

  add({ transaction, ticket }: Delivery): void {
    this.#nowMs = Date.now();
    const ended: StateRecord[] = [];
    for (const change of transaction.changes) {
      if (change.kind === 'xa-prepare') this.#keepPrepared(change.xid, change.payload);
      else if (change.kind === 'xa-end') ended.push(...this.#forgetPrepared(change.xid));
    }
    this.#messages.write(transaction, this.#scratch, this.#taker);
    const set = this.#open;
    set.tickets.push(ticket);
    set.isWhole = transaction.part.last;
    set.stateRecords.push(...ended);
    if (!transaction.part.last) return;
    set.transactions += 1;
    const { seq, resumeAt, schemaDelta } = transaction;
    if (resumeAt !== undefined) set.addStep({ seq, position: resumeAt, schemaDelta });
    if (set.isHalfFull) this.#full.push(this.#close());
  }

  putState(set: MessageSet, records: readonly StateRecord[]): void {
    for (const { key, value } of records)
      set.append(this.#parts.stateTopic, 0, this.#encode(key, value), this.#nowMs);
  }

  /** Debezium's sign of life. */
  addHeartbeat(nowMs: number): void {
    const { encoder, topics } = this.#parts.options;
    const topic = this.#parts.topics.get(topics.heartbeatTopic);
    const message = encoder.heartbeat?.(nowMs);
    if (topic === undefined || message === undefined) return;
    this.#append(topic, 0, this.#encode(message.key, message.value));
  }

  /** Once the topics of a route are known they stay so. */
  #isLearned({ route }: RowsChange): boolean {
    if (this.#learned.has(route)) return true;
    const { database, table } = route.target;
    const isLearned = this.#types.every(
      (type) => this.#parts.topics.get(this.#namer.topicOf(database, table, type)) !== undefined,
    );
    if (isLearned) this.#learned.add(route);
    return isLearned;
  }

  /** The table at the target whose topic the change goes to. */
  #tableOf(change: Change): TableName | undefined {
    if (change.kind === 'rows') return change.route.target;
    const { publishesTruncates, router } = this.#parts.options;
    const effect = change.kind === 'ddl' && publishesTruncates ? change.effects[0] : undefined;
    return effect?.kind === 'truncate' ? router.targetName(effect.table) : undefined;
  }

  async learn(topics: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    for (const topic of topics) await this.#parts.topics.ensure(topic, signal);
  }

  #close(): MessageSet {
    const set = this.#open;
    this.#open = new MessageSet(this.#pool);
    return set;
  }

  #put({ tx, message, number, isLast }: PlacedMessage): void {
    const { database, table, type, key, value } = message;
    const topic = this.#topic(database, table, type);
    const partition =
      message.partition ?? this.#partitioner.ofMessage(tx, message, topic.partitions);
    this.#headers.write(tx, number, isLast, message.headers);
    const record = this.#encode(key, value, this.#headers);
    this.#putRecord(record, { tx, message, topic, partition });
  }

  #putRows({ tx, rows, change, count, number, isLast }: PlacedRows): void {
    const { database, table } = change.route.target;
    const topic = this.#topicOfRows(change);
    const out = this.#scratch;
    const { partitions } = topic;
    const place = { tx, change, rows, partitions };
    const { isByRow, isByKey } = this.#partitioner;
    const isOne = !isByRow && !isByKey;
    let partition = isOne ? this.#partitioner.ofTable(tx, change.route.target, partitions) : 0;
    for (let row = 0; row < count; row++) {
      const isCommit = isLast && row === count - 1;
      rows.write(row, isCommit, out);
      const { keyStart, keyEnd, valueStart, valueEnd } = rows;
      if (isByRow) partition = this.#partitionByRow(place, row);
      else if (isByKey) {
        partition = murmur2Partition(murmur2(out.bytes, keyStart, keyEnd), partitions);
      }
      this.#headers.write(tx, number + row, isCommit);
      const { bytes: headers, end: headersEnd } = this.#headers;
      const record = {
        bytes: out.bytes,
        keyStart,
        keyEnd,
        valueStart,
        valueEnd,
        headers,
        headersEnd,
      };
      if (loneBatchBytes(record) > topic.maxBatchBytes) {
        const message = textOf(record, { database, table, type: change.action });
        this.#putRecord(record, { tx, message, topic, partition });
      } else this.#append(topic, partition, record);
    }
  }

  /** Of the row whose message was written last. */
  #partitionByRow({ tx, change, rows, partitions }: RowsPlace, row: number): number {
    const hash = this.#isByJavaKey ? rows.javaKeyHash(this.#scratch) : undefined;
    if (hash !== undefined) return javaPartition(hash, partitions);
    const images = change.after ?? change.before;
    return this.#partitioner.ofRow(tx, change, images.at(row), partitions);
  }

  #putRecord(record: RecordBytes, place: Omit<OversizePlace, 'size'>): void {
    const { topic, partition, message } = place;
    const size = loneBatchBytes(record);
    if (size > topic.maxBatchBytes) {
      const letter = this.#parts.oversize.refused(record, { ...place, size });
      if (letter !== undefined) {
        this.#putLetter(message.key, letter);
        return;
      }
    }
    this.#append(topic, partition, record);
  }

  #putLetter(key: string | null, letter: string): void {
    const topic = this.#parts.topics.get(this.#parts.options.deadLetterTopic);
    if (topic === undefined) return;
    const hash = murmur2Partition(murmur2(Buffer.from(key ?? '')), topic.partitions);
    this.#append(topic, hash, this.#encode(key, letter, this.#headers));
  }

  #append(topic: TopicInfo, partition: number, record: RecordBytes): void {
    if (this.#open.append(topic, partition, record, this.#nowMs)) return;
    const set = this.#close();
    set.isWhole = false;
    this.#full.push(set);
    this.#open.append(topic, partition, record, this.#nowMs);
  }

  #partitionOfRow(tx: Transaction, change: RowsChange, row: RowImage): number {
    const { partitions } = this.#topicOfRows(change);
    return this.#partitioner.ofRow(tx, change, row, partitions);
  }

  /** Without putting names together for each transaction. */
  #topicOfRows({ route, action }: RowsChange): TopicInfo {
    let names = this.#names.get(route);
    if (names === undefined) this.#names.set(route, (names = new Map<MessageType, string>()));
    let name = names.get(action);
    if (name === undefined) {
      name = this.#namer.topicOf(route.target.database, route.target.table, action);
      names.set(action, name);
    }
    return this.#known(name);
  }

  #topic(database: string, table: string, type: Message['type']): TopicInfo {
    return this.#known(this.#namer.topicOf(database, table, type));
  }

  #known(name: string): TopicInfo {
    const topic = this.#parts.topics.get(name);
    if (topic === undefined) throw new Error(`topic ${name} was not looked up`);
    return topic;
  }

  #encode(
    key: string | null,
    value: string | Buffer | null,
    headers?: Pick<RecordHeaders, 'bytes' | 'end'>,
  ): RecordBytes {
    const out = this.#scratch;
    out.clear();
    if (key !== null) out.utf8(key);
    const keyEnd = out.length;
    if (typeof value === 'string') out.utf8(value);
    else if (value !== null) out.raw(value);
    return {
      bytes: out.bytes,
      keyStart: 0,
      keyEnd: key === null ? -1 : keyEnd,
      valueStart: keyEnd,
      valueEnd: value === null ? keyEnd - 1 : out.length,
      headers: headers?.bytes ?? NO_HEADERS,
      headersEnd: headers?.end ?? NO_HEADERS.length,
    };
  }

  /** Durable before the position may pass it: it goes out with the messages around it. */
  #keepPrepared(xid: string, payload: readonly Uint8Array[]): void {
    const records = preparedRecords(xid, payload);
    for (const { key, value } of records) {
      this.#append(this.#parts.stateTopic, 0, this.#encode(key, value));
    }
    this.#parts.preparedKeys.set(
      xid,
      records.map(({ key }) => key),
    );
  }

  /** Needed again should the position go back before the end: removed with a position that passes it. */
  #forgetPrepared(xid: string): StateRecord[] {
    const keys = this.#parts.preparedKeys.get(xid) ?? [];
    this.#parts.preparedKeys.delete(xid);
    return keys.map((key) => ({ key, value: null }));
  }
}

interface RowsPlace extends Pick<PlacedRows, 'tx' | 'change' | 'rows'> {
  readonly partitions: number;
}

/** A message that was written as bytes, for a dead letter. */
function textOf(
  { bytes, keyStart, keyEnd, valueStart, valueEnd }: RecordBytes,
  about: Pick<Message, 'database' | 'table' | 'type'>,
): Message {
  return {
    ...about,
    key: bytes.toString('utf8', keyStart, keyEnd),
    value: bytes.toString('utf8', valueStart, valueEnd),
    headers: {},
  };
}
