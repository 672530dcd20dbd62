import fc from 'fast-check';
import type { RowsChange } from '../../../src/core/change.ts';
import type { TableRoute } from '../../../src/core/route.ts';
import type { Column, Table } from '../../../src/core/table.ts';
import {
  fakeChange,
  fakeColumn,
  fakeTable,
  identityRoute,
  type FakeRow,
} from '../../support/fake-images.ts';

/** A kind of table for random histories: its definition and small pools, so that values meet often. */
export interface HistoryTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly sql: string;
  /** Column lists of the primary key (first) and of every other unique key. */
  readonly keys: readonly (readonly number[])[];
  readonly pools: readonly (readonly FakeRow[number][])[];
}

const ids = [1, 2, 3, 4, 5, 6];
const texts = ['a', 'A', 'b', 'B', 'é', 'e', 'É', 'c', 'z'];
const values = [0, 1, 2, 3];

export const HISTORY_TABLES: readonly HistoryTable[] = [
  {
    name: 'single',
    columns: [fakeColumn('id', 'int'), fakeColumn('v', 'int')],
    sql: 'id INT PRIMARY KEY, v INT',
    keys: [[0]],
    pools: [ids, values],
  },
  {
    name: 'composite',
    columns: [fakeColumn('a', 'int'), fakeColumn('v', 'int'), fakeColumn('b', 'varchar')],
    sql: 'a INT, v INT, b VARCHAR(5) CHARSET utf8mb4 COLLATE utf8mb4_bin, PRIMARY KEY (a, b)',
    keys: [[0, 2]],
    pools: [[1, 2], values, texts],
  },
  {
    name: 'text_key',
    columns: [fakeColumn('k', 'varchar'), fakeColumn('v', 'int')],
    sql: 'k VARCHAR(5) CHARSET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, v INT',
    keys: [[0]],
    pools: [texts, values],
  },
  {
    name: 'extra_unique',
    columns: [
      fakeColumn('id', 'int'),
      fakeColumn('u', 'varchar'),
      fakeColumn('w', 'int'),
      fakeColumn('v', 'int'),
    ],
    sql: 'id INT PRIMARY KEY, u VARCHAR(5) CHARSET utf8mb4 COLLATE utf8mb4_general_ci, w INT, v INT, UNIQUE (u), UNIQUE (w, v)',
    keys: [[0], [1], [2, 3]],
    pools: [ids, [...texts, null], [1, 2, null], values],
  },
  {
    name: 'unique_only',
    columns: [fakeColumn('v', 'int'), fakeColumn('u', 'int'), fakeColumn('w', 'int')],
    sql: 'v INT, u INT NOT NULL, w INT, UNIQUE (w), UNIQUE (u)',
    keys: [[1], [2]],
    pools: [values, ids, [1, 2, 3, null]],
  },
];

export interface Base {
  readonly table: Table;
  readonly route: TableRoute;
}

export function historyBase(database: string, of: HistoryTable): Base {
  const table = fakeTable(database, of.name, of.columns);
  return { table, route: identityRoute(table) };
}

/** As utf8mb4_general_ci compares the texts above. */
export function foldText(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** What a unique key compares; undefined: a NULL is in it, so it meets nothing. */
function keyValue(row: FakeRow, key: readonly number[], isFolded: boolean): string | undefined {
  const parts = key.map((column) => row[column]);
  if (parts.includes(null)) return undefined;
  return parts.map((part) => (isFolded ? foldText(String(part)) : String(part))).join('|');
}

/** A table in memory that keeps its unique keys, as the source does. */
export class ModelTable {
  readonly rows: FakeRow[] = [];
  readonly #of: HistoryTable;

  constructor(of: HistoryTable) {
    this.#of = of;
  }

  fits(row: FakeRow, without?: FakeRow): boolean {
    return this.#of.keys.every((key) => {
      const isFolded = !(this.#of.name === 'composite');
      const value = keyValue(row, key, isFolded);
      if (value === undefined) return true;
      return !this.rows.some(
        (other) => other !== without && keyValue(other, key, isFolded) === value,
      );
    });
  }

  insert(row: FakeRow): void {
    this.rows.push(row);
  }

  delete(row: FakeRow): void {
    this.rows.splice(this.rows.indexOf(row), 1);
  }

  sorted(): string[] {
    return this.rows.map((row) => row.map(String).join(',')).sort();
  }
}

export interface History {
  readonly start: readonly FakeRow[];
  readonly changes: readonly RowsChange[];
  /** The rows at the end, sorted, as text. */
  readonly end: readonly string[];
}

type Step = {
  readonly kind: number;
  readonly pick: number;
  readonly values: readonly number[];
  readonly joins: boolean;
};

function stepsOf(of: HistoryTable): fc.Arbitrary<Step[]> {
  const step = fc.record({
    kind: fc.integer({ min: 0, max: 6 }),
    pick: fc.nat(),
    values: fc.tuple(...of.pools.map((pool) => fc.nat({ max: pool.length - 1 }))),
    joins: fc.boolean(),
  });
  return fc.array(step, { minLength: 1, maxLength: 25 });
}

/** Any valid history: steps that the source would have refused are left out. */
export function historyOf(of: HistoryTable, base: Base): fc.Arbitrary<History> {
  return fc.tuple(stepsOf(of), stepsOf(of)).map(([first, then]) => {
    const model = new ModelTable(of);
    for (const step of first) play(model, of, { ...step, kind: 0 }, () => undefined);
    const start = [...model.rows];
    const changes: RowsChange[] = [];
    for (const step of then) {
      play(model, of, step, (before, after) => {
        add(changes, base, { before, after, joins: step.joins });
      });
    }
    return { start, changes, end: model.sorted() };
  });
}

type Emit = (before: FakeRow | undefined, after: FakeRow | undefined) => void;

function play(model: ModelTable, of: HistoryTable, step: Step, emit: Emit): void {
  const fresh = of.pools.map((pool, column) => pool[step.values[column] ?? 0]);
  const chosen = model.rows[step.pick % Math.max(1, model.rows.length)];
  if (step.kind <= 1) {
    if (!model.fits(fresh)) return;
    model.insert(fresh);
    emit(undefined, fresh);
  } else if (chosen === undefined) {
    return;
  } else if (step.kind === 2) {
    model.delete(chosen);
    emit(chosen, undefined);
  } else {
    // One column changes, or all of them.
    const column = step.values.reduce((sum, one) => sum + one, step.pick) % fresh.length;
    const after =
      step.kind === 6 ? fresh : chosen.map((one, at) => (at === column ? fresh[at] : one));
    if (!model.fits(after, chosen)) return;
    model.delete(chosen);
    model.insert(after);
    emit(chosen, after);
  }
}

/** Neighbours of one kind may share a rows event. */
function add(
  changes: RowsChange[],
  base: Base,
  {
    before,
    after,
    joins,
  }: { before: FakeRow | undefined; after: FakeRow | undefined; joins: boolean },
): void {
  const last = changes.at(-1);
  const rows = (images: RowsChange['before'], row: FakeRow | undefined) => [
    ...Array.from({ length: images?.length ?? 0 }, (_, at) => images?.at(at) as FakeRow),
    ...(row === undefined ? [] : [row]),
  ];
  const isSame =
    joins &&
    last !== undefined &&
    (last.before === undefined) === (before === undefined) &&
    (last.after === undefined) === (after === undefined);
  if (isSame) changes.pop();
  const of = isSame ? last : undefined;
  changes.push(
    fakeChange({
      ...base,
      ...(before === undefined ? {} : { before: rows(of?.before, before) }),
      ...(after === undefined ? {} : { after: rows(of?.after, after) }),
    }),
  );
}
