import { TailraceError } from '../../core/errors.ts';
import type { TableRoute } from '../../core/route.ts';
import { formatTableName, type Table, type TableName } from '../../core/table.ts';
import { bindTable } from './bind-table.ts';
import { TargetCatalog, type CatalogConnection } from './catalog.ts';
import { findKeyProblems } from './key-problems.ts';
import { findMisfit } from './images/find-misfit.ts';
import { quoteName } from '../../server/sql-text.ts';
import type { TargetProblem } from './target-problems.ts';
import type { TargetTable } from './target-table.ts';

/** A source table and where its rows go. */
export interface RoutedTable {
  readonly table: Table;
  readonly route: TableRoute;
}

export interface TableNeeds {
  readonly allowNontransactional: boolean;
  /** False: its CREATE TABLE may still come from the source. */
  readonly mustExist: boolean;
  /** Rows are to go as the images that the source logged. */
  readonly wantsImages: boolean;
}

/** How the tables of a task fit the target, by what the sink itself does when their first row comes. */
export async function findTableProblems(
  connection: CatalogConnection,
  tables: readonly RoutedTable[],
  needs: TableNeeds,
): Promise<readonly TargetProblem[]> {
  const catalog = new TargetCatalog(() => connection);
  await catalog.load(tables.map(({ route }) => route.target));
  const misfits: string[] = [];
  const problems = tables.flatMap((routed) => {
    const target = catalog.get(routed.route.target);
    return target === undefined
      ? [missingTable(routed, needs)]
      : tableProblems(routed, target, { needs, misfits });
  });
  const pairs = tables.flatMap(({ table, route }) => {
    const target = catalog.get(route.target);
    return target === undefined ? [] : [{ table, route, target }];
  });
  const clashes = await findKeyProblems(connection, pairs);
  const notes = misfits.length === 0 ? [] : [misfitNote(misfits)];
  return [...problems, ...clashes, ...notes];
}

const SHOWN_MISFITS = 5;

function misfitNote(misfits: readonly string[]): TargetProblem {
  const shown = misfits.slice(0, SHOWN_MISFITS).join('; ');
  const more = misfits.length > SHOWN_MISFITS ? `; and ${misfits.length - SHOWN_MISFITS} more` : '';
  return {
    severity: 'note',
    code: 'ROWS_AS_SQL',
    finding: `rows of these tables are written as SQL, because both ends define them differently: ${shown}${more}`,
  };
}

function missingTable({ route }: RoutedTable, needs: TableNeeds): TargetProblem {
  const name = formatTableName(route.target);
  return needs.mustExist
    ? {
        severity: 'error',
        code: 'TARGET_TABLE_MISSING',
        finding: `the target has no table ${name}: copy it there, or exclude it`,
      }
    : {
        severity: 'warning',
        code: 'TARGET_TABLE_MISSING',
        finding: `the target has no table ${name}: its CREATE TABLE has to come behind the position where the task begins`,
      };
}

function tableProblems(
  { table, route }: RoutedTable,
  target: TargetTable,
  { needs, misfits }: { readonly needs: TableNeeds; readonly misfits: string[] },
): readonly TargetProblem[] {
  const problems: TargetProblem[] = target.triggers.map((trigger) =>
    triggerProblem(route.target, trigger),
  );
  if (!target.isTransactional && !needs.allowNontransactional) problems.push(engineProblem(target));
  try {
    const fitting = { ...target, triggers: [] };
    const binding = bindTable(table, route, fitting, { allowNontransactional: true });
    const misfit = needs.wantsImages ? findMisfit(binding) : undefined;
    if (misfit !== undefined) misfits.push(`${formatTableName(target.name)} (${misfit})`);
    if (binding.inOrderReason !== undefined) {
      problems.push(slowProblem(target, binding.inOrderReason));
    }
  } catch (thrown) {
    if (!(thrown instanceof TailraceError)) throw thrown;
    const finding = `${thrown.message}. ${thrown.next}`;
    problems.push({ severity: 'error', code: thrown.code, finding });
  }
  return problems;
}

function triggerProblem(name: TableName, trigger: string): TargetProblem {
  return {
    severity: 'error',
    code: 'TARGET_TRIGGER',
    finding: `the target's table ${formatTableName(name)} has a trigger ${trigger}, whose effects come from the source already`,
    fixSql: `DROP TRIGGER ${quoteName(name.database)}.${quoteName(trigger)};`,
  };
}

function engineProblem({ name, engine }: TargetTable): TargetProblem {
  return {
    severity: 'error',
    code: 'TARGET_NOT_TRANSACTIONAL',
    finding: `the target's table ${formatTableName(name)} has engine ${engine}: what it was given stays after a rollback`,
    fixSql: `ALTER TABLE ${quoteName(name.database)}.${quoteName(name.table)} ENGINE = InnoDB;`,
  };
}

function slowProblem({ name }: TargetTable, reason: string): TargetProblem {
  return {
    severity: 'warning',
    code: 'TABLE_WITHOUT_KEY',
    finding: `rows of ${formatTableName(name)} are written one after the other, which is slower: ${reason}`,
  };
}
