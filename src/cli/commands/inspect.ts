import {
  countRemaining,
  MEND_PREAMBLE,
  runInspect,
  type InspectionProgress,
  type InspectionResult,
} from '../../task/inspect.ts';
import { formatInspection } from '../inspect-report.ts';
import { EXIT_FOUND, EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addRepeatable, addTaskOptions, type TaskOptions } from '../options.ts';
import { ProgressBar } from '../progress-bar.ts';
import type { AddCommand } from '../program.ts';

interface InspectCommandOptions extends TaskOptions {
  readonly repair?: boolean;
  readonly sql?: boolean;
  readonly table?: readonly string[];
  readonly where?: string;
  readonly sample?: string;
  readonly restart?: boolean;
  readonly json?: boolean;
}

export const addInspectCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('inspect')
    .description('compares source and target row by row, while both are written to')
    .option('--repair', 'mend the target')
    .option('--sql', 'print the statements that would mend the target')
    .option('--where <condition>', "only rows that fulfil it; in the source's column names")
    .option('--sample <part>', 'only so much of each table, by ranges of its key: 5% or 0.05')
    .option('--restart', 'begin anew, even if an inspection was interrupted a short while ago')
    .option('--json', 'print JSON');
  addRepeatable(command, '--table <db.t>', 'only these tables of the source (repeatable)');
  addTaskOptions(command).action(async (options: InspectCommandOptions) => {
    const results = await inspect(options, io);
    report(results, options, io);
    const left = results.reduce((sum, { tables }) => sum + countRemaining(tables), 0);
    finish(left > 0 ? EXIT_FOUND : EXIT_OK);
  });
};

async function inspect(
  options: InspectCommandOptions,
  io: CliIo,
): Promise<readonly InspectionResult[]> {
  const bar = new ProgressBar(io.stderr, 'rows');
  let hasPreamble = false;
  const onStatement = (sql: Buffer): void => {
    if (!hasPreamble) print(io, `${MEND_PREAMBLE};\n`);
    hasPreamble = true;
    io.stdout.write(Buffer.concat([sql, Buffer.from(';\n')]));
  };
  try {
    return await runInspect({
      ...options,
      onStatement: options.sql === true ? onStatement : undefined,
      repair: options.repair === true && options.sql !== true,
      onProgress: (task, progress) => {
        bar.update({ label: task, ...describe(progress) });
      },
      signal: io.signal,
    });
  } finally {
    bar.close();
  }
}

function describe(progress: InspectionProgress) {
  const { table, tables, tablesDone, rows, expectedRows, suspects } = progress;
  const looks = suspects === 0 ? '' : `, ${suspects} rows looked at again`;
  return {
    done: rows,
    expected: expectedRows,
    detail: `${table} (${tablesDone + 1} of ${tables}${looks})`,
  };
}

/** With --sql the statements are the result, and the report goes beside it. */
function report(
  results: readonly InspectionResult[],
  { json, sql }: InspectCommandOptions,
  io: CliIo,
): void {
  const to: CliIo = sql === true ? { ...io, stdout: io.stderr } : io;
  if (json === true) printJson(to, { tasks: results.map(asJson) });
  else for (const result of results) print(to, formatInspection(result));
}

function asJson(result: InspectionResult) {
  const { task, tables, isRunning, resumedFromMs, withoutBinlog } = result;
  return {
    task,
    isRunning,
    remaining: countRemaining(tables),
    isEqual: countRemaining(tables) === 0,
    resumedFrom: resumedFromMs === undefined ? null : new Date(resumedFromMs).toISOString(),
    withoutBinlog: withoutBinlog ?? null,
    targetPosition: result.targetPosition ?? null,
    sourcePosition: result.sourcePosition ?? null,
    tables,
  };
}
