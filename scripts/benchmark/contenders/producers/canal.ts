import { Child } from '../../support/child.ts';
import { canalPrograms, install } from '../install.ts';
import type { Producer } from './producer.ts';

export const canal: Producer = {
  name: 'canal',
  version: '1.1.7',
  note: 'its embedded server and Kafka producer; flat messages, which hold all rows of an event that go to one partition',
  hasManyRowsInMessage: true,
  start: async ({ context, source, from, broker, topic, id }) => {
    const folder = await install(context, canalPrograms);
    const args = [source.port, 600 + id, from.file, from.position, broker, topic];
    return new Child({
      program: 'java',
      args: ['-cp', `${folder}:${folder}/libs/*`, 'Produce', ...args.map(String)],
    });
  },
};
