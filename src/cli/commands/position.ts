import type { Command } from 'commander';
import {
  importPosition,
  rewindPosition,
  setPosition,
  showPositions,
  skipTransaction,
  type PositionReport,
} from '../../task/position-admin.ts';
import { EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addConfigOption, addTaskOptions, type TaskOptions } from '../options.ts';
import { formatTable } from '../print-table.ts';
import type { AddCommand } from '../program.ts';

interface ShowOptions extends TaskOptions {
  readonly json?: boolean;
}

interface ChangeOptions extends ShowOptions {
  readonly dryRun?: boolean;
}

interface MoveOptions extends ChangeOptions {
  readonly force?: boolean;
}

interface RewindOptions extends MoveOptions {
  readonly to: string;
}

interface ImportOptions extends MoveOptions {
  readonly from: string;
  readonly file?: string;
  readonly database?: string;
  readonly clientId?: string;
}

interface SkipOptions extends ChangeOptions {
  readonly reason: string;
}

export const addPositionCommand: AddCommand = (program, io, finish) => {
  const position = program.command('position').description('where a task stands, and moving it');
  addConfigOption(position);
  const addChange = (command: Command): Command =>
    addTaskOptions(command)
      .option('--dry-run', 'say what would be done, and do nothing')
      .option('--json', 'print JSON');
  addTaskOptions(position.command('show').description('the checkpoint of each task'))
    .option('--json', 'print JSON')
    .action(async (options: ShowOptions) => {
      report(await showPositions({ ...options, signal: io.signal }), options, io);
      finish(EXIT_OK);
    });
  const addMove = (command: Command): Command =>
    addChange(command).option(
      '--force',
      'go back although rows of tables without a key come twice',
    );
  addMove(position.command('set').description('begin there at the next start'))
    .argument('<position>', 'now, earliest, file:offset, a GTID set, or an ISO time with zone')
    .action(async (text: string, options: MoveOptions) => {
      report(await setPosition({ ...options, text, signal: io.signal }), options, io);
      finish(EXIT_OK);
    });
  addMove(position.command('rewind').description('to where the task stood at a time'))
    .requiredOption('--to <time>', 'ISO time with zone; the history reaches back a week')
    .action(async (options: RewindOptions) => {
      report(await rewindPosition({ ...options, signal: io.signal }), options, io);
      finish(EXIT_OK);
    });
  addMove(position.command('import').description('go on where another tool stands'))
    .requiredOption('--from <tool>', 'maxwell, canal or debezium')
    .option(
      '--file <path>',
      "canal: meta.dat; debezium: the connector's offsets; - for standard input",
    )
    .option('--database <name>', 'maxwell: its schema_database (default: maxwell)')
    .option('--client-id <id>', 'maxwell: its client_id (default: maxwell)')
    .action(async (options: ImportOptions) => {
      report(await importPosition({ ...options, signal: io.signal }), options, io);
      finish(EXIT_OK);
    });
  addChange(position.command('skip').description('pass the one transaction that stopped the task'))
    .requiredOption('--reason <text>', 'why; kept in the audit table')
    .action(async (options: SkipOptions) => {
      report(await skipTransaction({ ...options, signal: io.signal }), options, io);
      finish(EXIT_OK);
    });
};

function report(rows: readonly PositionReport[], options: ShowOptions, io: CliIo): void {
  if (options.json === true) {
    printJson(io, { tasks: rows });
    return;
  }
  const cells = rows.map((row) => [
    row.task,
    row.seq === null ? '-' : `${row.seq}`,
    row.coordinates ?? '-',
    row.position ?? '-',
    row.from,
  ]);
  print(io, formatTable(['TASK', 'SEQ', 'BINLOG', 'POSITION', 'KEPT IN'], cells));
  const polled = rows.flatMap(({ task, polled: tables = [] }) =>
    tables.map(({ table, lastKey }) => [task, table, lastKey ?? 'no row yet']),
  );
  if (polled.length > 0) print(io, `\n${formatTable(['TASK', 'TABLE', 'POLLED UP TO'], polled)}`);
  for (const row of rows) if (row.note !== undefined) print(io, `${row.task}: ${row.note}\n`);
}
