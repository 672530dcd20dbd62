import { runTasks } from '../../task/run-tasks.ts';
import { addStreamingOptions, type StreamingOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';

export const addRunCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('run')
    .description('source → target, until it is stopped (or --until head)');
  command.option(
    '--wait-for-lock',
    'stand by while another process runs the task, and take over when it ends',
  );
  addStreamingOptions(command).action(async (options: StreamingOptions) => {
    finish(await runTasks({ ...options, mode: 'run', signal: io.signal }));
  });
};
