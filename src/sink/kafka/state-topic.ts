import type { CheckpointStep, StoredState } from '../../core/checkpoint.ts';
import { TailraceError } from '../../core/errors.ts';
import { deserializePosition, serializePosition } from '../../core/position-parse.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { FetchedPartition, FetchedRecord } from '../../kafka/cluster.ts';
import type { ClusterSession } from '../../kafka/cluster-session.ts';
import type { TopicDirectory } from '../../kafka/topic-directory.ts';

/*
 * What a task keeps in its compacted state topic, one partition; the last record of a key counts, null removes:
 *
 *   owner                      {"owner":"host pid 123 ab12…"}       who writes
 *   history                    {"history":"9f3a61c2"}               whose numbers the messages carry
 *   position                   {"seq":42,"position":"{…}"}          where to resume
 *   schema:DATABASE\0TABLE     JSON of a definition                 as in core/schema-state.ts
 *   xa:XID\0PIECE\0CHUNK       bytes                                rows of a prepared XA group
 */

export interface StateRecord {
  readonly key: string;
  readonly value: Buffer | null;
}

const SCHEMA = 'schema:';
const XA = 'xa:';
const OWNER = 'owner';
const HISTORY = 'history';
const POSITION = 'position';
/** Below the brokers' own limit, with room for the batch around it. */
const XA_CHUNK_BYTES = 512 * 1024;
const FETCH_BYTES = 4 * 1024 * 1024;
const FETCH_WAIT_MS = 500;

/** Of the topic, when it is made. Small segments, because only closed ones are compacted. */
export const STATE_TOPIC_SETTINGS = {
  numPartitions: 1,
  configEntries: [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'segment.bytes', value: String(8 * 1024 * 1024) },
    { name: 'min.cleanable.dirty.ratio', value: '0.1' },
  ],
} as const;

/** What the topic holds for a task. */
export interface TopicState {
  readonly owner: string | undefined;
  /** Made with the topic, and lost with it: whoever then counts anew must not be taken for the one before. */
  readonly history: string | undefined;
  readonly stored: StoredState | undefined;
  /** Keys of the records of each prepared group, in order of its pieces. */
  readonly preparedKeys: ReadonlyMap<string, readonly string[]>;
}

/** Records as the topic keeps them, by key. */
type Records = ReadonlyMap<string, Buffer>;

export interface StateTopicPlace {
  readonly session: ClusterSession;
  readonly topics: TopicDirectory;
  readonly topic: string;
}

export async function readTopicState(
  place: StateTopicPlace,
  signal: AbortSignal,
): Promise<TopicState> {
  const records = await readRecords(place, signal);
  const owner = records.get(OWNER);
  const history = records.get(HISTORY);
  return {
    owner: owner && readText(owner, 'owner'),
    history: history && readText(history, 'history'),
    stored: storedState(records),
    preparedKeys: preparedKeys(records.keys()),
  };
}

/** The pieces of a prepared group; undefined: there is none of that name. */
export async function readPrepared(
  place: StateTopicPlace,
  xid: string,
  signal: AbortSignal,
): Promise<readonly Uint8Array[] | undefined> {
  const records = await readRecords(place, signal);
  const pieces: Buffer[][] = [];
  for (const [key, value] of records) {
    const chunk = parseXaKey(key);
    if (chunk?.xid !== xid) continue;
    (pieces[chunk.piece] ??= [])[chunk.chunk] = value;
  }
  return pieces.length === 0 ? undefined : pieces.map((chunks) => Buffer.concat(chunks));
}

export function ownerRecord(owner: string): StateRecord {
  return { key: OWNER, value: Buffer.from(JSON.stringify({ owner })) };
}

export function historyRecord(history: string): StateRecord {
  return { key: HISTORY, value: Buffer.from(JSON.stringify({ history })) };
}

export function positionRecord({
  seq,
  position,
}: Pick<CheckpointStep, 'seq' | 'position'>): StateRecord {
  const value = JSON.stringify({ seq, position: serializePosition(position) });
  return { key: POSITION, value: Buffer.from(value) };
}

export function schemaRecords(delta: SchemaDelta): StateRecord[] {
  return [...delta].map(([key, definition]) => ({
    key: `${SCHEMA}${key}`,
    value: definition === null ? null : Buffer.from(definition),
  }));
}

export function preparedRecords(xid: string, payload: readonly Uint8Array[]): StateRecord[] {
  return payload.flatMap((bytes, piece) => {
    const records: StateRecord[] = [];
    for (let chunk = 0; chunk === 0 || chunk * XA_CHUNK_BYTES < bytes.length; chunk++) {
      const start = chunk * XA_CHUNK_BYTES;
      const value = Buffer.from(bytes.subarray(start, start + XA_CHUNK_BYTES));
      records.push({ key: `${XA}${xid}\0${piece}\0${chunk}`, value });
    }
    return records;
  });
}

function preparedKeys(keys: Iterable<string>): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const xid = parseXaKey(key)?.xid;
    if (xid === undefined) continue;
    const known = found.get(xid);
    if (known === undefined) found.set(xid, [key]);
    else known.push(key);
  }
  return found;
}

function parseXaKey(key: string): { xid: string; piece: number; chunk: number } | undefined {
  if (!key.startsWith(XA)) return undefined;
  const parts = key.slice(XA.length).split('\0');
  const chunk = Number(parts.pop());
  const piece = Number(parts.pop());
  return { xid: parts.join('\0'), piece, chunk };
}

function storedState(records: Records): StoredState | undefined {
  const record = records.get(POSITION);
  if (record === undefined) return undefined;
  const { seq } = readObject(record);
  if (typeof seq !== 'number') throw unreadable();
  const position = deserializePosition(readText(record, 'position'));
  const schema = new Map<string, string>();
  for (const [key, value] of records) {
    if (key.startsWith(SCHEMA)) schema.set(key.slice(SCHEMA.length), value.toString());
  }
  return { checkpoint: { seq, position }, schema };
}

function readText(record: Buffer, name: string): string {
  const text = readObject(record)[name];
  if (typeof text !== 'string') throw unreadable();
  return text;
}

function readObject(record: Buffer): Record<string, unknown> {
  try {
    return Object(JSON.parse(record.toString())) as Record<string, unknown>;
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): TailraceError {
  const message = "the state topic holds a record that is not tailrace's";
  return new TailraceError('STATE_UNUSABLE', message, { cause });
}

/** The whole topic, up to what is committed now. */
async function readRecords(
  { session, topics, topic }: StateTopicPlace,
  signal: AbortSignal,
): Promise<Map<string, Buffer>> {
  await topics.ensure(topic, signal, { ...STATE_TOPIC_SETTINGS, topic });
  return session.until(signal, async (cluster) => {
    const [leader] = cluster.findTopicPartitionMetadata(topic);
    const [offsets] = await cluster.fetchTopicsOffset([
      { topic, partitions: [{ partition: 0 }], fromBeginning: true },
    ]);
    const broker = await cluster.findBroker({ nodeId: leader?.leader ?? 0 });
    const records = new Map<string, Buffer>();
    for (let offset = BigInt(offsets?.partitions[0]?.offset ?? 0); ;) {
      const answer = await broker.fetch({
        replicaId: -1,
        isolationLevel: 1,
        maxWaitTime: FETCH_WAIT_MS,
        minBytes: 0,
        maxBytes: FETCH_BYTES,
        rackId: '',
        topics: [
          {
            topic,
            partitions: [{ partition: 0, fetchOffset: String(offset), maxBytes: FETCH_BYTES }],
          },
        ],
      });
      const page = answer.responses[0]?.partitions[0];
      if (page === undefined) return records;
      for (const record of committedRecords(page, offset)) take(records, record);
      const last = page.messages.at(-1);
      // A batch that compaction has emptied gives nothing: the next offset is behind it, sooner or later.
      offset = last === undefined ? offset + 1n : BigInt(last.offset) + 1n;
      if (offset >= BigInt(page.lastStableOffset)) return records;
    }
  });
}

function take(records: Map<string, Buffer>, { key, value }: FetchedRecord): void {
  if (key === null) return;
  const name = key.toString();
  if (value === null) records.delete(name);
  else records.set(name, value);
}

/**
 * Without control records and what belongs to transactions that were taken back: those of a producer from the
 * offset that the broker names on, up to that producer's next control record.
 */
function* committedRecords(page: FetchedPartition, from: bigint): Generator<FetchedRecord> {
  const aborted = [...page.abortedTransactions];
  const skipping = new Set<string>();
  for (const record of page.messages) {
    const { producerId } = record.batchContext;
    const offset = BigInt(record.offset);
    for (let i = aborted.length - 1; i >= 0; i--) {
      const one = aborted[i];
      if (one === undefined || BigInt(one.firstOffset) > offset) continue;
      skipping.add(one.producerId);
      aborted.splice(i, 1);
    }
    if (record.isControlRecord) skipping.delete(producerId);
    else if (offset >= from && !(record.batchContext.inTransaction && skipping.has(producerId))) {
      yield record;
    }
  }
}
