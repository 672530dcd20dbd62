import { findUnusedSettings } from '../unused-settings.ts';
import type { TaskConfig } from '../../config/schema.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import type { Problem } from './finding.ts';

/** What the configuration itself says, without looking at any server. */
export function findConfigProblems(task: TaskConfig): readonly Problem[] {
  return [...plainPasswords(task), ...unusedSettings(task), ...weakenedGuarantees(task)];
}

function plainPasswords(task: TaskConfig): readonly Problem[] {
  const places = [
    ['task.source.password', task.source?.password],
    ['task.source.ssh.password', task.source?.ssh?.password],
    ['task.target.password', task.target?.password],
    ['task.target.ssh.password', task.target?.ssh?.password],
  ] as const;
  return places.flatMap(([path, secret]): Problem[] => {
    if (secret?.origin !== 'plain' || secret.reveal() === '') return [];
    const finding = `${path} stands in the file: use { env = "NAME" } or { file = "PATH" }`;
    return [{ severity: 'warning', code: 'PASSWORD_IN_FILE', finding }];
  });
}

function unusedSettings(task: TaskConfig): readonly Problem[] {
  return findUnusedSettings(task).map((finding) => ({
    severity: 'warning',
    code: 'SETTING_UNUSED',
    finding,
  }));
}

/** The exceptions from "exactly once, as of one commit", those that were chosen and the one that always is. */
function weakenedGuarantees({ target }: TaskConfig): readonly Problem[] {
  if (target === undefined) return [];
  const problems: Problem[] = [];
  const add = (severity: Problem['severity'], finding: string): void => {
    problems.push({ severity, code: 'GUARANTEE', finding });
  };
  if (target.onConflict === 'overwrite') {
    add('warning', 'on_conflict = "overwrite": where the target differs the source wins unseen');
  }
  if (target.onConflict === 'skip') {
    add('warning', 'on_conflict = "skip": rows that meet a conflict are left out (dead letters)');
  }
  if (target.allowNontransactional) {
    const finding = 'non-transactional tables may get a transaction in part, or twice';
    add('warning', `allow_nontransactional = true: ${finding}`);
  }
  if (target.ddl === 'apply') {
    add('note', 'a DDL and its checkpoint are two steps: between them the target is one DDL ahead');
  }
  return problems;
}

/** Patterns, rules and columns of the file that fit nothing on the source: mistyped, most likely. */
export function findIdleRules(
  task: TaskConfig,
  tables: readonly TableDefinition[],
): readonly Problem[] {
  const names = tables.map(({ database, name }) => ({ database, table: name }));
  const problems: Problem[] = [];
  const add = (code: string, finding: string): void => {
    problems.push({ severity: 'warning', code, finding });
  };
  for (const pattern of task.filter.include ?? []) {
    if (names.some((name) => pattern.matches(name))) continue;
    add(
      'PATTERN_IDLE',
      `include "${pattern.text}" fits no table that the account sees on the source`,
    );
  }
  for (const { match, dropColumns, renameColumns } of task.tables) {
    const ruled = tables.filter((table) => match.matches({ ...table, table: table.name }));
    if (ruled.length === 0) {
      add('PATTERN_IDLE', `[[task.table]] "${match.text}" fits no replicated table`);
      continue;
    }
    const columns = new Set(
      ruled.flatMap((table) => table.columns.map(({ name }) => name.toLowerCase())),
    );
    const idle = [...dropColumns, ...Object.keys(renameColumns)].filter(
      (column) => !columns.has(column.toLowerCase()),
    );
    for (const column of idle) {
      add(
        'COLUMN_IDLE',
        `[[task.table]] "${match.text}" names a column ${column} that is not there`,
      );
    }
  }
  return problems;
}
