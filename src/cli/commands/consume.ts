import { runTasks } from '../../task/run-tasks.ts';
import { addStreamingOptions, type StreamingOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';

export const addConsumeCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('consume')
    .description('Kafka → target; several processes of one group share the partitions');
  addStreamingOptions(command).action(async (options: StreamingOptions) => {
    finish(await runTasks({ ...options, mode: 'consume', signal: io.signal }));
  });
};
