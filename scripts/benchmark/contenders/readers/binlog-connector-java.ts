import { javaPrograms, install } from '../install.ts';
import type { Reader } from './reader.ts';

/** The engine of Maxwell and Debezium. */
export const binlogConnectorJava: Reader = {
  name: 'mysql-binlog-connector-java',
  version: '0.30.1',
  verifiesCrc: false,
  command: async (context, server, serverId) => {
    const folder = await install(context, javaPrograms);
    return {
      program: 'java',
      args: ['-cp', `${folder}:${folder}/libs/*`, 'Count', String(server.port), String(serverId)],
    };
  },
};
