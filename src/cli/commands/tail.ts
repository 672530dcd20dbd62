import type { Command } from 'commander';
import { TailraceError } from '../../core/errors.ts';
import { runTail } from '../../task/tail.ts';
import { addRepeatable, addStreamingOptions, type StreamingOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';

interface TailOptions extends StreamingOptions {
  readonly format: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly ddl?: boolean;
  readonly rowQuery?: boolean;
  readonly keys?: boolean;
}

export const addTailCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('tail')
    .description('source → standard output, one JSON message a line; keeps no state')
    .argument('[url]', 'mysql://user:password@host:3306/ instead of a configuration file')
    .option('--format <name>', 'maxwell, canal or debezium', 'maxwell')
    .option('--ddl', 'messages for DDL too')
    .option('--row-query', 'the SQL of the statement in each message, where the source logs it')
    .option('--keys', 'print {"key", "value", "headers"}');
  addRepeatable(
    command,
    '--include <pattern>',
    'tables to show: db.table with * and ?, or /regex/',
  );
  addRepeatable(command, '--exclude <pattern>', 'tables to leave out');
  addStreamingOptions(command).action(async (url: string | undefined, options: TailOptions) => {
    if (url !== undefined) assertOnlyUrl(command, options);
    const { stdout: output, signal } = io;
    finish(await runTail({ ...options, url, output, signal }));
  });
};

/** The URL stands in place of a file: what names one too, or a task of it, would be passed over silently. */
function assertOnlyUrl(command: Command, { task }: TailOptions): void {
  const hasFile = command.getOptionValueSource('config') === 'cli';
  if (!hasFile && task === undefined) return;
  throw new TailraceError(
    'USAGE',
    `A URL and ${hasFile ? '-c' : '--task'} are given: one is wanted.`,
    {
      next: 'Leave the URL away to read the source of a configuration file.',
    },
  );
}
