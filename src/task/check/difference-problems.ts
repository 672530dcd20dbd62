import type { TargetConfig } from '../../config/schema.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import type { CheckFinding, Problem } from './finding.ts';
import type { SourceView } from './source-view.ts';
import type { TargetView } from './target-view.ts';

export interface EndProblem extends Problem {
  readonly end: CheckFinding['end'];
}

const MAX_SKEW_MS = 60_000;

/** What is right on each end but not together. */
export function findDifferences(
  source: SourceView,
  target: TargetView,
  { ddl }: Pick<TargetConfig, 'ddl'>,
): readonly EndProblem[] {
  return [
    ...packets(source, target),
    ...names(source, target),
    ...clocks(source, target),
    ...(ddl === 'apply' ? definitions(source, target) : []),
  ];
}

function packets(source: SourceView, target: TargetView): readonly EndProblem[] {
  const wanted = source.info.maxAllowedPacket;
  const given = target.info.maxAllowedPacket;
  if (given >= wanted) return [];
  const finding = `max_allowed_packet is ${given}, less than the source's ${wanted}: its largest rows do not fit`;
  const fixSql = `SET GLOBAL max_allowed_packet = ${wanted};`;
  return [{ severity: 'warning', end: 'target', code: 'PACKET_SMALLER', finding, fixSql }];
}

function names(source: SourceView, target: TargetView): readonly EndProblem[] {
  const from = source.info.lowerCaseTableNames;
  const to = target.info.lowerCaseTableNames;
  if ((from === 0) === (to === 0)) return [];
  const colliding = to === 0 ? undefined : firstCollision(source.schema.tables);
  const finding =
    colliding === undefined
      ? `lower_case_table_names is ${to}, on the source ${from}: names that differ in case only are ${to === 0 ? 'two' : 'one'} on the target`
      : `lower_case_table_names is ${to}: ${colliding} would be one table on the target`;
  const severity = colliding === undefined ? 'warning' : 'error';
  return [{ severity, end: 'target', code: 'TABLE_NAMES_FOLDED', finding }];
}

function firstCollision(tables: readonly TableDefinition[]): string | undefined {
  const seen = new Map<string, string>();
  for (const { database, name } of tables) {
    const full = `${database}.${name}`;
    const other = seen.get(full.toLowerCase());
    if (other !== undefined) return `${other} and ${full}`;
    seen.set(full.toLowerCase(), full);
  }
  return undefined;
}

function clocks(source: SourceView, target: TargetView): readonly EndProblem[] {
  const problems: EndProblem[] = [];
  const check = (end: EndProblem['end'], aheadMs: number, of: string): void => {
    if (Math.abs(aheadMs) <= MAX_SKEW_MS) return;
    const way = aheadMs > 0 ? 'ahead of' : 'behind';
    const finding = `its clock is ${Math.round(Math.abs(aheadMs) / 1000)} s ${way} ${of}: lag and start by time are wrong by that`;
    problems.push({ severity: 'warning', end, code: 'CLOCK_SKEW', finding });
  };
  check('source', source.clockOffsetMs, "this machine's");
  check('target', target.clockOffsetMs - source.clockOffsetMs, "the source's");
  return problems;
}

/** What a DDL of the source may name and the target does not have. */
function definitions(source: SourceView, target: TargetView): readonly EndProblem[] {
  const problems: EndProblem[] = [];
  const { tables } = source.schema;
  for (const [collation, table] of firstUses(tables, collationsOf)) {
    if (target.collations.has(collation)) continue;
    const finding = `the target does not know the collation ${collation} (${table}): a DDL that names it stops the task`;
    problems.push({ severity: 'warning', end: 'target', code: 'COLLATION_UNKNOWN', finding });
  }
  for (const [engine, table] of firstUses(tables, ({ engine: name }) => [name])) {
    if (engine === '' || target.engines.has(engine)) continue;
    const finding = `the target does not have the engine ${engine} (${table}): a DDL that names it stops the task`;
    problems.push({ severity: 'warning', end: 'target', code: 'ENGINE_UNKNOWN', finding });
  }
  if (!source.isInnodbStrict && target.isInnodbStrict) {
    problems.push({
      severity: 'warning',
      end: 'target',
      code: 'INNODB_STRICTER',
      finding:
        'innodb_strict_mode is ON, on the source OFF: table options that passed there may be refused',
      fixSql: 'SET GLOBAL innodb_strict_mode = OFF;',
    });
  }
  return problems;
}

function collationsOf({ collation, columns }: TableDefinition): readonly string[] {
  return [collation, ...columns.map((column) => column.collation)].filter(
    (name) => name !== undefined,
  );
}

/** Each value with the first table that has it. */
function firstUses(
  tables: readonly TableDefinition[],
  valuesOf: (table: TableDefinition) => readonly string[],
): ReadonlyMap<string, string> {
  const uses = new Map<string, string>();
  for (const table of tables) {
    for (const value of valuesOf(table)) {
      if (!uses.has(value)) uses.set(value, `${table.database}.${table.name}`);
    }
  }
  return uses;
}
