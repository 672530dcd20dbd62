import { TailraceError } from '../core/errors.ts';
import type { ChangeKind, RoutedColumn, Router, TableRoute } from '../core/route.ts';
import { formatTableName, type Table, type TableName } from '../core/table.ts';
import { countStars, fillTemplate, type TablePattern } from '../core/table-pattern.ts';

export interface RouterFilter {
  /** undefined: everything but system schemas. */
  readonly include?: readonly TablePattern[] | undefined;
  readonly exclude: readonly TablePattern[];
}

export interface TableRule {
  readonly match: TablePattern;
  readonly to?: string | undefined;
  readonly dropColumns: readonly string[];
  readonly renameColumns: Readonly<Record<string, string>>;
  readonly skip?: readonly ChangeKind[];
  readonly merge?: boolean;
}

const SYSTEM_DATABASES = new Set(['mysql', 'sys', 'information_schema', 'performance_schema']);
/** Of the tables that tailrace makes, in whatever database: a prefix that is its own. */
const STATE_TABLE_PREFIX = 'tailrace_';

/** The router of a task: `[task.filter]`, `[[task.table]]`, and tailrace's own tables left out. */
export function createRouter(
  filter: RouterFilter,
  rules: readonly TableRule[],
  stateDatabase: string,
): Router {
  return new RuleRouter(filter, rules.map(prepareRule), stateDatabase);
}

interface PreparedRule {
  readonly match: TablePattern;
  readonly to: string | undefined;
  /** By lower case, as servers compare column names. */
  readonly dropped: ReadonlySet<string>;
  readonly renamed: ReadonlyMap<string, string>;
  readonly skipped: ReadonlySet<ChangeKind>;
  readonly isMerging: boolean;
}

function prepareRule(rule: TableRule): PreparedRule {
  const renames = Object.entries(rule.renameColumns);
  return {
    match: rule.match,
    to: rule.to,
    dropped: new Set(rule.dropColumns.map((column) => column.toLowerCase())),
    renamed: new Map(renames.map(([from, to]) => [from.toLowerCase(), to])),
    skipped: new Set(rule.skip),
    // What a glob matched and the new name does not tell: several tables may become one.
    isMerging:
      rule.merge === true ||
      (rule.to !== undefined && countStars(rule.to) < rule.match.captureCount),
  };
}

/**
 * Where a table goes depends on its name alone (and on its columns for `route`), never on what was seen
 * before, so that a restart routes alike. What is remembered is only which tables share a target: two
 * may, when rules say so for both (shards that are merged); never by one being there by its own name.
 */
class RuleRouter implements Router {
  readonly #filter: RouterFilter;
  readonly #rules: readonly PreparedRule[];
  readonly #stateDatabase: string;
  readonly #routes = new WeakMap<Table, TableRoute>();
  readonly #sourceOf = new Map<string, { readonly name: TableName; readonly isByRule: boolean }>();

  constructor(filter: RouterFilter, rules: readonly PreparedRule[], stateDatabase: string) {
    this.#filter = filter;
    this.#rules = rules;
    this.#stateDatabase = stateDatabase.toLowerCase();
  }

  isIncluded(name: TableName): boolean {
    if (this.#isOwn(name.database) || name.table.toLowerCase().startsWith(STATE_TABLE_PREFIX)) {
      return false;
    }
    const { include, exclude } = this.#filter;
    if (exclude.some((pattern) => pattern.matches(name))) return false;
    if (isSystem(name.database)) return this.#named(name.database).some((p) => p.matches(name));
    return include === undefined || include.some((pattern) => pattern.matches(name));
  }

  isDatabaseIncluded(database: string): boolean {
    if (this.#isOwn(database)) return false;
    const { include, exclude } = this.#filter;
    if (exclude.some((pattern) => pattern.coversDatabase(database))) return false;
    if (isSystem(database)) return this.#named(database).length > 0;
    return include === undefined || include.some((pattern) => pattern.mayMatchDatabase(database));
  }

  targetName(name: TableName): TableName {
    const rule = this.#ruleOf(name);
    if (rule?.to === undefined) return name;
    const target = fillTemplate(rule.to, rule.match.capture(name) ?? []);
    const isSame = target.database === name.database && target.table === name.table;
    return isSame ? name : target;
  }

  targetDatabase(database: string): string | undefined {
    const targets = this.#targetDatabases(database);
    const [only] = targets;
    return targets.size === 1 ? only : undefined;
  }

  keepsDatabase(database: string): boolean {
    return this.#targetDatabases(database).has(database);
  }

  /** Where its tables may go; undefined in it: that depends on the table. */
  #targetDatabases(database: string): ReadonlySet<string | undefined> {
    const targets = new Set<string | undefined>();
    let isCovered = false;
    for (const rule of this.#rules) {
      if (!rule.match.mayMatchDatabase(database)) continue;
      targets.add(targetDatabaseOf(rule, database));
      isCovered = rule.match.coversDatabase(database);
      if (isCovered) break;
    }
    if (!isCovered) targets.add(database);
    return targets;
  }

  targetColumn(name: TableName, column: string): string | undefined {
    return mapColumn(this.#ruleOf(name), column);
  }

  isMerged(name: TableName): boolean {
    return this.#ruleOf(name)?.isMerging === true;
  }

  isSkipped(name: TableName, kind: ChangeKind): boolean {
    return this.#ruleOf(name)?.skipped.has(kind) === true;
  }

  isRenamed(name: TableName): boolean {
    const rule = this.#ruleOf(name);
    if (rule === undefined) return false;
    return this.targetName(name) !== name || rule.dropped.size > 0 || rule.renamed.size > 0;
  }

  route(table: Table): TableRoute {
    let route = this.#routes.get(table);
    if (route === undefined) {
      route = this.#makeRoute(table);
      this.#routes.set(table, route);
    }
    return route;
  }

  #makeRoute(table: Table): TableRoute {
    const name: TableName = { database: table.database, table: table.name };
    const rule = this.#ruleOf(name);
    const target = this.targetName(name);
    this.#assertTargetIsFree(name, target, rule?.to !== undefined);
    assertKeysStay(table, rule);
    const columns: RoutedColumn[] = [];
    let isIdentity = target === name;
    for (const [index, column] of table.columns.entries()) {
      if (column.isHidden) continue;
      const mapped = mapColumn(rule, column.name);
      if (mapped !== column.name) isIdentity = false;
      if (mapped !== undefined) columns.push({ index, name: mapped });
    }
    assertNamesDiffer(table, columns);
    return { target, columns, isIdentity };
  }

  #assertTargetIsFree(name: TableName, target: TableName, isByRule: boolean): void {
    const key = formatTableName(target);
    const other = this.#sourceOf.get(key);
    if (other === undefined) {
      this.#sourceOf.set(key, { name, isByRule });
      return;
    }
    const isSameSource = formatTableName(other.name) === formatTableName(name);
    if (isSameSource || (isByRule && other.isByRule)) return;
    throw invalid(
      `${formatTableName(other.name)} and ${formatTableName(name)} both go to ${key}, one of them by its own name`,
      name,
      'Exclude one of them, or give both a [[task.table]] with to (which merges them).',
    );
  }

  #ruleOf(name: TableName): PreparedRule | undefined {
    return this.#rules.find((rule) => rule.match.matches(name));
  }

  #isOwn(database: string): boolean {
    return database.toLowerCase() === this.#stateDatabase;
  }

  /** A system schema is included only by a pattern that names it: `*.*` does not mean it. */
  #named(database: string): readonly TablePattern[] {
    const prefix = `${database}.`;
    return (this.#filter.include ?? []).filter((pattern) => pattern.text.startsWith(prefix));
  }
}

function isSystem(database: string): boolean {
  return SYSTEM_DATABASES.has(database.toLowerCase());
}

function mapColumn(rule: PreparedRule | undefined, column: string): string | undefined {
  if (rule === undefined) return column;
  const folded = column.toLowerCase();
  return rule.dropped.has(folded) ? undefined : (rule.renamed.get(folded) ?? column);
}

/** Where a rule sends a database; undefined: that depends on the table. */
function targetDatabaseOf(rule: PreparedRule, database: string): string | undefined {
  if (rule.to === undefined) return database;
  const template = rule.to.slice(0, rule.to.indexOf('.'));
  const stars = countStars(template);
  if (stars === 0) return template;
  const captures = rule.match.captureDatabase(database);
  if (captures === undefined || captures.length < stars) return undefined;
  return fillTemplate(`${template}.`, captures).database;
}

function assertKeysStay(table: Table, rule: PreparedRule | undefined): void {
  if (rule === undefined || rule.dropped.size === 0) return;
  const keys =
    table.primaryKey.length > 0
      ? [table.primaryKey]
      : table.uniqueKeys.filter((key) => key.isRowIdentity).map((key) => key.columns);
  const keyColumns = keys.flat().map((index) => table.columns[index]?.name ?? '');
  const dropped = keyColumns.find((column) => rule.dropped.has(column.toLowerCase()));
  if (dropped === undefined) return;
  const name = { database: table.database, table: table.name };
  throw invalid(
    `drop_columns of the rule "${rule.match.text}" names ${dropped}, which is in the key of ${formatTableName(name)}`,
    name,
    'Take the column out of drop_columns: without its key a row cannot be found again.',
  );
}

function assertNamesDiffer(table: Table, columns: readonly RoutedColumn[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    const folded = name.toLowerCase();
    if (seen.has(folded)) {
      const place = { database: table.database, table: table.name };
      const message = `two columns of ${formatTableName(place)} would be called ${name}`;
      throw invalid(message, place, 'Change rename_columns of its [[task.table]].');
    }
    seen.add(folded);
  }
}

function invalid(message: string, table: TableName, next: string): TailraceError {
  return new TailraceError('CONFIG_INVALID', message, {
    place: { table: formatTableName(table) },
    next,
  });
}
