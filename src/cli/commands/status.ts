import { setTimeout as delay } from 'node:timers/promises';
import type { TaskStatus } from '../../status/task-status.ts';
import { readStatus } from '../../task/read-status.ts';
import { EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addTaskOptions, type TaskOptions } from '../options.ts';
import { formatTable } from '../print-table.ts';
import type { AddCommand } from '../program.ts';

interface StatusOptions extends TaskOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const WATCH_MS = 1000;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export const addStatusCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('status')
    .description('what the tasks are doing; from the state files when no process runs')
    .option('--watch', 'again every second')
    .option('--json', 'print JSON');
  addTaskOptions(command).action(async (options: StatusOptions) => {
    do {
      const tasks = await readStatus(options);
      if (options.watch === true && options.json !== true) print(io, CLEAR_SCREEN);
      show(tasks, options, io);
      if (options.watch !== true) break;
      await delay(WATCH_MS, undefined, { signal: io.signal }).catch(() => undefined);
    } while (!io.signal.aborted);
    finish(EXIT_OK);
  });
};

function show(tasks: readonly TaskStatus[], options: StatusOptions, io: CliIo): void {
  if (options.json === true) {
    printJson(io, { tasks });
    return;
  }
  const rows = tasks.map((task) => [
    task.name,
    task.state,
    task.lag.seconds === null ? '-' : `${task.lag.seconds.toFixed(1)} s`,
    `${task.rates.transactionsPerSecond}`,
    `${task.rates.rowsPerSecond}`,
    task.coordinates ?? '-',
    task.position ?? '-',
  ]);
  print(io, formatTable(['TASK', 'STATE', 'LAG', 'TX/S', 'ROWS/S', 'BINLOG', 'POSITION'], rows));
  for (const { name, error } of tasks) {
    if (error === null) continue;
    print(io, `\n${name}: ${error.code} (${error.at}): ${error.message}\n  next: ${error.next}\n`);
  }
}
