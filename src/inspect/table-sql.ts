import type { ServerEnd } from '../server/connect-options.ts';
import { quoteName } from '../server/sql-text.ts';
import { keyColumns, type RowId } from './row-key.ts';
import type { PairColumn, TablePair } from './table-pair.ts';

/** The literals of a key, in the order of its columns. */
export type KeyBoundary = readonly string[];

/** Rows with keys after `after` up to and with `upTo`; undefined: from the first, to the last. */
export interface KeyRange {
  readonly after: KeyBoundary | undefined;
  readonly upTo: KeyBoundary | undefined;
}

/** Between the columns in a row's text: a byte that text seldom holds. */
const SEPARATOR = "x'1F'";

/** The statements that read one table, on either end. */
export class TableSql {
  readonly #pair: TablePair;
  readonly #keyColumns: readonly PairColumn[];
  /** As the user gave it, by end. */
  readonly #where: Readonly<Record<ServerEnd, string | undefined>>;

  constructor(pair: TablePair, where: Readonly<Record<ServerEnd, string | undefined>>) {
    this.#pair = pair;
    this.#keyColumns = keyColumns(pair);
    this.#where = where;
  }

  /** Number of rows and checksum of a range, some rows left out. */
  checksum(end: ServerEnd, range: KeyRange, without: readonly RowId[]): string {
    const { name } = this;
    const conditions = [...this.#range(end, range), ...this.#without(end, without)];
    return (
      `SELECT COUNT(*),COALESCE(SUM(CRC32(${this.rowDigest(end)})),0) FROM ${name(end)}` +
      `${this.#forceIndex(end)}${this.#whereOf(end, conditions)}`
    );
  }

  /** The key before the last `rows` of the source; none: there are not so many. */
  recent(rows: number): string {
    const order = this.#keyColumns.map((column) => `${nameAt(column, 'source')} DESC`).join(',');
    return (
      `SELECT ${this.keyFetch('source')} FROM ${this.name('source')}${this.#forceIndex('source')}` +
      `${this.#whereOf('source', [])} ORDER BY ${order} LIMIT 1 OFFSET ${rows}`
    );
  }

  /** Number of rows, some left out. */
  count(end: ServerEnd, without: readonly RowId[]): string {
    const where = this.#whereOf(end, this.#without(end, without));
    return `SELECT COUNT(*) FROM ${this.name(end)}${where}`;
  }

  /** Key and checksum of each row of a range. */
  rowDigests(end: ServerEnd, range: KeyRange): string {
    return (
      `SELECT ${this.rowDigest(end)},${this.keyFetch(end)} FROM ${this.name(end)}` +
      `${this.#forceIndex(end)}${this.#whereOf(end, this.#range(end, range))}`
    );
  }

  /** The last key of the `rows` that come after `after`; none: fewer are left. */
  boundary(after: KeyBoundary | undefined, rows: number): string {
    const order = this.#keyColumns.map((column) => nameAt(column, 'source')).join(',');
    const conditions = this.#range('source', { after, upTo: undefined });
    return (
      `SELECT ${this.keyFetch('source')} FROM ${this.name('source')}${this.#forceIndex('source')}` +
      `${this.#whereOf('source', conditions)} ORDER BY ${order} LIMIT 1 OFFSET ${rows - 1}`
    );
  }

  /** Rows and checksum of the whole table, by buckets of their checksums. */
  buckets(end: ServerEnd, count: number): string {
    return (
      `SELECT h%${count},COUNT(*),SUM(CRC32(h)) FROM (SELECT ${this.rowDigest(end)} AS h ` +
      `FROM ${this.name(end)}${this.#whereOf(end, [])}) AS digests GROUP BY 1`
    );
  }

  /** How often each checksum is there in some of the buckets, with that of its key. */
  bucketDigests(end: ServerEnd, count: number, buckets: readonly number[]): string {
    return (
      `SELECT h,k,COUNT(*) FROM (SELECT ${this.rowDigest(end)} AS h,${this.keyDigest(end)} AS k ` +
      `FROM ${this.name(end)}${this.#whereOf(end, [])}) AS digests ` +
      `WHERE h%${count} IN (${buckets.join(',')}) GROUP BY 1,2`
    );
  }

  /** All columns of the rows with these keys. */
  rowsByKey(end: ServerEnd, ids: readonly RowId[]): string {
    return `${this.#rows(end)} WHERE ${this.#isIn(end, ids)}`;
  }

  /** The checksum of the key, and all columns, of the rows whose key has one of these checksums. */
  rowsByKeyDigest(end: ServerEnd, digests: readonly string[]): string {
    const digest = this.keyDigest(end);
    return `${this.#rows(end, [digest])} WHERE ${digest} IN (${digests.join(',')})`;
  }

  /** CRC32 of the text of the columns that name a row. */
  keyDigest(end: ServerEnd): string {
    const texts = this.#keyColumns.map(({ form }) => form.digest[end]);
    return texts.length === 0 ? '0' : `CRC32(CONCAT_WS(${SEPARATOR},${texts.join(',')}))`;
  }

  /** CRC32 of a row's text. */
  rowDigest(end: ServerEnd): string {
    const texts = this.#pair.columns.map(({ form }) => form.digest[end]);
    return `CRC32(CONCAT_WS(${SEPARATOR},${texts.join(',')}))`;
  }

  keyFetch(end: ServerEnd): string {
    return this.#keyColumns.map(({ form }) => form.fetch[end]).join(',');
  }

  readonly name = (end: ServerEnd): string => {
    const { database, table } = end === 'source' ? this.#pair.name : this.#pair.targetName;
    return `${quoteName(database)}.${quoteName(table)}`;
  };

  #rows(end: ServerEnd, first: readonly string[] = []): string {
    const columns = [...first, ...this.#pair.columns.map(({ form }) => form.fetch[end])];
    return `SELECT ${columns.join(',')} FROM ${this.name(end)}`;
  }

  #forceIndex(end: ServerEnd): string {
    const index = this.#pair.key?.indexes[end];
    return index === undefined ? '' : ` FORCE INDEX (${quoteName(index)})`;
  }

  #whereOf(end: ServerEnd, conditions: readonly string[]): string {
    const where = this.#where[end];
    const all = where === undefined ? conditions : [...conditions, `(${where})`];
    return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
  }

  #range(end: ServerEnd, { after, upTo }: KeyRange): readonly string[] {
    return [
      ...(after === undefined ? [] : this.#compare(end, after, '>')),
      ...(upTo === undefined ? [] : this.#compare(end, upTo, '<')),
    ];
  }

  /** Written out, and the first column by itself: servers find no range in a comparison of rows. */
  #compare(end: ServerEnd, boundary: KeyBoundary, sign: '<' | '>'): readonly string[] {
    const names = this.#keyColumns.map((column) => nameAt(column, end));
    const isInclusive = sign === '<';
    const build = (at: number): string => {
      const name = names[at] ?? '';
      const literal = boundary[at] ?? 'NULL';
      if (at === names.length - 1) return `${name}${sign}${isInclusive ? '=' : ''}${literal}`;
      return `(${name}${sign}${literal} OR (${name}=${literal} AND ${build(at + 1)}))`;
    };
    if (names.length === 1) return [build(0)];
    return [`${names[0] ?? ''}${sign}=${boundary[0] ?? 'NULL'}`, build(0)];
  }

  #without(end: ServerEnd, ids: readonly RowId[]): readonly string[] {
    return ids.length === 0 ? [] : [`NOT ${this.#isIn(end, ids)}`];
  }

  #isIn(end: ServerEnd, ids: readonly RowId[]): string {
    const names = this.#keyColumns.map((column) => nameAt(column, end));
    if (names.length === 1) return `(${names[0] ?? ''} IN (${ids.join(',')}))`;
    return `((${names.join(',')}) IN (${ids.map((id) => `(${id})`).join(',')}))`;
  }
}

function nameAt({ source, targetName }: PairColumn, end: ServerEnd): string {
  return quoteName(end === 'source' ? source.name : targetName);
}
