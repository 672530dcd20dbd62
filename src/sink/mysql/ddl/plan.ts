import type { DdlEffect, SchemaChange } from '../../../core/change.ts';
import type { Router } from '../../../core/route.ts';
import { formatTableName, type TableName } from '../../../core/table.ts';
import { unrewritable } from './refusals.ts';
import { databaseAtTarget, rewriteNames } from './rewrite.ts';
import { quoteTable } from './table-sql.ts';
import { findWords, scanStatement } from './scan.ts';

/** A statement as it goes to the target. Serialised into the pending record. */
export interface DdlPlan {
  /** Without our comment. */
  readonly statement: string;
  /** What USE gets before it; '' for none. */
  readonly database: string;
  /** The effects on included objects, under the target's names, in the statement's order. */
  readonly effects: readonly DdlEffect[];
  /** Names are the source's own and the text is the source's: nothing was changed in it. */
  readonly isVerbatim: boolean;
}

/**
 * The statement for the target, names mapped and reduced to what the filter includes; undefined:
 * nothing of it is included. Throws TARGET_DDL_UNREWRITABLE where that can't be done for certain.
 */
export function planDdl(change: SchemaChange, router: Router): DdlPlan | undefined {
  const all = effectsOf(change);
  const included = all.filter((effect) => isIncluded(effect, router));
  if (included.length === 0 && (all.length > 0 || isTemporary(change))) return undefined;
  const effects = included.map((effect) => atTarget(effect, change, router));
  const database = targetDatabaseOf(change.database, router);
  if (included.length < all.length) {
    const statement = rebuildStatement(effects, hasIfExists(change));
    if (statement === undefined) {
      throw unrewritable(change, 'it is about included and excluded tables at once');
    }
    return { statement, database, effects, isVerbatim: false };
  }
  const statement = rewriteNames(change, router, database);
  if (statement === undefined) return undefined;
  return { statement, database, effects, isVerbatim: statement === change.statement };
}

/** Effects of a statement about sequences are like those of one about tables; nobody else needs them. */
function effectsOf(change: SchemaChange): readonly DdlEffect[] {
  if (change.subject !== 'sequence' || change.effects.length > 0) return change.effects;
  const [verb] = scanStatement(change.statement, change.context.sqlModeNames);
  const kind = SEQUENCE_KINDS.get(verb?.text.toUpperCase() ?? '');
  if (kind === undefined) return [];
  return change.references.flatMap(({ database, table }) =>
    table === undefined ? [] : [{ kind, table: { database: database ?? change.database, table } }],
  );
}

const SEQUENCE_KINDS: ReadonlyMap<string, 'create' | 'alter' | 'drop'> = new Map([
  ['CREATE', 'create'],
  ['ALTER', 'alter'],
  ['DROP', 'drop'],
]);

/** A table statement without an effect on any table that others see. */
function isTemporary({ subject, isFullyParsed }: SchemaChange): boolean {
  return isFullyParsed && (subject === 'table' || subject === 'index');
}

/**
 * DROP TABLE and RENAME TABLE made from their effects; undefined for every other statement. Used for
 * what is left of one: the included tables, or those that a crash left undone.
 */
export function rebuildStatement(
  effects: readonly DdlEffect[],
  ifExists: boolean,
): string | undefined {
  if (effects.length === 0) return undefined;
  const drops = effects.flatMap((effect) =>
    effect.kind === 'drop' ? [quoteTable(effect.table)] : [],
  );
  if (drops.length === effects.length) {
    return `DROP TABLE ${ifExists ? 'IF EXISTS ' : ''}${drops.join(', ')}`;
  }
  const renames = effects.flatMap((effect) =>
    effect.kind === 'rename' ? [`${quoteTable(effect.table)} TO ${quoteTable(effect.to)}`] : [],
  );
  return renames.length === effects.length ? `RENAME TABLE ${renames.join(', ')}` : undefined;
}

export function hasIfExists(change: SchemaChange): boolean {
  return (
    findWords(scanStatement(change.statement, change.context.sqlModeNames), 'IF', 'EXISTS') >= 0
  );
}

/** The default database's name at the target; its own where its tables go to several. */
function targetDatabaseOf(database: string, router: Router): string {
  return database === '' ? '' : (router.targetDatabase(database) ?? database);
}

function isIncluded(effect: DdlEffect, router: Router): boolean {
  switch (effect.kind) {
    case 'create-database':
    case 'alter-database':
    case 'drop-database':
      return router.isDatabaseIncluded(effect.database);
    case 'rename':
      // One that moves a table over the filter's border was refused by the source.
      return router.isIncluded(effect.table) && router.isIncluded(effect.to);
    case 'create':
    case 'alter':
    case 'drop':
    case 'truncate':
      return router.isIncluded(effect.table);
  }
}

function atTarget(effect: DdlEffect, change: SchemaChange, router: Router): DdlEffect {
  switch (effect.kind) {
    case 'create-database':
    case 'alter-database':
    case 'drop-database':
      return { kind: effect.kind, database: databaseAtTarget(effect.database, change, router) };
    case 'rename':
      return {
        kind: 'rename',
        table: router.targetName(effect.table),
        to: router.targetName(effect.to),
      };
    case 'create':
    case 'alter':
    case 'drop':
    case 'truncate':
      return { kind: effect.kind, table: router.targetName(effect.table) };
  }
}

/** Tables at the target that a plan makes, changes or takes away; each once. */
export function tablesOf(effects: readonly DdlEffect[]): readonly TableName[] {
  const names = new Map<string, TableName>();
  for (const effect of effects) {
    if (!('table' in effect)) continue;
    names.set(formatTableName(effect.table), effect.table);
    if (effect.kind === 'rename') names.set(formatTableName(effect.to), effect.to);
  }
  return [...names.values()];
}

export function databasesOf(effects: readonly DdlEffect[]): readonly string[] {
  return [...new Set(effects.flatMap((effect) => ('database' in effect ? [effect.database] : [])))];
}
