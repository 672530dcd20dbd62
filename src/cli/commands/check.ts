import { checkTasks, type CheckFinding } from '../../task/check.ts';
import { EXIT_FOUND, EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addTaskOptions, type TaskOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';

interface CheckOptions extends TaskOptions {
  readonly json?: boolean;
  readonly fixSql?: boolean;
}

export const addCheckCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('check')
    .description('looks at all ends before they are used: versions, privileges, settings')
    .option('--fix-sql', 'print only the statements that mend what was found')
    .option('--json', 'print JSON');
  addTaskOptions(command).action(async (options: CheckOptions) => {
    const findings = await checkTasks({ ...options, signal: io.signal });
    report(findings, options, io);
    finish(findings.some(({ severity }) => severity === 'error') ? EXIT_FOUND : EXIT_OK);
  });
};

function report(findings: readonly CheckFinding[], options: CheckOptions, io: CliIo): void {
  if (options.fixSql === true) printFixes(findings, io);
  else if (options.json === true) printJson(io, findings);
  else print(io, `${findings.map(formatFinding).join('')}${summarize(findings)}\n`);
}

/** By end, because each belongs to another server; the comments make the whole a script. */
function printFixes(findings: readonly CheckFinding[], io: CliIo): void {
  let heading = '';
  for (const { task, end, fixSql } of findings) {
    if (fixSql === undefined) continue;
    const next = `-- ${end} of task ${task}\n`;
    if (next !== heading) print(io, next);
    heading = next;
    print(io, `${fixSql}\n`);
  }
}

function formatFinding({ severity, task, end, code, finding, fixSql }: CheckFinding): string {
  const head = `${severity.padEnd(7)}  ${task} ${end}  ${code}\n           ${finding}\n`;
  return fixSql === undefined ? head : `${head}           mend: ${fixSql}\n`;
}

function summarize(findings: readonly CheckFinding[]): string {
  const count = (severity: CheckFinding['severity'], name: string): string[] => {
    const { length } = findings.filter((finding) => finding.severity === severity);
    return length === 0 ? [] : [`${length} ${name}${length === 1 ? '' : 's'}`];
  };
  const counts = [...count('error', 'error'), ...count('warning', 'warning')];
  if (counts.length === 0) return 'All ends are ready.';
  const isReady = !findings.some(({ severity }) => severity === 'error');
  return `${counts.join(', ')}${isReady ? ': all ends are ready.' : '.'}`;
}
