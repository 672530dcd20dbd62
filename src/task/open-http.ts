import { tcpAddress } from '../config/fields.ts';
import type { Config } from '../config/schema.ts';
import { TailraceError } from '../core/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { TaskControls } from '../status/http/control-route.ts';
import type { TaskDebugger } from '../status/http/debug-routes.ts';
import { startHttp, type HttpHandle } from '../status/http-server.ts';
import type { TaskHistory, TaskStatus } from '../status/task-status.ts';

import { VERSION } from './version.ts';

/** What `--http` says: an address, or "" for off. */
export function asListen(text: string): string {
  if (text === '' || tcpAddress.safeParse(text).success) return text;
  throw new TailraceError('USAGE', `--http ${text} is not host:port.`, {
    next: 'For example --http 127.0.0.1:9180; --http "" is off.',
  });
}

interface Shown {
  readonly history: TaskHistory;
  status(): TaskStatus;
}

export interface OpenHttpOptions {
  readonly http: Config['http'];
  readonly fleet: { readonly members: readonly Shown[] } & Partial<TaskControls>;
  readonly debug?: TaskDebugger;
  readonly logger: Logger;
}

/** Shows these tasks; undefined when it is off. */
export async function openHttp(options: OpenHttpOptions): Promise<HttpHandle | undefined> {
  const { http, fleet, logger } = options;
  const { listen, token, stuckAfterSeconds } = http;
  if (listen === '') return undefined;
  const startedAt = new Date().toISOString();
  const status = () => ({
    version: VERSION,
    pid: process.pid,
    startedAt,
    tasks: fleet.members.map((member) => member.status()),
  });
  return startHttp({
    listen,
    status,
    history: () => fleet.members.map(({ history }) => history),
    stuckAfterSeconds,
    token: token?.reveal(),
    controls: isControllable(fleet) ? fleet : undefined,
    debug: options.debug,
    logger,
  });
}

function isControllable(fleet: Partial<TaskControls>): fleet is TaskControls {
  return fleet.pause !== undefined && fleet.resume !== undefined && fleet.skip !== undefined;
}
