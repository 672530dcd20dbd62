import { join } from 'node:path';
import { goPrograms, install } from '../install.ts';
import type { Reader } from './reader.ts';

export const goMysql: Reader = {
  name: 'go-mysql',
  version: '1.13.0',
  verifiesCrc: true,
  command: async (context, server, serverId) => ({
    program: join(await install(context, goPrograms), 'program'),
    args: [String(server.port), String(serverId), server.dialect.isMariadb ? 'mariadb' : 'mysql'],
  }),
};
