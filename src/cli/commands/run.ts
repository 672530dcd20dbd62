import { runTasks } from '../../task/run-tasks.ts';
import { addStreamingOptions, type StreamingOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';

export const addRunCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('run')
    .description('source → target, until it is stopped (or --until head)');
  addStreamingOptions(command).action(async (options: StreamingOptions) => {
    finish(await runTasks({ ...options, mode: 'run', signal: io.signal }));
  });
};
