import { tcpAddress } from '../config/fields.ts';
import { TailraceError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { startHttp, type HttpHandle } from '../status/http-server.ts';
import type { TaskBoard } from './task-board.ts';
import { VERSION } from './version.ts';

/** What `--http` says: an address, or "" for off. */
export function asListen(text: string): string {
  if (text === '' || tcpAddress.safeParse(text).success) return text;
  throw new TailraceError('USAGE', `--http ${text} is not host:port.`, {
    next: 'For example --http 127.0.0.1:9180; --http "" is off.',
  });
}

/** Shows these tasks; undefined when it is off. */
export async function openHttp(
  listen: string,
  boards: readonly TaskBoard[],
  logger: Logger,
): Promise<HttpHandle | undefined> {
  if (listen === '') return undefined;
  const startedAt = new Date().toISOString();
  const status = () => ({
    version: VERSION,
    pid: process.pid,
    startedAt,
    tasks: boards.map((board) => board.status()),
  });
  return startHttp({ listen, status, logger });
}
