import type { ValueTable } from './value-tables.ts';

/** Statements that write every value of the tables: keyed ones (`k_…`) and ones without a key (`x_…`). */
export class ValueWorkload {
  readonly #tables: readonly ValueTable[];

  constructor(tables: readonly ValueTable[]) {
    this.#tables = tables;
  }

  create(): string[] {
    return this.#each((table) => {
      const columns = table.cases.map(({ type }, index) => `c${index} ${type}`).join(', ');
      return [
        `CREATE TABLE k_${table.name} (id INT PRIMARY KEY, ${columns})`,
        `CREATE TABLE x_${table.name} (tag INT, ${columns})`,
      ];
    });
  }

  /** Rows of 1: stay; 100: change; 200: were NULL; 300: become NULL; 400: go. Without a key each is there twice. */
  inserts(): string[] {
    return this.#each((table) => {
      const rows = indexesOf(table);
      const kept = [1, 101, 301, 401].flatMap((base) => rows.map((i) => [base + i, i] as const));
      const values = (tag: number, i: number) => `(${tag}, ${rowOf(table, i).join(', ')})`;
      const nulls = (tag: number) => `(${tag}${', NULL'.repeat(table.cases.length)})`;
      const list = kept.map(([tag, i]) => values(tag, i));
      const empty = rows.map((i) => nulls(201 + i));
      return [
        `INSERT INTO k_${table.name} VALUES ${[...list, ...empty].join(', ')}`,
        `INSERT INTO x_${table.name} VALUES ${list.join(', ')}`,
        `INSERT INTO x_${table.name} VALUES ${[...list, ...empty, ...empty].join(', ')}`,
      ];
    });
  }

  updates(): string[] {
    return this.#eachTogether((table) =>
      indexesOf(table).flatMap((i) =>
        both(table, (name, key, limit) => [
          `UPDATE ${name} SET ${assigned(table, rowOf(table, i + 1))} WHERE ${key} = ${101 + i}${limit}`,
          `UPDATE ${name} SET ${assigned(table, rowOf(table, i))} WHERE ${key} = ${201 + i}${limit}`,
          `UPDATE ${name} SET ${assigned(table, [])} WHERE ${key} = ${301 + i}${limit}`,
        ]),
      ),
    );
  }

  deletes(): string[] {
    return this.#eachTogether((table) =>
      indexesOf(table).flatMap((i) =>
        both(table, (name, key, limit) => [
          `DELETE FROM ${name} WHERE ${key} = ${401 + i}${limit}`,
          ...(name.startsWith('x_')
            ? [1, 201, 301].map((base) => `DELETE FROM ${name} WHERE tag = ${base + i}${limit}`)
            : []),
        ]),
      ),
    );
  }

  /** Rows that come, change and go in one transaction. */
  inOneTransaction(base: number): string[] {
    return this.#each((table) => [
      'BEGIN',
      ...indexesOf(table).flatMap((i) =>
        both(table, (name, key, limit) => [
          `INSERT INTO ${name} VALUES (${base + i}, ${rowOf(table, i).join(', ')})`,
          `UPDATE ${name} SET ${assigned(table, rowOf(table, i + 2))} WHERE ${key} = ${base + i}${limit}`,
          `UPDATE ${name} SET ${key} = ${base + 50 + i} WHERE ${key} = ${base + i}${limit}`,
          ...(i % 3 === 0 ? [`DELETE FROM ${name} WHERE ${key} = ${base + 50 + i}${limit}`] : []),
        ]),
      ),
      'COMMIT',
    ]);
  }

  /** One column at a time: set, set to NULL, left to its default, with whatever row image the session has. */
  columnByColumn(base: number): string[] {
    return this.#eachTogether((table) => [
      ...both(table, (name, key) => [
        `INSERT INTO ${name} VALUES (${base}, ${rowOf(table, 0).join(', ')})`,
        `INSERT INTO ${name} (${key}) VALUES (${base + 1})`,
        `INSERT INTO ${name} VALUES (${base + 2}, ${rowOf(table, 1).join(', ')})`,
      ]),
      ...table.cases.flatMap(({ values }, index) =>
        both(table, (name, key, limit) => [
          `INSERT INTO ${name} (${key}, c${index}) VALUES (${base + 10 + index}, ${values.at(-1) ?? 'NULL'})`,
          `UPDATE ${name} SET c${index} = NULL WHERE ${key} = ${base}${limit}`,
          `UPDATE ${name} SET c${index} = ${values[0] ?? 'NULL'} WHERE ${key} = ${base + 1}${limit}`,
        ]),
      ),
      ...both(table, (name, key, limit) => [
        `UPDATE ${name} SET ${key} = ${base + 3} WHERE ${key} = ${base + 2}${limit}`,
        `DELETE FROM ${name} WHERE ${key} = ${base + 10}${limit}`,
      ]),
    ]);
  }

  /** One transaction a table: commits are what takes the servers' time. */
  #eachTogether(statements: (table: ValueTable) => readonly string[]): string[] {
    return this.#each((table) => ['BEGIN', ...statements(table), 'COMMIT']);
  }

  #each(statements: (table: ValueTable) => readonly string[]): string[] {
    return this.#tables.flatMap(statements);
  }
}

function indexesOf(table: ValueTable): number[] {
  const length = Math.max(...table.cases.map(({ values }) => values.length));
  return Array.from({ length }, (_, index) => index);
}

/** SQL for the values of one row; columns take their values in turn. */
function rowOf(table: ValueTable, index: number): string[] {
  return table.cases.map(({ values }) => values[index % values.length] ?? 'NULL');
}

function assigned(table: ValueTable, values: readonly string[]): string {
  return table.cases.map((_, index) => `c${index} = ${values[index] ?? 'NULL'}`).join(', ');
}

function both(
  table: ValueTable,
  statements: (name: string, key: string, limit: string) => readonly string[],
): string[] {
  return [
    ...statements(`k_${table.name}`, 'id', ''),
    ...statements(`x_${table.name}`, 'tag', ' LIMIT 1'),
  ];
}
