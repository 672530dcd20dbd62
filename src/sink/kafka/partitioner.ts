import type { RowsChange } from '../../core/change.ts';
import type { TableRoute } from '../../core/route.ts';
import type { RowImage } from '../../core/row.ts';
import type { TableName } from '../../core/table.ts';
import type { Transaction } from '../../core/transaction.ts';
import {
  canalKeyHash,
  canalPartition,
  murmur2,
  murmur2Partition,
  partitionOfText,
  type PartitionHash,
} from '../../message/partition-hash.ts';
import { canalText, maxwellText, type PartitionText } from '../../message/partition-text.ts';
import type { Message } from '../../message/encoder.ts';

export const PARTITION_RULES = [
  'table',
  'database',
  'primary_key',
  'transaction',
  'column',
  'random',
] as const;
export type PartitionRule = (typeof PARTITION_RULES)[number];

export interface PartitionOptions {
  readonly rule: PartitionRule;
  readonly hash: PartitionHash;
  /** For `column`: names as they are at the target. */
  readonly columns: readonly string[];
  /** For `column`, where a row has none of them. */
  readonly fallback: Exclude<PartitionRule, 'column'>;
  /** canal: the database's hash is mixed into those of keys. */
  readonly hashesDatabase: boolean;
  /** canal's partitionHash: rule and columns by table; undefined: the options above. */
  readonly special?: ((database: string, table: string) => SpecialPartition) | undefined;
}

/** What a rule of canal's partitionHash says of a table. `none`: partition 0. */
export type SpecialPartition =
  | { readonly kind: 'table' | 'primary_key' | 'none' }
  | { readonly kind: 'columns'; readonly columns: readonly string[] };

interface TextColumn {
  readonly index: number;
  readonly text: PartitionText;
}

/** Which partition a message goes to. The count of partitions is asked anew each time: it may change. */
export class Partitioner {
  readonly #options: PartitionOptions;
  readonly #columns = new WeakMap<TableRoute, Map<string, readonly TextColumn[]>>();

  constructor(options: PartitionOptions) {
    this.#options = options;
  }

  /** True when rows of one table go to different partitions by their values. */
  get isByRow(): boolean {
    const { rule, hash, special } = this.#options;
    if (special !== undefined || rule === 'column' || rule === 'random') return true;
    return rule === 'primary_key' && hash !== 'murmur2';
  }

  /** True when the bytes of the key say it. */
  get isByKey(): boolean {
    const { rule, hash, special } = this.#options;
    return special === undefined && rule === 'primary_key' && hash === 'murmur2';
  }

  /** True when Java's hash of the key's values says it. */
  get isByJavaKey(): boolean {
    const { rule, hash, special } = this.#options;
    return special === undefined && rule === 'primary_key' && hash === 'java';
  }

  /** By names alone: counts where it is neither by row nor by key. */
  ofTable(tx: Transaction, { database, table }: TableName, partitions: number): number {
    return this.#byNames(this.#options.rule, { tx, database, table, partitions });
  }

  ofRow(tx: Transaction, change: RowsChange, row: RowImage, partitions: number): number {
    const { rule, special } = this.#options;
    const { database, table } = change.route.target;
    if (special === undefined) return this.#byRule(rule, { tx, change, row, partitions });
    const found = special(database, table);
    switch (found.kind) {
      case 'none':
        return 0;
      case 'table':
        return partitionOfText('canal', table, partitions);
      case 'primary_key':
        return this.#byCanalKey(this.#keyColumns(change), { tx, change, row, partitions });
      case 'columns': {
        const columns = this.#namedColumns(change, found.columns);
        return this.#byCanalKey(columns, { tx, change, row, partitions });
      }
    }
  }

  /** Where a table has none of the columns, the database's hash alone counts. */
  #byCanalKey(columns: readonly TextColumn[], { change, row, partitions }: RowPlace): number {
    const database = this.#options.hashesDatabase ? change.route.target.database : undefined;
    const values = columns.map(({ index, text }) => textOf(row[index], text) ?? '');
    return canalPartition(canalKeyHash(database, values), partitions);
  }

  /** Of a message that has no partition of its row's. */
  ofMessage(tx: Transaction, message: Message, partitions: number): number {
    const { rule, hash } = this.#options;
    const { database, table, type, key } = message;
    if (type === 'ddl') return this.#ofDdl(message, partitions);
    if (type === 'transaction' || type === 'heartbeat') return 0;
    if (rule === 'primary_key' && hash === 'murmur2' && key !== null) {
      return murmur2Partition(murmur2(Buffer.from(key)), partitions);
    }
    return this.#byNames(rule, { tx, database, table, partitions });
  }

  /** Maxwell: by the table, else the database; canal and Debezium: one partition keeps their order. */
  #ofDdl({ database, table }: Message, partitions: number): number {
    const { rule, hash } = this.#options;
    if (hash === 'canal' || hash === 'murmur2') return 0;
    const text = rule === 'table' && table !== '' ? table : database;
    return partitionOfText(hash, text, partitions);
  }

  #byRule(rule: PartitionRule, place: RowPlace): number {
    const { columns, fallback } = this.#options;
    const { tx, change, partitions } = place;
    if (rule === 'column') {
      const found = this.#byValues(this.#namedColumns(change, columns), place);
      return found ?? this.#byRule(fallback, place);
    }
    if (rule === 'primary_key') {
      return this.#byValues(this.#keyColumns(change), place) ?? this.#withoutKey(place);
    }
    const { database, table } = change.route.target;
    return this.#byNames(rule, { tx, database, table, partitions });
  }

  #byNames(rule: PartitionRule, names: Names): number {
    const { hash } = this.#options;
    const { tx, database, table, partitions } = names;
    switch (rule) {
      case 'database':
        return partitionOfText(hash, database, partitions);
      case 'transaction':
        return partitionOfText(hash, transactionText(tx), partitions);
      case 'random':
        return Math.floor(Math.random() * partitions);
      case 'primary_key':
        // A table without a key: Maxwell takes database and table.
        return partitionOfText(
          hash,
          hash === 'java' || hash === 'murmur3' ? database + table : table,
          partitions,
        );
      case 'table':
      case 'column':
        return partitionOfText(hash, table, partitions);
    }
  }

  #withoutKey({ tx, change, partitions }: RowPlace): number {
    const { database, table } = change.route.target;
    return this.#byNames('primary_key', { tx, database, table, partitions });
  }

  /** undefined: there are no such columns, or (Maxwell) nothing in them. */
  #byValues(columns: readonly TextColumn[], place: RowPlace): number | undefined {
    if (columns.length === 0) return undefined;
    const { row, partitions } = place;
    const { hash } = this.#options;
    if (hash === 'canal') return this.#byCanalKey(columns, place);
    const texts = columns.map(({ index, text }) => textOf(row[index], text));
    const joined = texts.filter((text) => text !== undefined).join('');
    if (joined !== '') return partitionOfText(hash, joined, partitions);
    return texts.every((text) => text === undefined) && this.#options.rule === 'primary_key'
      ? partitionOfText(hash, 'None', partitions)
      : undefined;
  }

  #keyColumns(change: RowsChange): readonly TextColumn[] {
    return this.#columnsOf(change, '\0key', () => change.table.primaryKey);
  }

  #namedColumns(change: RowsChange, names: readonly string[]): readonly TextColumn[] {
    return this.#columnsOf(change, names.join('\0'), () =>
      names.flatMap(
        (wanted) =>
          change.route.columns.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())
            ?.index ?? [],
      ),
    );
  }

  #columnsOf(
    change: RowsChange,
    key: string,
    indexes: () => readonly number[],
  ): readonly TextColumn[] {
    let known = this.#columns.get(change.route);
    if (known === undefined) {
      known = new Map();
      this.#columns.set(change.route, known);
    }
    let columns = known.get(key);
    if (columns === undefined) {
      const textOfColumn = this.#options.hash === 'canal' ? canalText : maxwellText;
      columns = indexes().flatMap((index) => {
        const column = change.table.columns[index];
        return column === undefined ? [] : [{ index, text: textOfColumn(column) }];
      });
      known.set(key, columns);
    }
    return columns;
  }
}

interface Names {
  readonly tx: Transaction;
  readonly database: string;
  readonly table: string;
  readonly partitions: number;
}

interface RowPlace {
  readonly tx: Transaction;
  readonly change: RowsChange;
  readonly row: RowImage;
  readonly partitions: number;
}

function textOf(value: RowImage[number], text: PartitionText): string | undefined {
  return value === null || value === undefined ? undefined : text(value);
}

/** Maxwell's is the XID; of a large one it is known too late, then it is our own number. */
function transactionText(tx: Transaction): string {
  const isWhole = tx.part.index === 0 && tx.part.last;
  return isWhole && tx.xid !== undefined ? tx.xid.toString() : String(tx.seq);
}
