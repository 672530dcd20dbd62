import type { Command } from 'commander';
import { TailraceError } from '../../core/errors.ts';
import {
  dropLetters,
  formatLetterId,
  listLetters,
  retryLetters,
  showLetter,
  type LetterId,
  type LetterOutcome,
  type TaskLetter,
} from '../../task/deadletter-admin.ts';
import { EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addConfigOption, addTaskOptions, type TaskOptions } from '../options.ts';
import { formatTable } from '../print-table.ts';
import type { AddCommand } from '../program.ts';

interface ListOptions extends TaskOptions {
  readonly json?: boolean;
}

interface ChangeOptions extends ListOptions {
  readonly all?: boolean;
}

const MAX_REASON = 100;

export const addDeadletterCommand: AddCommand = (program, io, finish) => {
  const deadletter = program
    .command('deadletter')
    .description('what was passed over on purpose: see it, send it again, forget it');
  addConfigOption(deadletter);
  const add = (name: string, description: string): Command =>
    addTaskOptions(deadletter.command(name).description(description)).option(
      '--json',
      'print JSON',
    );
  add('list', 'all of them, oldest first').action((options: ListOptions) => {
    printList(listLetters(options), options, io);
    finish(EXIT_OK);
  });
  add('show', 'one with all that is known of it')
    .argument('<id>', 'its number')
    .action((id: string, options: ListOptions) => {
      printLetter(showLetter(options, asId(id)), options, io);
      finish(EXIT_OK);
    });
  add('retry', 'try again: send the message, or mend the row at the target')
    .argument('[id...]', 'their numbers')
    .option('--all', 'every one')
    .action(async (ids: string[], options: ChangeOptions) => {
      const outcomes = await retryLetters({ ...options, signal: io.signal }, chosen(ids, options));
      printOutcomes(outcomes, options, io);
      finish(EXIT_OK);
    });
  add('drop', 'forget them')
    .argument('[id...]', 'their numbers')
    .option('--all', 'every one')
    .action((ids: string[], options: ChangeOptions) => {
      printOutcomes(dropLetters(options, chosen(ids, options)), options, io);
      finish(EXIT_OK);
    });
};

function chosen(ids: readonly string[], { all }: ChangeOptions): readonly LetterId[] | undefined {
  if (all === true && ids.length === 0) return undefined;
  if (all !== true && ids.length > 0) return ids.map(asId);
  throw new TailraceError('USAGE', 'Give numbers, or --all.', {
    next: 'tailrace deadletter list shows them.',
  });
}

function asId(text: string): LetterId {
  const match = /^(?:consume-(\d+):)?(\d+)$/.exec(text);
  if (match !== null) {
    const id = Number(match[2]);
    return match[1] === undefined ? { id } : { id, consumer: Number(match[1]) };
  }
  throw new TailraceError('USAGE', `"${text}" is no number of a dead letter.`, {
    next: 'tailrace deadletter list shows them.',
  });
}

function printList(letters: readonly TaskLetter[], options: ListOptions, io: CliIo): void {
  if (options.json === true) {
    printJson(io, { deadLetters: letters.map(asJson) });
    return;
  }
  const cells = letters.map((letter) => [
    letter.task,
    formatLetterId(letter),
    new Date(letter.createdAtMs).toISOString(),
    letter.kind,
    letter.table ?? '-',
    letter.gtid ?? letter.coordinates ?? '-',
    letter.reason.slice(0, MAX_REASON),
  ]);
  print(io, formatTable(['TASK', 'ID', 'AT', 'KIND', 'TABLE', 'TRANSACTION', 'REASON'], cells));
}

function printLetter(letter: TaskLetter, options: ListOptions, io: CliIo): void {
  if (options.json === true) {
    printJson(io, asJson(letter));
    return;
  }
  const { payload } = asJson(letter);
  const { task, kind, table, reason, code, gtid, coordinates } = letter;
  const id = formatLetterId(letter);
  const at = new Date(letter.createdAtMs).toISOString();
  const known = { task, id, at, kind, code, table, gtid, coordinates, reason };
  const rows = Object.entries(known).map(([name, value]) => [`${name}:`, value ?? '-']);
  print(io, formatTable(['', ''], rows).trimStart());
  print(io, `\n${typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2)}\n`);
}

function printOutcomes(outcomes: readonly LetterOutcome[], options: ListOptions, io: CliIo): void {
  if (options.json === true) {
    printJson(io, { deadLetters: outcomes });
    return;
  }
  for (const outcome of outcomes) {
    print(io, `${formatLetterId(outcome)}: ${outcome.note}\n`);
  }
}

function asJson({ createdAtMs, payload, ...letter }: TaskLetter): Record<string, unknown> {
  return { ...letter, at: new Date(createdAtMs).toISOString(), payload: parsed(payload) };
}

function parsed(payload: string | undefined): unknown {
  if (payload === undefined) return null;
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
