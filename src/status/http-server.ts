import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '../lib/logger.ts';
import { judgeHealth, judgeReadiness } from './health.ts';
import { renderMetrics } from './metrics.ts';
import { PAGE } from './page.ts';
import type { ProcessStatus } from './task-status.ts';

export interface HttpOptions {
  /** `host:port` or `[::1]:port`. */
  readonly listen: string;
  readonly status: () => ProcessStatus;
  readonly logger: Logger;
}

export interface HttpHandle {
  close(): Promise<void>;
}

/** The process as seen over HTTP: health, metrics, status, page. A port that is taken stops nothing. */
export async function startHttp(options: HttpOptions): Promise<HttpHandle> {
  const { listen, logger } = options;
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      logger.warn({ error: asError(error), path: request.url ?? '' }, 'HTTP request failed');
      if (response.headersSent) response.destroy();
      else send(response, { code: 500, type: 'text/plain', body: 'internal fault\n' });
    });
  });
  const isListening = await tryListen(server, listen, logger);
  if (isListening) logger.info({ url: `http://${listen}/` }, 'Status page and metrics');
  return {
    close: async () => {
      if (!isListening) return;
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
    },
  };
}

function tryListen(server: Server, listen: string, logger: Logger): Promise<boolean> {
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[|\]$/g, '') || '0.0.0.0';
  return new Promise((resolve) => {
    // It stays for good: what goes wrong here later must not end the process either.
    server.on('error', (error) => {
      const reason = error.message;
      logger.warn({ reason }, `No status page: cannot listen on ${listen}; the work goes on`);
      resolve(false);
    });
    server.listen(Number(listen.slice(colon + 1)), host, () => {
      resolve(true);
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status }: HttpOptions,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const route = ROUTES.get(path);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // A body that nobody reads must not hold the connection.
    request.resume();
    response.setHeader('allow', 'GET, HEAD');
    send(response, { code: 405, type: 'text/plain', body: 'only GET here\n' });
  } else if (route === undefined) {
    send(response, { code: 404, type: 'text/plain', body: 'not found\n' });
  } else send(response, await route(status()));
}

interface Reply {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

type Route = (status: ProcessStatus) => Reply | Promise<Reply>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', () => ({ code: 200, type: 'text/html; charset=utf-8', body: PAGE })],
  ['/healthz', ({ tasks }) => verdict(judgeHealth(tasks), 'ok')],
  ['/readyz', ({ tasks }) => verdict(judgeReadiness(tasks), 'ready')],
  [
    '/status',
    (status) => ({
      code: 200,
      type: 'application/json; charset=utf-8',
      body: `${JSON.stringify(status, null, 2)}\n`,
    }),
  ],
  [
    '/metrics',
    async (status) => {
      const { contentType, text } = await renderMetrics(status);
      return { code: 200, type: contentType, body: text };
    },
  ],
]);

function verdict(problem: string | undefined, good: string): Reply {
  return {
    code: problem === undefined ? 200 : 503,
    type: 'text/plain; charset=utf-8',
    body: `${problem ?? good}\n`,
  };
}

function send(response: ServerResponse, { code, type, body }: Reply): void {
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
  response.writeHead(code, headers).end(body);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
