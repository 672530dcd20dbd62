import type { Column, ColumnType } from '../core/table.ts';
import { COLUMN_TYPES } from '../core/table.ts';
import { SqlLexer } from './sql-lexer.ts';

/** What a column's full type says: everything of `Column` but name, text and attributes. */
export type TypeFacts = Pick<
  Column,
  'type' | 'isUnsigned' | 'labels' | 'isCompressed' | 'length' | 'scale' | 'precision'
>;

const KNOWN: ReadonlySet<string> = new Set(COLUMN_TYPES);
const SPATIAL = new Set(
  `point linestring polygon multipoint multilinestring multipolygon geometrycollection geomcollection
   geometry`.split(/\s+/),
);
const WITH_LENGTH = new Set(['char', 'varchar', 'binary', 'varbinary']);
const WITH_PRECISION = new Set(['decimal', 'bit', 'vector']);
const WITH_FRACTION = new Set(['time', 'datetime', 'timestamp']);
const TEXT_TYPES = new Set('char varchar tinytext text mediumtext longtext enum set'.split(' '));

/** How COLUMN_TYPE is written: by a session without sql_mode, which is what captures use. */
const COLUMN_TYPE_DIALECT = { flavor: 'mysql', versionNumber: 0, sqlModeNames: [] } as const;

/** `isTextType('enum')`: has a character set, unless that is binary. */
export function isTextType(type: ColumnType): boolean {
  return TEXT_TYPES.has(type);
}

export function isSpatial(name: string): boolean {
  return SPATIAL.has(name);
}

function isColumnType(name: string): name is ColumnType {
  return KNOWN.has(name);
}

const cache = new Map<string, TypeFacts>();
const CACHE_LIMIT = 10_000;

/** Reads a COLUMN_TYPE such as `decimal(10,2) unsigned`; undefined: a type that is not known. */
export function readColumnType(columnType: string): TypeFacts | undefined {
  const cached = cache.get(columnType);
  if (cached !== undefined) return cached;
  const facts = parse(columnType);
  if (facts === undefined) return undefined;
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(columnType, facts);
  return facts;
}

function parse(columnType: string): TypeFacts | undefined {
  const word = /^[a-z0-9]+/.exec(columnType)?.[0] ?? '';
  const type = SPATIAL.has(word) ? 'geometry' : word;
  if (!isColumnType(type)) return undefined;
  if (type === 'enum' || type === 'set') return labelledFacts(type, columnType);
  const rest = columnType.slice(word.length);
  const numbers = numbersIn(rest);
  return {
    type,
    isUnsigned: / unsigned\b/.test(rest),
    labels: undefined,
    isCompressed: / COMPRESSED\b/.test(rest),
    length: WITH_LENGTH.has(type) ? numbers[0] : undefined,
    scale: WITH_FRACTION.has(type) ? (numbers[0] ?? 0) : numbers[1],
    precision: WITH_PRECISION.has(type) ? numbers[0] : undefined,
  };
}

/** `(10,2) unsigned` → [10, 2]. */
function numbersIn(rest: string): number[] {
  const text = /^\(([\d,]+)\)/.exec(rest)?.[1];
  return text === undefined ? [] : text.split(',').map(Number);
}

function labelledFacts(type: 'enum' | 'set', columnType: string): TypeFacts {
  return {
    type,
    isUnsigned: false,
    labels: parseLabels(columnType),
    isCompressed: false,
    length: undefined,
    scale: undefined,
    precision: undefined,
  };
}

function parseLabels(columnType: string): string[] {
  const lexer = new SqlLexer(columnType, COLUMN_TYPE_DIALECT);
  const labels: string[] = [];
  for (let token = lexer.next(); token.kind !== 'end' && token.kind !== 'bad';) {
    if (token.kind === 'string') labels.push(token.text);
    token = lexer.next();
  }
  return labels;
}

/** `enum('a','it''s')` as the servers write it. */
export function formatLabels(type: 'enum' | 'set', labels: readonly string[]): string {
  return `${type}(${labels.map(formatLabel).join(',')})`;
}

function formatLabel(label: string): string {
  const escaped = label
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\0', '\\0')
    .replaceAll("'", "''");
  return `'${escaped}'`;
}
