import { formatGtid } from '../../core/gtid-set-parse.ts';
import type { Transaction } from '../../core/transaction.ts';
import type { Message } from '../encoder.ts';
import { jsonString } from '../json-text.ts';
import { TRANSACTION_SCHEMAS } from './debezium-fixed-schemas.ts';
import { withSchema } from './debezium-schema.ts';

/**
 * Transaction metadata (provide.transaction.metadata): a place in each event, and messages at begin and end. It
 * counts events over all parts of a transaction, so it is the one thing that the encoder remembers.
 */
export class TransactionMetadata {
  readonly #schemas: boolean;
  #seq = -1;
  #total = 0;
  readonly #collections = new Map<string, number>();

  constructor(schemas: boolean) {
    this.#schemas = schemas;
  }

  /** The BEGIN message, before the first row of a transaction. */
  begin(tx: Transaction): Message | undefined {
    if (tx.seq === this.#seq) return undefined;
    this.#seq = tx.seq;
    this.#total = 0;
    this.#collections.clear();
    return this.#boundary(tx, 'BEGIN', '"event_count":null,"data_collections":null');
  }

  /** The `transaction` block of the next event. */
  next(tx: Transaction, collection: string): string {
    this.#total += 1;
    const order = (this.#collections.get(collection) ?? 0) + 1;
    this.#collections.set(collection, order);
    return `{"id":${jsonString(transactionId(tx))},"total_order":${this.#total},"data_collection_order":${order}}`;
  }

  /** The END message; undefined for a transaction that had no row. */
  end(tx: Transaction): Message | undefined {
    if (tx.seq !== this.#seq) return undefined;
    const collections = [...this.#collections]
      .map(([name, count]) => `{"data_collection":${jsonString(name)},"event_count":${count}}`)
      .join(',');
    this.#seq = -1;
    const counts = `"event_count":${this.#total},"data_collections":[${collections}]`;
    return this.#boundary(tx, 'END', counts);
  }

  /** `ts_ms` is when the source began it, as in Debezium. */
  #boundary(tx: Transaction, status: 'BEGIN' | 'END', counts: string): Message {
    const id = jsonString(transactionId(tx));
    const key = `{"id":${id}}`;
    const value = `{"status":"${status}","id":${id},"ts_ms":${tx.committedAtMs},${counts}}`;
    return {
      key: this.#schemas ? withSchema(TRANSACTION_SCHEMAS.key, key) : key,
      value: this.#schemas ? withSchema(TRANSACTION_SCHEMAS.value, value) : value,
      database: '',
      table: '',
      type: 'transaction',
      headers: {},
    };
  }
}

function transactionId(tx: Transaction): string {
  if (tx.gtid !== undefined) return formatGtid(tx.gtid);
  return `file=${tx.coordinates.file},pos=${tx.coordinates.offset}`;
}
