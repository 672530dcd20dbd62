import { checkTasks, type CheckFinding } from '../../task/check.ts';
import { EXIT_FOUND, EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addTaskOptions, type TaskOptions } from '../options.ts';
import { formatTable } from '../print-table.ts';
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
    finish(findings.some((finding) => finding.severity === 'error') ? EXIT_FOUND : EXIT_OK);
  });
};

function report(findings: readonly CheckFinding[], options: CheckOptions, io: CliIo): void {
  if (options.fixSql === true) {
    for (const { fixSql } of findings) if (fixSql !== undefined) print(io, `${fixSql};\n`);
  } else if (options.json === true) printJson(io, findings);
  else if (findings.length === 0) print(io, 'Nothing found: all ends are ready.\n');
  else {
    const rows = findings.map((finding) => [
      finding.severity,
      finding.task,
      finding.end,
      finding.code,
      finding.finding,
    ]);
    print(io, formatTable(['SEVERITY', 'TASK', 'END', 'CODE', 'FINDING'], rows));
    const fixes = findings.flatMap(({ fixSql }) => (fixSql === undefined ? [] : [`  ${fixSql};`]));
    if (fixes.length > 0) print(io, `\nThese statements mend it:\n${fixes.join('\n')}\n`);
  }
}
