import { formatGtid } from '../../core/gtid-set-parse.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { Message } from '../encoder.ts';
import { jsonString } from '../json-text.ts';

/**
 * Transaction metadata (provide.transaction.metadata): a place in each event, and messages at begin and end. It
 * counts events over all parts of a transaction, so it is the one thing that the encoder remembers.
 */
export class TransactionMetadata {
  #seq = -1;
  #total = 0;
  readonly #collections = new Map<string, number>();

  /** The BEGIN message, before the first event of a transaction. */
  begin(tx: Transaction, nowMs: number): Message | undefined {
    if (tx.seq === this.#seq) return undefined;
    this.#seq = tx.seq;
    this.#total = 0;
    this.#collections.clear();
    const id = transactionId(tx);
    return boundary(
      id,
      `{"status":"BEGIN","id":${jsonString(id)},"ts_ms":${Math.floor(nowMs)},"event_count":null,"data_collections":null}`,
    );
  }

  /** The `transaction` block of the next event. */
  next(tx: Transaction, collection: string): string {
    this.#total += 1;
    const order = (this.#collections.get(collection) ?? 0) + 1;
    this.#collections.set(collection, order);
    return `{"id":${jsonString(transactionId(tx))},"total_order":${this.#total},"data_collection_order":${order}}`;
  }

  end(tx: Transaction, nowMs: number): Message {
    const id = transactionId(tx);
    const collections = [...this.#collections]
      .map(([name, count]) => `{"data_collection":${jsonString(name)},"event_count":${count}}`)
      .join(',');
    this.#seq = -1;
    return boundary(
      id,
      `{"status":"END","id":${jsonString(id)},"ts_ms":${Math.floor(nowMs)},"event_count":${this.#total},"data_collections":[${collections}]}`,
    );
  }
}

function transactionId(tx: Transaction): string {
  if (tx.gtid !== undefined) return formatGtid(tx.gtid);
  return `file=${tx.coordinates.file},pos=${tx.coordinates.offset}`;
}

function boundary(id: string, value: string): Message {
  return {
    key: `{"id":${jsonString(id)}}`,
    value,
    database: '',
    table: '',
    type: 'transaction',
    headers: {},
  };
}
