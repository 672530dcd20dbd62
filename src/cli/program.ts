import { Command, CommanderError } from 'commander';
import { toTailraceError } from '../core/errors.ts';
import { redactSecrets } from '../lib/secrets.ts';
import { isStop } from '../task/retry-forever.ts';
import { VERSION } from '../task/version.ts';
import { addCheckCommand } from './commands/check.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConsumeCommand } from './commands/consume.ts';
import { addConvertCommand } from './commands/convert.ts';
import { addDeadletterCommand } from './commands/deadletter.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addPositionCommand } from './commands/position.ts';
import { addProduceCommand } from './commands/produce.ts';
import { addRunCommand } from './commands/run.ts';
import { addSnapshotCommand } from './commands/snapshot.ts';
import { addStatusCommand } from './commands/status.ts';
import { addTailCommand } from './commands/tail.ts';
import { EXIT_OK, EXIT_USAGE, type CliIo } from './io.ts';
import { addConfigOption, takeConfigOfParents } from './options.ts';
import { formatError, maskUrls } from './print-error.ts';

/** Registers a command; its action hands its exit code to `finish`. */
export type AddCommand = (program: Command, io: CliIo, finish: (exitCode: number) => void) => void;

const COMMANDS: readonly AddCommand[] = [
  addRunCommand,
  addProduceCommand,
  addConsumeCommand,
  addSnapshotCommand,
  addTailCommand,
  addCheckCommand,
  addInspectCommand,
  addStatusCommand,
  addPositionCommand,
  addDeadletterCommand,
  addConvertCommand,
  addDemoCommand,
  addCompletionCommand,
];

const AFTER_HELP = `
To begin: write tailrace.toml (conf/tailrace.toml shows every common key), then
  tailrace check     what is missing on either end
  tailrace run       replicate
  tailrace inspect   compare both ends, row by row
To see it work without any of that: tailrace demo

Exit codes: 0 done, 1 internal fault, 2 bad usage or configuration, 3 check or inspect found something,
4 the source refuses, 5 the target refuses, 6 Kafka refuses, 7 another process runs this task.`;

/** Runs one command line; resolves to the exit code and never rejects. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = EXIT_OK;
  const program = new Command('tailrace')
    .description('Replicates MySQL and MariaDB, exactly, from the binlog.')
    .version(VERSION, '-V, --version')
    .addHelpText('after', AFTER_HELP)
    .enablePositionalOptions()
    .hook('preAction', (_, command) => {
      takeConfigOfParents(command);
    });
  addConfigOption(program);
  for (const add of COMMANDS) {
    add(program, io, (code) => {
      exitCode = code;
    });
  }
  prepare(program, io);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    if (isStop(thrown, io.signal)) return EXIT_OK;
    const error = toTailraceError(thrown);
    io.stderr.write(maskUrls(redactSecrets(formatError(error))));
    return error.exitCode;
  }
}

/** Every command, nested ones too: errors and help go where the caller wants them. */
function prepare(command: Command, io: CliIo): void {
  command
    .exitOverride()
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(maskUrls(text)),
    });
  for (const child of command.commands) prepare(child, io);
}
