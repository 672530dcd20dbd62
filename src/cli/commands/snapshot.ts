import { runSnapshots, type SnapshotRunOptions } from '../../task/snapshot/run-snapshots.ts';
import { print, printJson } from '../io.ts';
import { addRepeatable, addTaskOptions, type TaskOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';
import { formatResult, showCopy } from '../snapshot-screen.ts';

interface SnapshotOptions extends TaskOptions {
  readonly engine?: string;
  readonly to?: string;
  readonly restart?: boolean;
  readonly overwrite?: boolean;
  readonly http?: string;
  readonly table?: readonly string[];
  readonly json?: boolean;
}

export const addSnapshotCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('snapshot')
    .description(
      'first copy: source → target or Kafka, and the position from which run or produce goes on',
    )
    .option('--engine <name>', 'mysqldump (default: by the dump program) or native (faster)')
    .option('--to <where>', 'target (default) or kafka: the rows as snapshot messages')
    .option('--restart', 'begin the copy anew instead of going on with it')
    .option('--overwrite', 'take away the rows of tables that are not empty')
    .option('--http <address>', 'listen here instead of [http] listen; "" for off')
    .option('--json', 'print JSON');
  addRepeatable(
    command,
    '--table <db.t>',
    'only these tables; into a task that has a checkpoint they are added while it runs (repeatable)',
  );
  addTaskOptions(command).action(async (options: SnapshotOptions) => {
    const run: SnapshotRunOptions = { ...options, signal: io.signal, show: showCopy(io) };
    const { exitCode, results } = await runSnapshots(run);
    if (options.json === true) printJson(io, { tasks: results });
    else for (const result of results) print(io, formatResult(result));
    finish(exitCode);
  });
};
