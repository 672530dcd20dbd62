import type { DdlEffect, DdlSubject, StatementContext, TableReference } from '../core/change.ts';
import { TailraceError } from '../core/errors.ts';
import type { BinlogCoordinates } from '../core/position.ts';
import type { SchemaDelta, SchemaState } from '../core/schema-state.ts';
import type { TableMap } from '../core/table-map.ts';
import { formatTableName, type Table, type TableName } from '../core/table.ts';
import { buildTable } from './build-table.ts';
import type { CapturedSchema } from './capture.ts';
import { findMismatch, type Mismatch } from './check-table-map.ts';
import { charsetOfCollation } from './collation-names.ts';
import { applyOperation, type DdlEnvironment } from './ddl/apply-ddl.ts';
import { parseDdl } from './ddl/parse-ddl.ts';
import type { ParsedDdl } from './ddl/parsed-ddl.ts';
import { definitionFromMetadata } from './definition-from-metadata.ts';
import { DefinitionStore } from './definition-store.ts';
import { keepExactLabels } from './exact-labels.ts';
import { FutureSteps } from './future-steps.ts';
import { touchedNames, walkBack } from './walk-back.ts';

/** One DDL as the binlog has it. */
export interface ScannedDdl {
  readonly coordinates: BinlogCoordinates;
  readonly statement: string;
  /** The session's default database; '' for none. */
  readonly database: string;
  readonly context: StatementContext;
}

export interface SchemaHistoryOptions {
  readonly flavor: 'mysql' | 'mariadb';
  readonly versionNumber: number;
  readonly lowerCaseTableNames: 0 | 1 | 2;
}

export interface AppliedDdl {
  readonly subject: DdlSubject;
  readonly effects: readonly DdlEffect[];
  readonly references: readonly TableReference[];
  readonly isFullyParsed: boolean;
  readonly isFromQuery: boolean;
  /** Definitions of the tables that it touched, as far as they are known. */
  readonly before: readonly Table[];
  readonly after: readonly Table[];
  readonly delta: SchemaDelta | undefined;
  /** Tables whose definition is not known from here on: capture them behind a fence and `learn`. */
  readonly recapture: readonly TableName[];
}

interface CachedTable {
  readonly body: Buffer;
  readonly version: number;
  readonly table: Table;
}

const CACHE_LIMIT = 10_000;

/**
 * The definition of every table at the position that the stream has reached.
 *
 * A definition comes from one of two places: from the server, captured after the fact and taken back
 * to the position over every DDL between (see walkBack), or from the definition before, moved over a
 * DDL. Neither is ever assumed: what can't be proven is 'unknown' until a later DDL behind which it is
 * proven has passed, or until it is captured anew. Every table map is checked against the definition
 * besides, and with full row metadata the event itself is the truth.
 *
 * A Table object stands for one definition: `tableFor` gives the same one as long as nothing that a
 * reader of rows could see has changed.
 */
export class SchemaHistory {
  readonly #options: SchemaHistoryOptions;
  readonly #store: DefinitionStore;
  readonly #futures: FutureSteps;
  readonly #byTableId = new Map<number, CachedTable>();
  /** Tables made from row metadata alone, by name. */
  readonly #fromEvents = new Map<string, Table>();
  /** The last DDL that was applied. */
  #reached: BinlogCoordinates | undefined;

  constructor(options: SchemaHistoryOptions) {
    this.#options = options;
    this.#store = new DefinitionStore(options.lowerCaseTableNames);
    this.#futures = new FutureSteps(this.#store);
  }

  restore(state: SchemaState): void {
    this.#futures.restore(this.#store.restore(state));
  }

  state(): SchemaState {
    const state = this.#store.state();
    for (const [key, json] of this.#futures.state()) state.set(key, json);
    return state;
  }

  /**
   * Takes in definitions that were captured later than the position reached. `span`: every DDL from
   * here to the moment of the capture, in binlog order. `torn`: those of them that ran while the
   * definitions were being read, so that it is not known which side of them was seen: what they
   * touched is not learned.
   */
  learn(
    captured: CapturedSchema,
    span: readonly ScannedDdl[],
    torn: readonly ScannedDdl[] = [],
  ): SchemaDelta {
    const steps = this.#notYetApplied(span).map((ddl) => ({
      coordinates: ddl.coordinates,
      parsed: this.#parse(ddl),
    }));
    const past = walkBack(this.#withoutTorn(captured, torn), steps, (name) =>
      this.#store.key(name),
    );
    for (const { name, collation } of past.databases) this.#store.setDatabase(name, collation);
    for (const table of past.tables) this.#learnTable(table);
    // A complete history knows which tables are there: the span adds nothing to that.
    if (!this.#store.isComplete) {
      for (const name of past.unknown) {
        if (this.#store.table(name) === undefined) this.#store.set(name, 'unknown');
      }
    }
    this.#store.markComplete(captured.hasExplicitTimestamps);
    this.#futures.add(past.futures);
    return this.#store.takeDelta() ?? new Map<string, string | null>();
  }

  /** A span may begin before the position: what was applied already is no part of it. */
  #notYetApplied(span: readonly ScannedDdl[]): readonly ScannedDdl[] {
    const reached = this.#reached;
    if (reached === undefined) return span;
    const at = span.findIndex(
      ({ coordinates }) =>
        coordinates.file === reached.file && coordinates.offset === reached.offset,
    );
    return span.slice(at + 1);
  }

  #withoutTorn(captured: CapturedSchema, torn: readonly ScannedDdl[]): CapturedSchema {
    if (torn.length === 0) return captured;
    const parsed = torn.map((ddl) => this.#parse(ddl));
    const touched = new Set(parsed.flatMap(touchedNames).map((name) => this.#store.key(name)));
    const keyOf = (database: string, table: string): string => this.#store.key({ database, table });
    for (const { operations } of parsed) {
      for (const operation of operations) {
        if ('database' in operation) touched.add(keyOf(operation.database, ''));
      }
    }
    return {
      ...captured,
      tables: captured.tables.filter(({ database, name }) => !touched.has(keyOf(database, name))),
      databases: captured.databases.filter(({ name }) => !touched.has(keyOf(name, ''))),
    };
  }

  #learnTable(table: CapturedSchema['tables'][number]): void {
    const name = { database: table.database, table: table.name };
    this.#store.set(name, keepExactLabels(this.#store.table(name), table));
  }

  /** Moves on over a DDL of the stream. */
  applyDdl(ddl: ScannedDdl): AppliedDdl {
    const parsed = this.#parse(ddl);
    const names = touchedNames(parsed);
    const before = this.#knownTables(names);
    const { hasExplicitTimestamps } = this.#store;
    const env: DdlEnvironment = {
      ...this.#options,
      context: ddl.context,
      hasExplicitTimestamps,
    };
    for (const name of parsed.unclear) this.#store.set(name, 'unknown');
    for (const operation of parsed.operations) {
      for (const outcome of applyOperation(operation, this.#store, env)) {
        if (outcome.kind === 'table') this.#store.set(outcome.name, outcome.state);
        else this.#store.setDatabase(outcome.database, outcome.collation);
      }
    }
    this.#reached = ddl.coordinates;
    const future = this.#futures.take(ddl.coordinates);
    if (future !== undefined) {
      for (const { name, collation } of future.databases) this.#store.setDatabase(name, collation);
      for (const table of future.tables) this.#learnTable(table);
    }
    const { subject, effects, references, isFullyParsed, isFromQuery } = parsed;
    return {
      subject,
      effects: effects.map((effect) => this.#withCharset(effect)),
      references,
      isFullyParsed,
      isFromQuery,
      before,
      after: this.#knownTables(names),
      delta: this.#store.takeDelta(),
      recapture: this.#unknownOf(parsed),
    };
  }

  #withCharset(effect: DdlEffect): DdlEffect {
    if (effect.kind !== 'create-database' && effect.kind !== 'alter-database') return effect;
    const collation = this.#store.databaseCollation(effect.database);
    return collation === undefined ? effect : { ...effect, charset: charsetOfCollation(collation) };
  }

  /** Every table to which one of these statements may have given another definition, each once. */
  touchedBy(ddls: readonly ScannedDdl[]): TableName[] {
    const names = ddls.flatMap((ddl) => touchedNames(this.#parse(ddl)));
    return [...new Map(names.map((name) => [this.#store.key(name), name])).values()];
  }

  /** Is there such a table, in a form that nobody knows? */
  isUnknown(name: TableName): boolean {
    return this.#store.table(name) === 'unknown';
  }

  #parse({ statement, database, context }: ScannedDdl): ParsedDdl {
    return parseDdl(statement, {
      ...this.#options,
      sqlModeNames: context.sqlModeNames,
      defaultDatabase: database,
    });
  }

  #knownTables(names: readonly TableName[]): Table[] {
    const tables = new Set<Table>();
    for (const name of names) {
      const entry = this.#store.entry(name);
      const table = entry === undefined ? undefined : this.#store.tableOf(entry);
      if (table !== undefined) tables.add(table);
    }
    return [...tables];
  }

  /** Touched and unknown now, with no DDL ahead behind which they are known. */
  #unknownOf(parsed: ParsedDdl): TableName[] {
    const names = new Map(touchedNames(parsed).map((name) => [this.#store.key(name), name]));
    return [...names.values()].filter(
      (name) => this.#store.table(name) === 'unknown' && !this.#futures.isAhead(name),
    );
  }

  /** A table of MariaDB's CREATE SEQUENCE: its rows are steps of a counter. */
  isSequence(name: TableName): boolean {
    const definition = this.#store.table(name);
    return definition !== undefined && definition !== 'unknown' && definition.isSequence;
  }

  /** The definition by which the rows of this table map are read. */
  tableFor(tableMap: TableMap): Table {
    const cached = this.#byTableId.get(tableMap.tableId);
    if (cached?.version === this.#store.version && cached.body.equals(tableMap.body)) {
      return cached.table;
    }
    const table = this.#resolve(tableMap);
    if (this.#byTableId.size >= CACHE_LIMIT) this.#byTableId.clear();
    // A copy: the event's own bytes are a view that would keep a whole socket chunk alive.
    const body = Buffer.from(tableMap.body);
    this.#byTableId.set(tableMap.tableId, { body, version: this.#store.version, table });
    return table;
  }

  #resolve(tableMap: TableMap): Table {
    const entry = this.#store.entry(tableMap);
    const known = entry === undefined ? undefined : this.#store.tableOf(entry);
    const mismatch =
      known === undefined ? undefined : findMismatch(known, tableMap, this.#options.flavor);
    if (known !== undefined && mismatch === undefined) return known;
    const fromEvent = this.#fromEvent(tableMap);
    if (fromEvent !== undefined) return fromEvent;
    throw mismatch === undefined ? unknownTable(tableMap) : mismatchError(tableMap, mismatch);
  }

  #fromEvent(tableMap: TableMap): Table | undefined {
    const definition = definitionFromMetadata(tableMap, this.#options.flavor);
    if (definition === undefined) return undefined;
    const key = this.#store.key(tableMap);
    const table = buildTable(definition);
    const before = this.#fromEvents.get(key);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(table)) return before;
    this.#fromEvents.set(key, table);
    return table;
  }
}

function unknownTable(tableMap: TableMap): TailraceError {
  const table = formatTableName(tableMap);
  return new TailraceError(
    'SOURCE_SCHEMA_UNKNOWN',
    `The definition that ${table} had at this position is not known.`,
    { place: { table } },
  );
}

function mismatchError(tableMap: TableMap, { column, known, event }: Mismatch): TailraceError {
  const table = formatTableName(tableMap);
  const where = column === undefined ? table : `${table}.${column}`;
  return new TailraceError(
    'SOURCE_SCHEMA_MISMATCH',
    `${where} has ${known} in the definition known here, the event says ${event}.`,
    { place: column === undefined ? { table } : { table, column } },
  );
}
