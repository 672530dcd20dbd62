import type { BinlogCoordinates } from '../core/position.ts';
import type { TableName } from '../core/table.ts';
import type { CapturedSchema } from './capture.ts';
import type { DdlOperation, ParsedDdl } from './ddl/parsed-ddl.ts';
import type { TableDefinition } from './table-definition.ts';

export interface SpanStep {
  readonly coordinates: BinlogCoordinates;
  readonly parsed: ParsedDdl;
}

/** Definitions that are proven to hold from behind one DDL on. */
export interface FutureStep {
  readonly coordinates: BinlogCoordinates;
  readonly tables: readonly TableDefinition[];
  readonly databases: readonly { readonly name: string; readonly collation: string }[];
}

export interface PastSchema {
  readonly tables: readonly TableDefinition[];
  readonly databases: readonly { readonly name: string; readonly collation: string }[];
  /** Tables that were there in a form which today's definitions do not tell. */
  readonly unknown: readonly TableName[];
  /** In binlog order. */
  readonly futures: readonly FutureStep[];
}

/**
 * Takes today's definitions back over the DDL statements since, newest first. What a statement did not
 * touch was the same before it; a RENAME is undone; what a statement made was not there before; what it
 * changed in any other way is not known before it, and holds from it on. So each definition is given
 * only where it is proven.
 */
export function walkBack(
  captured: CapturedSchema,
  span: readonly SpanStep[],
  keyOf: (name: TableName) => string,
): PastSchema {
  const walk = new BackwardWalk(captured, keyOf);
  const futures: FutureStep[] = [];
  for (const step of [...span].reverse()) {
    const future = walk.futureAt(step);
    if (future !== undefined) futures.push(future);
    walk.undo(step.parsed);
  }
  return { ...walk.result(), futures: futures.reverse() };
}

type RenameOperation = Extract<DdlOperation, { kind: 'rename-table' }>;

class BackwardWalk {
  readonly #keyOf: (name: TableName) => string;
  readonly #tables = new Map<string, TableDefinition>();
  readonly #databases = new Map<string, { readonly name: string; readonly collation: string }>();
  readonly #unknown = new Map<string, TableName>();

  constructor(captured: CapturedSchema, keyOf: (name: TableName) => string) {
    this.#keyOf = keyOf;
    for (const table of captured.tables) this.#tables.set(this.#key(nameOf(table)), table);
    for (const database of captured.databases) {
      this.#databases.set(this.#databaseKey(database.name), database);
    }
  }

  result(): Omit<PastSchema, 'futures'> {
    return {
      tables: [...this.#tables.values()],
      databases: [...this.#databases.values()],
      unknown: [...this.#unknown.values()],
    };
  }

  #key(name: TableName): string {
    return this.#keyOf(name);
  }

  #databaseKey(database: string): string {
    return this.#keyOf({ database, table: '' });
  }

  /** What is known right behind this statement of the names that it touched. */
  futureAt({ coordinates, parsed }: SpanStep): FutureStep | undefined {
    const keys = new Set(touchedNames(parsed).map((name) => this.#key(name)));
    const tables = [...keys].flatMap((key) => this.#tables.get(key) ?? []);
    const databases = parsed.operations.flatMap((operation) => {
      const isDatabase =
        operation.kind === 'create-database' || operation.kind === 'alter-database';
      if (!isDatabase) return [];
      return this.#databases.get(this.#databaseKey(operation.database)) ?? [];
    });
    if (tables.length === 0 && databases.length === 0) return undefined;
    return { coordinates, tables, databases };
  }

  undo(parsed: ParsedDdl): void {
    for (const table of parsed.unclear) this.#forget(table);
    for (const operation of [...parsed.operations].reverse()) this.#undoOperation(operation);
  }

  #undoOperation(operation: DdlOperation): void {
    switch (operation.kind) {
      case 'create-table':
      case 'create-like':
        // With IF NOT EXISTS it may have been there, and then it was the same.
        if (!operation.isIfNotExists) this.#remove(operation.table);
        return;
      case 'create-sequence':
        this.#remove(operation.table);
        return;
      case 'alter-table':
      case 'drop-table':
        this.#forget(operation.table);
        return;
      case 'rename-table':
        this.#undoRename(operation);
        return;
      case 'create-database':
        if (!operation.isIfNotExists) this.#forgetDatabase(operation.database);
        return;
      case 'alter-database':
      case 'drop-database':
        this.#forgetDatabase(operation.database);
    }
  }

  #forgetDatabase(database: string): void {
    this.#databases.delete(this.#databaseKey(database));
  }

  #undoRename({ table, to, isIfExists }: RenameOperation): void {
    const moved = this.#tables.get(this.#key(to));
    // With IF EXISTS it may have done nothing.
    if (isIfExists) this.#forget(to);
    else this.#remove(to);
    if (moved === undefined || isIfExists) this.#forget(table);
    else {
      this.#unknown.delete(this.#key(table));
      const before = { ...moved, database: table.database, name: table.table };
      this.#tables.set(this.#key(table), before);
    }
  }

  /** There was none. */
  #remove(name: TableName): void {
    this.#tables.delete(this.#key(name));
    this.#unknown.delete(this.#key(name));
  }

  /** There was one, of which nothing is known. */
  #forget(name: TableName): void {
    this.#tables.delete(this.#key(name));
    this.#unknown.set(this.#key(name), name);
  }
}

const nameOf = (table: TableDefinition): TableName => ({
  database: table.database,
  table: table.name,
});

/** Every name that a statement may have given another definition. */
export function touchedNames({ operations, unclear }: ParsedDdl): TableName[] {
  const names: TableName[] = [...unclear];
  for (const operation of operations) {
    if ('table' in operation) names.push(operation.table);
    if (operation.kind === 'rename-table') names.push(operation.to);
  }
  return names;
}
