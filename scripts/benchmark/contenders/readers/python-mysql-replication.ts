import { join } from 'node:path';
import { install, pythonPrograms } from '../install.ts';
import type { Reader } from './reader.ts';

export const pythonMysqlReplication: Reader = {
  name: 'python-mysql-replication',
  version: '1.0.17',
  verifiesCrc: true,
  isSlow: true,
  refuses: (_server, workload) =>
    workload === 'compressed' ? 'compressed transactions are not decoded' : undefined,
  command: async (context, server, serverId) => {
    const folder = await install(context, pythonPrograms);
    return {
      program: join(folder, 'venv/bin/python'),
      args: [
        join(folder, 'count.py'),
        String(server.port),
        String(serverId),
        server.dialect.isMariadb ? 'mariadb' : 'mysql',
      ],
    };
  },
};
