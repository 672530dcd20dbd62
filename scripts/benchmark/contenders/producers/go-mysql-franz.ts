import { join } from 'node:path';
import { Child } from '../../support/child.ts';
import { install, kafkaGoPrograms } from '../install.ts';
import type { Producer } from './producer.ts';

export const goMysqlFranz: Producer = {
  name: 'go-mysql + franz-go',
  version: '1.13.0, 1.22.3',
  start: async ({ context, source, from, broker, topic, id }) => {
    const folder = await install(context, kafkaGoPrograms);
    const args = [source.port, 900 + id, from.file, from.position, broker, topic];
    return new Child({ program: join(folder, 'program'), args: args.map(String) });
  },
};
