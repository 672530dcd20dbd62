import type { CopyMark } from '../core/copy.ts';

/** What the copy's record says of the whole copy; its key is ''. */
export interface CopyHead {
  /** Of the source: a copy can be taken up again only there. */
  readonly server: string;
  readonly startedAt: string;
  readonly engine: string;
  /** It was begun with leave to take away what tables have. */
  readonly mayEmpty?: boolean | undefined;
  /** The patterns of --table; absent: every table of the task. */
  readonly tables?: readonly string[] | undefined;
}

/**
 * What it says of one table. begun: some rows may be there; which ones only its slices tell. filled: all
 * rows are there, and some of the late keys. done: equal to the source at the checkpoint.
 */
export interface TableRecord {
  readonly state: 'begun' | 'filled' | 'done';
  /** The copy made the table, so that it may take it away again. */
  readonly isOwn: boolean;
  readonly rows: number;
  readonly bytes: number;
  /** The source's definition that the rows were copied under. */
  readonly createText: string;
  /** Keys that are made when the rows are there. */
  readonly lateKeys: readonly string[];
  /** Ranges of the key that are copied one by one; undefined: the table is copied as one. */
  readonly slices?: readonly Slice[] | undefined;
}

/** Rows with a key above `after` up to `to`; null: without a bound. */
export interface Slice {
  readonly after: string | null;
  readonly to: string | null;
}

/** How far a slice is: the key of its last copied row, as literals of the source. */
export interface SliceRecord {
  readonly after: readonly string[] | null;
  readonly rows: number;
  readonly isDone: boolean;
}

export const HEAD_KEY = '';

export const sliceKey = (table: string, slice: number): string => `${table}\0${slice}`;

export class CopyRecord {
  readonly #texts: Map<string, string>;

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = new Map(texts);
  }

  get head(): CopyHead | undefined {
    return this.#read(HEAD_KEY) as CopyHead | undefined;
  }

  table(key: string): TableRecord | undefined {
    return this.#read(key) as TableRecord | undefined;
  }

  slice(table: string, slice: number): SliceRecord | undefined {
    return this.#read(sliceKey(table, slice)) as SliceRecord | undefined;
  }

  /** Rows of all its slices. */
  sliceRows(table: string): number {
    const slices = this.keysOf(table).filter((key) => key !== table);
    return slices.reduce((sum, key) => sum + (this.#read(key) as SliceRecord).rows, 0);
  }

  /** Keys of the tables of which it says anything. */
  get tableKeys(): readonly string[] {
    return [...this.#texts.keys()].filter((key) => key.split('\0').length === 2);
  }

  keysOf(table: string): readonly string[] {
    return [...this.#texts.keys()].filter((key) => key === table || key.startsWith(`${table}\0`));
  }

  /** Called when the mark was stored. */
  note({ key, text }: CopyMark): void {
    if (text === null) this.#texts.delete(key);
    else this.#texts.set(key, text);
  }

  #read(key: string): unknown {
    const text = this.#texts.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }
}

export function markOf(key: string, record: CopyHead | TableRecord | SliceRecord): CopyMark {
  return { key, text: JSON.stringify(record) };
}
