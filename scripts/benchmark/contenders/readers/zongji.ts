import { join } from 'node:path';
import { install, nodePrograms } from '../install.ts';
import type { Reader } from './reader.ts';

const NO_PAYLOADS = 'compressed transactions are not decoded';

const zongji = (npmName: string, version: string, refuses: Reader['refuses']): Reader => ({
  name: npmName,
  version,
  verifiesCrc: false,
  ...(refuses === undefined ? {} : { refuses }),
  command: async (context, server, serverId) => {
    const folder = await install(context, nodePrograms);
    return {
      program: process.execPath,
      args: [
        join(folder, 'zongji-count.js'),
        String(server.port),
        String(serverId),
        folder,
        npmName,
      ],
    };
  },
});

export const vlaskyZongji = zongji('@vlasky/zongji', '0.9.0', (_server, workload) =>
  workload === 'compressed' ? NO_PAYLOADS : undefined,
);

export const powersyncZongji = zongji('@powersync/mysql-zongji', '0.6.2', (_server, workload) =>
  workload === 'compressed' ? NO_PAYLOADS : undefined,
);
