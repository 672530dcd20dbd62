import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../support/child.ts';
import { install, maxwellPrograms } from '../install.ts';
import type { Producer } from './producer.ts';

export const maxwell: Producer = {
  name: 'Maxwell',
  version: '1.22.6',
  start: async ({ context, source, from, broker, topic, id }) => {
    const folder = await install(context, maxwellPrograms);
    const options = {
      host: '127.0.0.1',
      port: source.port,
      user: 'root',
      password: '',
      // Its definitions and positions: a database of its own on the source in each run.
      schema_database: `maxwell_${id}`,
      client_id: `bench${id}`,
      replica_server_id: 500 + id,
      producer: 'kafka',
      'kafka.bootstrap.servers': broker,
      'kafka.acks': 'all',
      kafka_topic: topic,
      producer_partition_by: 'primary_key',
      filter: 'exclude: *.*, include: bench.*',
      log_level: 'warn',
    };
    const path = join(context.work, `maxwell-${id}.properties`);
    const lines = Object.entries(options).map(([key, value]) => `${key}=${value}`);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return new Child({
      program: 'java',
      args: [
        '-cp',
        `${folder}:${folder}/libs/*`,
        'com.zendesk.maxwell.Maxwell',
        `--config=${path}`,
        // In the file it has no effect.
        `--init_position=${from.file}:${from.position}:0`,
      ],
    });
  },
};
