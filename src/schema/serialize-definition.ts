import { TailraceError } from '../core/errors.ts';
import type { ColumnDefinition, KeyDefinition, TableDefinition } from './table-definition.ts';

/*
 * A definition as compact JSON, the value under its name in a SchemaState:
 *
 *   {v:1, d:database, n:name, l:collation, e:engine, c:[[name, columnType, collation, flags]…],
 *    k:[[name, flags, [column | [column, prefixLength] | null …]]…], h:versioning, q:1 for a sequence}
 *
 * Names stand inside too, because keys may be in lower case.
 */

const NULLABLE = 1;
const VIRTUAL = 2;
const STORED = 4;
const INVISIBLE = 8;

const UNIQUE = 1;
const LONG = 2;

type ColumnJson = readonly [string, string, string | null, number];
type PartJson = string | readonly [string, number] | null;
type KeyJson = readonly [string, number, readonly PartJson[]];

interface DefinitionJson {
  readonly v: 1;
  readonly d: string;
  readonly n: string;
  readonly l?: string;
  readonly e: string;
  readonly c: readonly ColumnJson[];
  readonly k: readonly KeyJson[];
  readonly h?: 'implicit' | 'explicit';
  readonly q?: 1;
}

export function serializeDefinition(definition: TableDefinition): string {
  const { collation, versioning } = definition;
  const json: DefinitionJson = {
    v: 1,
    d: definition.database,
    n: definition.name,
    ...(collation === undefined ? {} : { l: collation }),
    e: definition.engine,
    c: definition.columns.map(columnToJson),
    k: definition.keys.map(keyToJson),
    ...(versioning === undefined ? {} : { h: versioning }),
    ...(definition.isSequence ? { q: 1 } : {}),
  };
  return JSON.stringify(json);
}

function columnToJson(column: ColumnDefinition): ColumnJson {
  const flags =
    (column.isNullable ? NULLABLE : 0) |
    (column.generated === 'virtual' ? VIRTUAL : 0) |
    (column.generated === 'stored' ? STORED : 0) |
    (column.isInvisible ? INVISIBLE : 0);
  return [column.name, column.columnType, column.collation ?? null, flags];
}

function keyToJson(key: KeyDefinition): KeyJson {
  const parts = key.parts.map((part): PartJson => {
    if (part.column === undefined) return null;
    return part.prefixLength === undefined ? part.column : [part.column, part.prefixLength];
  });
  return [key.name, (key.isUnique ? UNIQUE : 0) | (key.isLongUnique ? LONG : 0), parts];
}

export function parseDefinition(text: string): TableDefinition {
  const json = parseJson(text);
  return {
    database: json.d,
    name: json.n,
    collation: json.l,
    engine: json.e,
    columns: json.c.map(columnFromJson),
    keys: json.k.map(keyFromJson),
    versioning: json.h,
    isSequence: json.q === 1,
  };
}

function parseJson(text: string): DefinitionJson {
  try {
    const json = JSON.parse(text) as DefinitionJson;
    if (Array.isArray(json.c) && Array.isArray(json.k)) return json;
  } catch (cause) {
    throw new TailraceError('STATE_UNUSABLE', 'A stored table definition is no JSON.', { cause });
  }
  throw new TailraceError('STATE_UNUSABLE', 'A stored table definition has another form.');
}

function columnFromJson([name, columnType, collation, flags]: ColumnJson): ColumnDefinition {
  return {
    name,
    columnType,
    collation: collation ?? undefined,
    isNullable: (flags & NULLABLE) !== 0,
    generated: generatedOf(flags),
    isInvisible: (flags & INVISIBLE) !== 0,
  };
}

function generatedOf(flags: number): 'virtual' | 'stored' | undefined {
  if ((flags & VIRTUAL) !== 0) return 'virtual';
  return (flags & STORED) === 0 ? undefined : 'stored';
}

function keyFromJson([name, flags, parts]: KeyJson): KeyDefinition {
  return {
    name,
    isUnique: (flags & UNIQUE) !== 0,
    isLongUnique: (flags & LONG) !== 0,
    parts: parts.map((part) => {
      if (part === null) return { column: undefined, prefixLength: undefined };
      if (typeof part === 'string') return { column: part, prefixLength: undefined };
      return { column: part[0], prefixLength: part[1] };
    }),
  };
}
