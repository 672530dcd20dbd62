import { join } from 'node:path';
import { install, nodePrograms } from '../install.ts';
import type { Reader } from './reader.ts';

export const tailraceReader: Reader = {
  name: 'tailrace',
  version: 'this commit',
  verifiesCrc: true,
  command: async (context, server, serverId) => ({
    program: process.execPath,
    args: [
      join(await install(context, nodePrograms), 'tailrace-count.js'),
      String(server.port),
      String(serverId),
    ],
    env: { TAILRACE_DIST: join(context.root, 'dist') },
  }),
};
