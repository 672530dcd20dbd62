import { charsetOfCollation, maxBytesPerCharacter } from '../collation-names.ts';
import { isTextType, readColumnType } from '../column-type-text.ts';
import {
  findColumn,
  isSameName,
  PRIMARY,
  type ColumnDefinition,
  type KeyDefinition,
  type KeyPart,
  type TableDefinition,
} from '../table-definition.ts';
import { columnEnvironment, withPeriods, withPrimaryKey } from './apply-create-table.ts';
import type { DdlEnvironment } from './apply-ddl.ts';
import { addKey, isLong, type KeyEnvironment } from './apply-keys.ts';
import { binaryBase, describeColumn, NotApplicable, resolveCollation } from './column-facts.ts';
import { sizedType } from './describe-type.ts';
import type { AlterChange, ColumnPosition, ColumnSpec, PeriodSpec } from './parsed-ddl.ts';

export interface AlterEnvironment extends DdlEnvironment {
  readonly databaseCollation: string | undefined;
}

/** A column on its way: what it was before, and whether its words were written anew. */
interface MovedColumn {
  readonly column: ColumnDefinition;
  readonly from: string | undefined;
}

/**
 * The definition after ALTER TABLE, in the server's own order: first the old columns, each dropped,
 * changed, renamed or kept where it is; then columns with a place of their own (new ones, and changed
 * ones with FIRST or AFTER) one after the other, AFTER meaning new names; then the keys, old ones
 * first; CONVERT TO last.
 */
export function alterTable(
  before: TableDefinition,
  changes: readonly AlterChange[],
  env: AlterEnvironment,
): TableDefinition {
  const collation = alteredCollation(before, changes, env);
  const moved = moveColumns(before, changes, columnEnvironment(env, collation));
  const engine =
    changes.findLast((change) => change.kind === 'set-engine')?.engine ?? before.engine;
  const versioning = alteredVersioning(before, changes);
  const periods = changes.flatMap((change) =>
    change.kind === 'add-period' ? [change.period] : [],
  );
  let columns = convertColumns(
    moved.map((entry) => entry.column),
    changes,
    collation,
  );
  columns = withPeriods(columns, periods);
  const rowEnd = versioning === 'explicit' ? rowEndOf(changes) : undefined;
  const keys = alterKeys(before, { moved, changes, columns, periods, rowEnd, engine, env });
  return {
    ...before,
    collation,
    engine,
    versioning,
    keys,
    columns: withPrimaryKey(columns, keys),
  };
}

function alteredCollation(
  before: TableDefinition,
  changes: readonly AlterChange[],
  env: AlterEnvironment,
): string | undefined {
  let { collation } = before;
  for (const change of changes) {
    if (change.kind === 'set-charset') {
      collation = resolveCollation(change.charset, env.databaseCollation ?? collation, env);
    } else if (change.kind === 'convert') {
      collation = resolveCollation(change.charset, env.databaseCollation, env);
    }
  }
  return collation;
}

type ColumnChange = Extract<
  AlterChange,
  { kind: 'change-column' | 'rename-column' | 'drop-column' }
>;

function isColumnChange(change: AlterChange): change is ColumnChange {
  return (
    change.kind === 'change-column' ||
    change.kind === 'rename-column' ||
    change.kind === 'drop-column'
  );
}

const sourceOf = (change: ColumnChange): string =>
  change.kind === 'drop-column' ? change.column : change.from;

function moveColumns(
  before: TableDefinition,
  changes: readonly AlterChange[],
  env: ReturnType<typeof columnEnvironment>,
): MovedColumn[] {
  checkTargets(before, changes);
  const moved: MovedColumn[] = [];
  for (const column of before.columns) {
    const kept = keepColumn(column, changes, env);
    if (kept !== undefined) moved.push(kept);
  }
  for (const change of changes) {
    if (change.kind === 'add-column') {
      if (change.isIfNotExists && hasName(moved, change.column.name)) continue;
      place(moved, describe(change.column, undefined, env), change.position);
    } else if (change.kind === 'change-column' && change.position !== undefined) {
      if (change.isIfExists && findColumn(before.columns, change.from) === undefined) continue;
      place(moved, describe(change.column, change.from, env), change.position);
    }
  }
  return moved;
}

/** Every change names a column that is there: otherwise what is known is not what the server had. */
function checkTargets(before: TableDefinition, changes: readonly AlterChange[]): void {
  for (const change of changes) {
    if (!isColumnChange(change) || change.isIfExists) continue;
    if (findColumn(before.columns, sourceOf(change)) === undefined) {
      throw new NotApplicable(`no column ${sourceOf(change)}`);
    }
  }
}

/** The old column where it stands; undefined: gone, or placed anew later. */
function keepColumn(
  column: ColumnDefinition,
  changes: readonly AlterChange[],
  env: ReturnType<typeof columnEnvironment>,
): MovedColumn | undefined {
  let kept: MovedColumn = { column, from: column.name };
  for (const change of changes) {
    if (change.kind === 'set-visibility' && isSameName(change.column, column.name)) {
      kept = { ...kept, column: { ...kept.column, isInvisible: change.isInvisible } };
    }
    if (!isColumnChange(change) || !isSameName(sourceOf(change), column.name)) continue;
    if (change.kind === 'drop-column') return undefined;
    if (change.kind === 'rename-column') {
      kept = { ...kept, column: { ...kept.column, name: change.to } };
    } else {
      if (change.position !== undefined) return undefined;
      kept = describe(change.column, column.name, env);
    }
  }
  return kept;
}

function describe(
  spec: ColumnSpec,
  from: string | undefined,
  env: ReturnType<typeof columnEnvironment>,
): MovedColumn {
  return { column: describeColumn(spec, env), from };
}

const hasName = (moved: readonly MovedColumn[], name: string): boolean =>
  moved.some((entry) => isSameName(entry.column.name, name));

function place(moved: MovedColumn[], entry: MovedColumn, position: ColumnPosition): void {
  if (hasName(moved, entry.column.name)) {
    throw new NotApplicable(`column ${entry.column.name} exists`);
  }
  if (position.kind === 'last') moved.push(entry);
  else if (position.kind === 'first') moved.unshift(entry);
  else {
    const at = moved.findIndex((other) => isSameName(other.column.name, position.column));
    if (at < 0) throw new NotApplicable(`no column ${position.column}`);
    moved.splice(at + 1, 0, entry);
  }
}

/** CONVERT TO CHARACTER SET: every text column, and TEXT grows so that as many characters fit. */
function convertColumns(
  columns: readonly ColumnDefinition[],
  changes: readonly AlterChange[],
  collation: string | undefined,
): ColumnDefinition[] {
  const isConverted = changes.some((change) => change.kind === 'convert');
  if (!isConverted || collation === undefined) return [...columns];
  return columns.map((column) => convertColumn(column, collation));
}

function convertColumn(column: ColumnDefinition, collation: string): ColumnDefinition {
  const facts = readColumnType(column.columnType);
  if (column.collation === undefined || facts === undefined || !isTextType(facts.type)) {
    return column;
  }
  if (collation === 'binary') return toBinary(column, facts.type);
  return { ...column, columnType: widen(column, collation), collation };
}

function toBinary(column: ColumnDefinition, type: string): ColumnDefinition {
  const columnType = column.columnType.replace(type, binaryBase(type));
  return { ...column, columnType, collation: undefined };
}

const TEXT_BYTES: Readonly<Record<string, number>> = {
  tinytext: 255,
  text: 65_535,
  mediumtext: 16_777_215,
};

function widen(column: ColumnDefinition, collation: string): string {
  const [word = ''] = /^[a-z]+/.exec(column.columnType) ?? [];
  const byteLength = TEXT_BYTES[word];
  if (byteLength === undefined || column.collation === undefined) return column.columnType;
  const before = maxBytesPerCharacter(charsetOfCollation(column.collation));
  const after = maxBytesPerCharacter(charsetOfCollation(collation));
  const needed = Math.floor(byteLength / before) * after;
  return needed <= byteLength
    ? column.columnType
    : column.columnType.replace(word, sizedType('text', needed));
}

function alteredVersioning(
  before: TableDefinition,
  changes: readonly AlterChange[],
): TableDefinition['versioning'] {
  if (changes.some((change) => change.kind === 'drop-versioning')) return undefined;
  if (!changes.some((change) => change.kind === 'add-versioning')) return before.versioning;
  return rowEndOf(changes) === undefined ? 'implicit' : 'explicit';
}

function rowEndOf(changes: readonly AlterChange[]): string | undefined {
  for (const change of changes) {
    if (change.kind === 'add-column' && change.column.rowTime === 'end') return change.column.name;
  }
  return undefined;
}

interface KeyMove {
  readonly moved: readonly MovedColumn[];
  readonly changes: readonly AlterChange[];
  readonly columns: readonly ColumnDefinition[];
  readonly periods: readonly PeriodSpec[];
  readonly rowEnd: string | undefined;
  readonly engine: string;
  readonly env: AlterEnvironment;
}

function alterKeys(before: TableDefinition, move: KeyMove): KeyDefinition[] {
  const { changes, columns, periods, rowEnd, engine, env } = move;
  const keyEnv: KeyEnvironment = { ...env, engine, columns, periods, rowEnd };
  let keys: KeyDefinition[] = [];
  for (const key of before.keys) {
    const kept = keepKey(key, before, move, keyEnv);
    if (kept !== undefined) keys.push(kept);
  }
  for (const change of changes) {
    if (change.kind === 'add-key') keys = addKey(keys, change.key, keyEnv);
    else if (change.kind === 'add-column') {
      const isNew = findColumn(before.columns, change.column.name) === undefined;
      if (change.isIfNotExists && !isNew) continue;
      for (const key of change.column.keys) keys = addKey(keys, key, keyEnv);
    } else if (change.kind === 'change-column') {
      for (const key of change.column.keys) keys = addKey(keys, key, keyEnv);
    }
  }
  return keys;
}

function keepKey(
  key: KeyDefinition,
  before: TableDefinition,
  move: KeyMove,
  env: KeyEnvironment,
): KeyDefinition | undefined {
  let { name } = key;
  for (const change of move.changes) {
    const isDrop = change.kind === 'drop-key' || change.kind === 'drop-constraint';
    if (isDrop && isSameName(change.name, key.name)) return undefined;
    if (change.kind === 'rename-key' && isSameName(change.from, key.name)) name = change.to;
  }
  if (!key.isUnique) return { ...key, name };
  const parts = key.parts.flatMap((part) => moveParts(part, move.moved));
  if (parts.length === 0) return undefined;
  const wasLong = isLong(key.parts, false, { ...env, columns: before.columns });
  const isHash = key.isLongUnique && !wasLong;
  const isLongUnique = key.name !== PRIMARY && isLong(parts, isHash, env);
  return { ...key, name, parts, isLongUnique };
}

/** A key's part follows its column; without it, it is gone. */
function moveParts(part: KeyPart, moved: readonly MovedColumn[]): KeyPart[] {
  const { column } = part;
  if (column === undefined) return [part];
  const entry = moved.find((other) => other.from !== undefined && isSameName(other.from, column));
  return entry === undefined ? [] : [{ ...part, column: entry.column.name }];
}
