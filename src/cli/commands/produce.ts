import { runTasks } from '../../task/run-tasks.ts';
import { addStreamingOptions, type StreamingOptions } from '../options.ts';
import type { AddCommand } from '../program.ts';

export const addProduceCommand: AddCommand = (program, io, finish) => {
  const command = program
    .command('produce')
    .description('source → Kafka, until it is stopped (or --until head)');
  addStreamingOptions(command).action(async (options: StreamingOptions) => {
    finish(await runTasks({ ...options, mode: 'produce', signal: io.signal }));
  });
};
