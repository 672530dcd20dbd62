import { openTaskStore } from '../../../src/checkpoint/task-store.ts';

/** A process of its own that holds the task `shop` of the folder in its first argument until it is killed. */
const store = await openTaskStore({ stateDir: process.argv[2] ?? '', task: 'shop' });
store.save(
  {
    seq: 7,
    position: { kind: 'coordinates', coordinates: { file: 'binlog.000001', offset: 700 } },
    schemaDelta: new Map([['shop\0t', '{}']]),
  },
  'target',
);
process.stdout.write('held\n');
setInterval(() => undefined, 1000);
