import type { RowsChange } from '../core/change.ts';
import type { TableRoute } from '../core/route.ts';
import type { Column, Table } from '../core/table.ts';
import type { FetchedRow } from './canonical-value.ts';
import type { DifferingRows } from './describe-difference.ts';
import { FetchedImages } from './fetched-images.ts';
import type { PairColumn, TablePair } from './table-pair.ts';

/** Makes the row changes that bring the target's rows to what the source has. */
export class MendBuilder {
  readonly #pair: TablePair;
  readonly #table: Table;
  readonly #route: TableRoute;

  constructor(pair: TablePair) {
    this.#pair = pair;
    const { database, table } = pair.name;
    this.#table = {
      database,
      name: table,
      columns: pair.columns.map(columnAsFetched),
      primaryKey: pair.key?.columns ?? [],
      uniqueKeys: [],
      charset: 'utf8mb4',
    };
    this.#route = {
      target: pair.targetName,
      columns: pair.columns.map(({ targetName }, index) => ({ index, name: targetName })),
      isIdentity: false,
    };
  }

  /** One change for each kind, those that make room first. */
  changes(rows: readonly DifferingRows[], timestamp: number): readonly RowsChange[] {
    const { missing, extra, stale } = sort(rows);
    const base = {
      kind: 'rows',
      table: this.#table,
      route: this.#route,
      coordinates: { file: 'inspect.000000', offset: 4 },
      timestamp,
      // Parents and children are mended one by one; the cascades are differences of their own.
      noForeignKeyChecks: true,
      cascadesLogged: true,
      noUniqueChecks: false,
      rowsQuery: undefined,
    } as const;
    const changes: RowsChange[] = [];
    if (extra.length > 0) changes.push({ ...base, action: 'delete', before: this.#images(extra) });
    if (stale.length > 0) {
      const before = this.#images(stale.map(({ target }) => target));
      const after = this.#images(stale.map(({ source }) => source));
      changes.push({ ...base, action: 'update', before, after });
    }
    if (missing.length > 0) {
      changes.push({ ...base, action: 'insert', after: this.#images(missing) });
    }
    return changes;
  }

  #images(rows: readonly FetchedRow[]): FetchedImages {
    return new FetchedImages(this.#pair.columns, rows);
  }
}

function sort(rows: readonly DifferingRows[]) {
  const missing: FetchedRow[] = [];
  const extra: FetchedRow[] = [];
  const stale: { readonly source: FetchedRow; readonly target: FetchedRow }[] = [];
  for (const { source, target, copies } of rows) {
    if (source !== undefined && target !== undefined) stale.push({ source, target });
    else if (source !== undefined) missing.push(...Array<FetchedRow>(copies).fill(source));
    else if (target !== undefined) extra.push(...Array<FetchedRow>(copies).fill(target));
  }
  return { missing, extra, stale };
}

/** The column that the fetched bytes are of: text may have been converted, labels may stand as text. */
function columnAsFetched({ source, form }: PairColumn): Column {
  if (form.kind !== 'text') return source;
  const isLabel = source.labels !== undefined || source.charset === undefined;
  const charset = form.charset ?? source.charset;
  return isLabel
    ? { ...source, type: 'longtext', columnType: 'longtext', labels: undefined, charset }
    : { ...source, charset };
}
