import { setTimeout as delay } from 'node:timers/promises';
import { envReader } from '../../config/env.ts';
import { readStatus, type StatusReading } from '../../task/read-status.ts';
import { EXIT_OK, print, printJson, type CliIo } from '../io.ts';
import { addTaskOptions, type TaskOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';
import { LiveScreen, type Terminal } from '../status-screen/live-screen.ts';
import type { Look } from '../status-screen/look.ts';
import { statusLines } from '../status-screen/status-lines.ts';

interface StatusOptions extends TaskOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const WATCH_MS = 1000;

export const addStatusCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('status')
    .description('what the tasks are doing; from the state files when no process runs')
    .option('--watch', 'again every second, until Ctrl-C')
    .option('--json', 'print JSON');
  addTaskOptions(command).action(async (options: StatusOptions) => {
    const read = (): Promise<StatusReading> => readStatus({ ...options, signal: io.signal });
    if (options.watch !== true) show(await read(), options, io);
    else if (options.json !== true && isTerminal(io.stdout)) await watchLive(read, io);
    else await watchPlain(read, options, io);
    finish(EXIT_OK);
  });
};

function show(reading: StatusReading, options: StatusOptions, io: CliIo): void {
  const { process, tasks } = reading;
  if (options.json === true) printJson(io, { ...process, tasks });
  else print(io, `${statusLines(reading, lookOf(io.stdout)).join('\n')}\n`);
}

/** For a reader that is no terminal: one after the other. */
async function watchPlain(
  read: () => Promise<StatusReading>,
  options: StatusOptions,
  io: CliIo,
): Promise<void> {
  while (!io.signal.aborted) {
    show(await read(), options, io);
    if (options.json !== true) print(io, '\n');
    await pause(io.signal);
  }
}

async function watchLive(read: () => Promise<StatusReading>, io: CliIo): Promise<void> {
  // What is wrong with the configuration is said on the usual screen.
  let reading = await read();
  const draw = (): void => {
    screen.draw(statusLines(reading, lookOf(io.stdout)));
  };
  const screen = new LiveScreen(io.stdout, draw);
  try {
    while (!io.signal.aborted) {
      draw();
      await pause(io.signal);
      reading = await read();
    }
  } finally {
    screen.close();
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await delay(WATCH_MS, undefined, { signal }).catch(() => undefined);
}

function isTerminal(output: Terminal): boolean {
  return output.isTTY === true;
}

function lookOf(output: Terminal): Look {
  if (!isTerminal(output)) return { width: undefined, hasColor: false };
  return { width: output.columns, hasColor: (envReader('NO_COLOR') ?? '') === '' };
}
