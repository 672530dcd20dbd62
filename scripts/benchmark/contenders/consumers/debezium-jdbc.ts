import { Child } from '../../support/child.ts';
import { install, jdbcSinkPrograms } from '../install.ts';
import type { Consumer } from './consumer.ts';

const TASKS = 2;

export const debeziumJdbcSink: Consumer = {
  name: "Debezium's JDBC sink",
  version: '3.5.0',
  note: `upserts, ${TASKS} tasks, reduction buffer, batches of 2000`,
  form: 'debezium',
  start: async ({ context, target, broker, topic, id }) => {
    const folder = await install(context, jdbcSinkPrograms);
    const args = [broker, topic, `bench-${id}`, target.port, TASKS];
    const child = new Child({
      program: 'java',
      args: [
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-cp',
        `${folder}:${folder}/libs/*`,
        'Consume',
        ...args.map(String),
      ],
    });
    context.onEnd(() => child.stop('SIGKILL'));
    return child;
  },
};
