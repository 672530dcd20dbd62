import { Child } from '../../support/child.ts';
import { debeziumPrograms, install } from '../install.ts';
import type { Producer } from './producer.ts';

export const debezium: Producer = {
  name: 'Debezium',
  version: '3.6.1',
  note: 'its embedded engine, without schemas in the messages',
  start: async ({ context, source, from, broker, topic, id, lowLatency }) => {
    const folder = await install(context, debeziumPrograms);
    const args = [
      source.port,
      700 + id,
      from.file,
      from.position,
      broker,
      topic,
      lowLatency ? 5 : 500,
      from.gtid,
    ];
    return new Child({
      program: 'java',
      args: [
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-cp',
        `${folder}:${folder}/libs/*`,
        'Produce',
        ...args.map(String),
      ],
    });
  },
};
