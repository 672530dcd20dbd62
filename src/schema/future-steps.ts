import { formatCoordinates, type BinlogCoordinates } from '../core/position.ts';
import { schemaKey } from '../core/schema-state.ts';
import type { TableName } from '../core/table.ts';
import type { DefinitionStore } from './definition-store.ts';
import { parseDefinition, serializeDefinition } from './serialize-definition.ts';
import type { FutureStep } from './walk-back.ts';

const PREFIX = 'future:';

/**
 * Definitions that are proven to hold behind a DDL which the stream has not reached. They are kept in
 * the schema state too, since after a restart the DDLs between may be all that tells.
 */
export class FutureSteps {
  readonly #store: DefinitionStore;
  readonly #steps = new Map<string, FutureStep>();

  constructor(store: DefinitionStore) {
    this.#store = store;
  }

  add(steps: readonly FutureStep[]): void {
    for (const step of steps) {
      const key = keyOf(step.coordinates);
      const merged = merge(this.#steps.get(key), step, (name) => this.#store.key(name));
      this.#steps.set(key, merged);
      this.#store.note(key, serialize(merged));
    }
  }

  /** What is proven behind the DDL at these coordinates; it is taken out. */
  take(coordinates: BinlogCoordinates): FutureStep | undefined {
    const key = keyOf(coordinates);
    const step = this.#steps.get(key);
    if (step === undefined) return undefined;
    this.#steps.delete(key);
    this.#store.note(key, null);
    return step;
  }

  /** Will the table's definition be known behind some DDL ahead? */
  isAhead(name: TableName): boolean {
    const key = this.#store.key(name);
    for (const { tables } of this.#steps.values()) {
      if (
        tables.some(({ database, name: table }) => this.#store.key({ database, table }) === key)
      ) {
        return true;
      }
    }
    return false;
  }

  restore(entries: readonly (readonly [string, string])[]): void {
    for (const [key, json] of entries) {
      if (key.startsWith(schemaKey('', PREFIX))) this.#steps.set(key, parse(json));
    }
  }

  *state(): Iterable<readonly [string, string]> {
    for (const [key, step] of this.#steps) yield [key, serialize(step)];
  }
}

const keyOf = (coordinates: BinlogCoordinates): string =>
  schemaKey('', PREFIX + formatCoordinates(coordinates));

function merge(
  before: FutureStep | undefined,
  step: FutureStep,
  keyOfName: (name: TableName) => string,
): FutureStep {
  if (before === undefined) return step;
  const tables = new Map(
    [...before.tables, ...step.tables].map((table) => [
      keyOfName({ database: table.database, table: table.name }),
      table,
    ]),
  );
  const databases = new Map([...before.databases, ...step.databases].map((db) => [db.name, db]));
  return { ...step, tables: [...tables.values()], databases: [...databases.values()] };
}

interface StepJson {
  readonly coordinates: BinlogCoordinates;
  readonly tables: readonly string[];
  readonly databases: FutureStep['databases'];
}

function serialize({ coordinates, tables, databases }: FutureStep): string {
  const json: StepJson = { coordinates, tables: tables.map(serializeDefinition), databases };
  return JSON.stringify(json);
}

function parse(text: string): FutureStep {
  const { coordinates, tables, databases } = JSON.parse(text) as StepJson;
  return { coordinates, tables: tables.map(parseDefinition), databases };
}
