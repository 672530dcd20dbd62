import { TailraceError } from '../../core/errors.ts';
import type { DeadLetterBox } from '../../core/dead-letter.ts';
import { formatGtid } from '../../core/gtid-set-parse.ts';
import { formatCoordinates } from '../../core/position.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { Compression } from '../../kafka/codecs.ts';
import { RecordBatchWriter, type RecordBytes } from '../../kafka/record-batch.ts';
import type { TopicInfo } from '../../kafka/topic-directory.ts';
import type { Message } from '../../message/encoder.ts';

export interface OversizeOptions {
  readonly policy: 'stop' | 'dead_letter';
  readonly compression: Compression;
  readonly deadLetters: DeadLetterBox;
  readonly onDeadLetter: () => void;
}

export interface OversizePlace {
  readonly tx: Transaction;
  readonly message: Message;
  readonly topic: TopicInfo;
  readonly partition: number;
  readonly size: number;
}

/** Messages that a broker would not take, found by measuring before anything is sent. */
export class OversizeMessages {
  readonly #options: OversizeOptions;

  constructor(options: OversizeOptions) {
    this.#options = options;
  }

  /** The dead letter that stands for it; undefined: packed it is small enough. Throws where the policy is to stop. */
  refused(record: RecordBytes, place: OversizePlace): string | undefined {
    const size = this.#packedSize(record, place.size);
    const { message, topic, tx, partition } = place;
    if (size <= topic.maxBatchBytes) return undefined;
    const { policy, deadLetters, onDeadLetter } = this.#options;
    const table = `${message.database}.${message.table}`;
    const reason = `a message of ${size} bytes is over the ${topic.maxBatchBytes} that topic ${topic.name} takes`;
    const gtid = tx.gtid === undefined ? undefined : formatGtid(tx.gtid);
    const coordinates = formatCoordinates(tx.coordinates);
    if (policy === 'stop') {
      throw new TailraceError('KAFKA_MESSAGE_TOO_LARGE', `Kafka: ${reason}`, {
        place: {
          table,
          coordinates,
          seq: tx.seq,
          ...(gtid === undefined ? {} : { gtid }),
          ...(message.key === null ? {} : { key: message.key }),
        },
      });
    }
    const { key, value, type } = message;
    deadLetters.add({
      kind: 'message',
      code: 'KAFKA_MESSAGE_TOO_LARGE',
      reason,
      seq: tx.seq,
      gtid,
      coordinates,
      table,
      payload: JSON.stringify({ topic: topic.name, partition, type, key, value }),
    });
    onDeadLetter();
    return letterText(message);
  }

  #packedSize(record: RecordBytes, size: number): number {
    const { compression } = this.#options;
    if (compression === 'none') return size;
    const writer = new RecordBatchWriter();
    writer.append(record, 0);
    const identity = { producerId: 0n, producerEpoch: 0, baseSequence: 0, isTransactional: false };
    return writer.seal({ ...identity, compression }).length;
  }
}

/** As Maxwell's dead letters: what it was about, by its key, without what was too much. */
function letterText({ database, table, type, key }: Message): string {
  const reason = 'RecordTooLargeException';
  return JSON.stringify({ database, table, type, reason, data: keyValues(key) });
}

/** The members of a key, without what Maxwell's have before them. */
function keyValues(key: string | null): Record<string, unknown> {
  if (key?.startsWith('{') !== true) return {};
  const members = Object.entries(JSON.parse(key) as Record<string, unknown>);
  const own = members.filter(([name]) => name.startsWith('pk.'));
  if (own.length === 0) return Object.fromEntries(members);
  return Object.fromEntries(own.map(([name, value]) => [name.slice('pk.'.length), value]));
}
