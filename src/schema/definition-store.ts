import { schemaKey, type SchemaDelta, type SchemaState } from '../core/schema-state.ts';
import type { Table, TableName } from '../core/table.ts';
import { buildTable } from './build-table.ts';
import type { DefinitionLookup } from './ddl/apply-ddl.ts';
import { parseDefinition, serializeDefinition } from './serialize-definition.ts';
import type { TableDefinition } from './table-definition.ts';

/** One table that exists. A new object for each new definition. */
export interface Entry {
  readonly definition: TableDefinition | 'unknown';
  /** undefined: nobody has asked yet. */
  table: Table | undefined;
}

const UNKNOWN_JSON = '{"unknown":1}';
const COMPLETE_KEY = schemaKey('', '');

/**
 * All definitions at one position by name, and every change of them since the last `takeDelta`. A name
 * without an entry has no table. Names are folded as the server compares them.
 *
 * In a SchemaState: `database\0table` → definition, `database\0` → the database's default collation,
 * `\0` → a mark that the rest is all there is, `\0future…` → what SchemaHistory keeps for later.
 */
export class DefinitionStore implements DefinitionLookup {
  readonly #foldCase: boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #collations = new Map<string, string>();
  #delta = new Map<string, string | null>();
  /** Grows with every change: what was looked up under the same version still holds. */
  version = 0;
  isComplete = false;
  /** The server's explicit_defaults_for_timestamp when it was last captured. */
  hasExplicitTimestamps: boolean | undefined;

  constructor(lowerCaseTableNames: 0 | 1 | 2) {
    this.#foldCase = lowerCaseTableNames !== 0;
  }

  key({ database, table }: TableName): string {
    const key = schemaKey(database, table);
    return this.#foldCase ? key.toLowerCase() : key;
  }

  entry(name: TableName): Entry | undefined {
    return this.#entries.get(this.key(name));
  }

  table(name: TableName): TableDefinition | 'unknown' | undefined {
    return this.entry(name)?.definition;
  }

  tablesOf(database: string): readonly TableName[] {
    const prefix = this.key({ database, table: '' });
    return [...this.#entries.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({ database, table: key.slice(prefix.length) }));
  }

  databaseCollation(database: string): string | undefined {
    return this.#collations.get(this.key({ database, table: '' }));
  }

  /** The `Table` of a known entry, made when first asked for. */
  tableOf(entry: Entry): Table | undefined {
    if (entry.definition === 'unknown') return undefined;
    entry.table ??= buildTable(entry.definition);
    return entry.table;
  }

  set(name: TableName, definition: TableDefinition | 'unknown' | undefined): void {
    const key = this.key(name);
    const before = this.#entries.get(key);
    if (before?.definition === definition) return;
    const json = definition === undefined ? null : toJson(definition);
    const jsonBefore = before === undefined ? null : toJson(before.definition);
    if (json === jsonBefore) return;
    this.version++;
    this.#delta.set(key, json);
    if (definition === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { definition, table: this.#sameTable(before, definition) });
  }

  /** A change that no reader of rows can see (an index, an engine) keeps the Table object. */
  #sameTable(
    before: Entry | undefined,
    definition: TableDefinition | 'unknown',
  ): Table | undefined {
    if (before?.table === undefined || definition === 'unknown') return undefined;
    const table = buildTable(definition);
    return JSON.stringify(table) === JSON.stringify(before.table) ? before.table : table;
  }

  setDatabase(database: string, collation: string | undefined): void {
    const key = this.key({ database, table: '' });
    if (this.#collations.get(key) === collation) return;
    this.#delta.set(key, collation === undefined ? null : JSON.stringify({ collation }));
    if (collation === undefined) this.#collations.delete(key);
    else this.#collations.set(key, collation);
  }

  /** All tables are there from now on, known or 'unknown'. */
  markComplete(hasExplicitTimestamps: boolean): void {
    if (this.isComplete && this.hasExplicitTimestamps === hasExplicitTimestamps) return;
    this.isComplete = true;
    this.hasExplicitTimestamps = hasExplicitTimestamps;
    this.#delta.set(COMPLETE_KEY, this.#completeJson());
  }

  #completeJson(): string {
    return JSON.stringify({ complete: 1, explicitTimestamps: this.hasExplicitTimestamps });
  }

  #readComplete(json: string): void {
    this.isComplete = true;
    const { explicitTimestamps } = JSON.parse(json) as { explicitTimestamps?: unknown };
    if (typeof explicitTimestamps === 'boolean') this.hasExplicitTimestamps = explicitTimestamps;
  }

  /** Notes a value that the history keeps itself. */
  note(key: string, json: string | null): void {
    this.#delta.set(key, json);
  }

  takeDelta(): SchemaDelta | undefined {
    if (this.#delta.size === 0) return undefined;
    const delta = this.#delta;
    this.#delta = new Map();
    return delta;
  }

  /** Puts in what `state` has; the rest, with an empty database name, is for the caller. */
  restore(state: SchemaState): readonly (readonly [string, string])[] {
    const rest: (readonly [string, string])[] = [];
    for (const [key, json] of state) {
      if (key === COMPLETE_KEY) this.#readComplete(json);
      else if (key.startsWith('\0')) rest.push([key, json]);
      else if (key.endsWith('\0')) this.#collations.set(key, readCollation(json));
      else this.#entries.set(key, { definition: fromJson(json), table: undefined });
    }
    this.version++;
    return rest;
  }

  state(): Map<string, string> {
    const state = new Map<string, string>();
    if (this.isComplete) state.set(COMPLETE_KEY, this.#completeJson());
    for (const [key, collation] of this.#collations) state.set(key, JSON.stringify({ collation }));
    for (const [key, { definition }] of this.#entries) state.set(key, toJson(definition));
    return state;
  }
}

const toJson = (definition: TableDefinition | 'unknown'): string =>
  definition === 'unknown' ? UNKNOWN_JSON : serializeDefinition(definition);

const fromJson = (json: string): TableDefinition | 'unknown' =>
  json === UNKNOWN_JSON ? 'unknown' : parseDefinition(json);

function readCollation(json: string): string {
  const { collation } = JSON.parse(json) as { collation?: unknown };
  return typeof collation === 'string' ? collation : '';
}
