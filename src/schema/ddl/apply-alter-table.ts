import { charsetOfCollation, maxBytesPerCharacter, normalizeCharset } from '../collation-names.ts';
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
import { addKeys, fitPart, isLong, type KeyEnvironment } from './apply-keys.ts';
import { binaryBase, describeColumn, NotApplicable, resolveCollation } from './column-facts.ts';
import { sizedType } from './describe-type.ts';
import type {
  AlterChange,
  CharsetSpec,
  ColumnPosition,
  ColumnSpec,
  KeySpec,
  PeriodSpec,
} from './parsed-ddl.ts';

export interface AlterEnvironment extends DdlEnvironment {
  readonly databaseCollation: string | undefined;
}

/** A column on its way, with the name it had before. */
interface MovedColumn {
  readonly column: ColumnDefinition;
  readonly from: string | undefined;
  /** Its type was written in this statement. */
  readonly isDescribed: boolean;
}

/**
 * The definition after ALTER TABLE, in the server's own order (tried on all of them): first the old
 * columns, each dropped, changed, renamed or kept where it is; then, in the order of the statement,
 * new columns are put in and those with FIRST or AFTER are moved, AFTER meaning new names; then
 * CONVERT TO; then the keys, old ones first.
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
  const converted = convertColumns(moved, convertedCollation(changes, env), env);
  const columns = withPeriods(converted, periods);
  const rowEnd = versioning === 'explicit' ? rowEndOf(changes) : undefined;
  const keys = alterKeys(before, { moved, changes, columns, periods, rowEnd, engine, env });
  return {
    ...before,
    collation: isIdleConvert(before, { converted, changes, env }) ? before.collation : collation,
    engine,
    versioning,
    keys,
    columns: withPrimaryKey(columns, keys),
  };
}

/** MySQL 5.6 does nothing at all, not even to the table's default, when no column is converted. */
function isIdleConvert(
  before: TableDefinition,
  { converted, changes, env }: Pick<KeyMove, 'changes' | 'env'> & ConvertedColumns,
): boolean {
  if (env.flavor !== 'mysql' || env.versionNumber >= 50_700) return false;
  const isAlone = changes.every((change) => change.kind === 'convert');
  return (
    isAlone &&
    converted.every((column, index) => {
      const old = before.columns[index];
      return column.columnType === old?.columnType && column.collation === old.collation;
    })
  );
}

interface ConvertedColumns {
  readonly converted: readonly ColumnDefinition[];
}

/**
 * The table's default after the statement. MySQL takes the last that was said; MariaDB takes an option
 * before CONVERT TO, wherever it stands.
 */
function alteredCollation(
  before: TableDefinition,
  changes: readonly AlterChange[],
  env: AlterEnvironment,
): string | undefined {
  const options = changes.filter((change) => change.kind === 'set-charset');
  const said = changes.filter(
    (change) => change.kind === 'set-charset' || change.kind === 'convert',
  );
  let { collation } = before;
  for (const change of env.flavor === 'mariadb' && options.length > 0 ? options : said) {
    const next = resolveCollation(change.charset, env.databaseCollation ?? collation, env);
    if (!keepsCollation(change.charset, { collation, said, env })) collation = next;
  }
  return collation;
}

/** Since MySQL 8 a character set alone leaves a COLLATE of the same statement in force. */
function keepsCollation(
  { charset, collation: own }: CharsetSpec,
  {
    collation,
    said,
    env,
  }: { collation: string | undefined; said: readonly CharsetChange[]; env: AlterEnvironment },
): boolean {
  const isNew = env.flavor === 'mysql' && env.versionNumber >= 80_000;
  if (!isNew || charset === undefined || own !== undefined || collation === undefined) return false;
  const isWritten = said.some((change) => change.charset.collation === collation);
  return isWritten && charsetOfCollation(collation) === normalizeCharset(charset);
}

type CharsetChange = Extract<AlterChange, { kind: 'set-charset' | 'convert' }>;

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
      movePlaced(moved, change.from, change.position);
    }
  }
  return moved;
}

/** Takes a column from where it is to where FIRST or AFTER says. */
function movePlaced(moved: MovedColumn[], from: string, position: ColumnPosition): void {
  const at = moved.findIndex((entry) => entry.from !== undefined && isSameName(entry.from, from));
  const [entry] = at < 0 ? [] : moved.splice(at, 1);
  if (entry !== undefined) place(moved, entry, position);
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

/** The old column where it stands; undefined: gone. */
function keepColumn(
  column: ColumnDefinition,
  changes: readonly AlterChange[],
  env: ReturnType<typeof columnEnvironment>,
): MovedColumn | undefined {
  let kept: MovedColumn = { column, from: column.name, isDescribed: false };
  for (const change of changes) {
    if (change.kind === 'set-visibility' && isSameName(change.column, column.name)) {
      kept = { ...kept, column: { ...kept.column, isInvisible: change.isInvisible } };
    }
    if (!isColumnChange(change) || !isSameName(sourceOf(change), column.name)) continue;
    if (change.kind === 'drop-column') return undefined;
    if (change.kind === 'rename-column') {
      kept = { ...kept, column: { ...kept.column, name: change.to } };
    } else kept = describe(change.column, column.name, env);
  }
  return kept;
}

function describe(
  spec: ColumnSpec,
  from: string | undefined,
  env: ReturnType<typeof columnEnvironment>,
): MovedColumn {
  return { column: describeColumn(spec, env), from, isDescribed: true };
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

/** CONVERT TO CHARACTER SET: every text column; an old TEXT grows so that as many characters fit. */
function convertColumns(
  moved: readonly MovedColumn[],
  collation: string | undefined,
  env: AlterEnvironment,
): ColumnDefinition[] {
  if (collation === undefined) return moved.map((entry) => entry.column);
  return moved.map((entry) => {
    if (manglesLabels(entry.column, collation, env)) {
      throw new NotApplicable('the labels are not what they were');
    }
    return convertColumn(entry, collation);
  });
}

/** The servers take the bytes of labels for text of the other set here: nobody can foresee what. */
function manglesLabels(
  { columnType, collation: before }: ColumnDefinition,
  after: string,
  { flavor }: AlterEnvironment,
): boolean {
  if (before === undefined || !/^(enum|set)\(/.test(columnType)) return false;
  const isWide = (collation: string): boolean => /^(ucs2|utf16|utf16le|utf32)_/.test(collation);
  if (flavor === 'mariadb') return isWide(before) && !isWide(after);
  return isWide(before) !== isWide(after);
}

function convertedCollation(
  changes: readonly AlterChange[],
  env: AlterEnvironment,
): string | undefined {
  const change = changes.findLast((other) => other.kind === 'convert');
  return change && resolveCollation(change.charset, env.databaseCollation, env);
}

function convertColumn({ column, isDescribed }: MovedColumn, collation: string): ColumnDefinition {
  const facts = readColumnType(column.columnType);
  if (column.collation === undefined || facts === undefined || !isTextType(facts.type)) {
    return column;
  }
  if (collation === 'binary') return toBinary(column, facts.type);
  const columnType = isDescribed ? column.columnType : widen(column, collation);
  return { ...column, columnType, collation };
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
  const kept = before.keys.flatMap((key) => keepKey(key, move, keyEnv) ?? []);
  return addKeys(kept, addedKeys(before, changes), keyEnv);
}

/** In the order in which they were written. */
function addedKeys(before: TableDefinition, changes: readonly AlterChange[]): KeySpec[] {
  return changes.flatMap((change) => {
    if (change.kind === 'add-key') return [change.key];
    if (change.kind === 'change-column') return change.column.keys;
    if (change.kind !== 'add-column') return [];
    const isNew = findColumn(before.columns, change.column.name) === undefined;
    return isNew || !change.isIfNotExists ? change.column.keys : [];
  });
}

function keepKey(
  key: KeyDefinition,
  move: KeyMove,
  env: KeyEnvironment,
): KeyDefinition | undefined {
  let { name } = key;
  for (const change of move.changes) {
    const isDrop = change.kind === 'drop-key' || change.kind === 'drop-constraint';
    if (isDrop && isSameName(change.name, key.name)) return undefined;
    if (change.kind === 'rename-key' && isSameName(change.from, key.name)) name = change.to;
  }
  const parts = key.parts.flatMap((part) => moveParts(part, move.moved));
  if (parts.length === 0) return undefined;
  // Every ALTER builds the keys anew, and a hash that was only asked for is not asked for again.
  const isLongUnique = key.isUnique && key.name !== PRIMARY && isLong(parts, false, env);
  return { ...key, name, parts, isLongUnique };
}

/** A key's part follows its column; without it, it is gone. */
function moveParts(part: KeyPart, moved: readonly MovedColumn[]): KeyPart[] {
  const { column } = part;
  if (column === undefined) return [part];
  const entry = moved.find((other) => other.from !== undefined && isSameName(other.from, column));
  return entry === undefined ? [] : [fitPart(part.prefixLength, entry.column)];
}
