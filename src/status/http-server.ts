import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '../lib/logger.ts';
import { refuseUnauthorized } from './http/authorize.ts';
import { answerControl, controlOf, type TaskControls } from './http/control-route.ts';
import { answerProfile, sendHeap, type TaskDebugger } from './http/debug-routes.ts';
import { send, text, type Call, type Reply } from './http/reply.ts';
import { readRoute, type Readings } from './http/routes.ts';

export interface HttpOptions extends Readings {
  /** `host:port` or `[::1]:port`. */
  readonly listen: string;
  /** undefined: everything that changes something is off. */
  readonly token?: string | undefined;
  readonly controls?: TaskControls | undefined;
  /** Where tasks have processes of their own. */
  readonly debug?: TaskDebugger | undefined;
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
      else send(response, text(500, 'internal fault'));
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
  options: HttpOptions,
): Promise<void> {
  const call = callOf(request);
  if (call === undefined) {
    send(response, text(404, 'not found'));
    return;
  }
  const isRead = call.method === 'GET' || call.method === 'HEAD';
  if (controlOf(call.path) !== undefined) {
    if (call.method === 'POST') {
      send(response, await answerControl(call, options.controls, options.token));
    } else send(response, notAllowed('POST'));
  } else if (!isRead) {
    // A body that nobody reads must not hold the connection.
    request.resume();
    send(response, notAllowed('GET, HEAD'));
  } else if (call.path.startsWith('/debug/')) await answerDebug(call, response, options);
  else send(response, (await readRoute(call.path, options)) ?? text(404, 'not found'));
}

async function answerDebug(
  call: Call,
  response: ServerResponse,
  { token, debug }: HttpOptions,
): Promise<void> {
  const refusal = refuseUnauthorized(call, token);
  if (refusal !== undefined) send(response, refusal);
  else if (call.path === '/debug/profile') send(response, await answerProfile(call, debug));
  else if (call.path === '/debug/heap') {
    const reply = await sendHeap(call, response, debug);
    if (reply !== undefined) send(response, reply);
  } else send(response, text(404, 'not found'));
}

/** undefined: what was asked for is no path. */
function callOf(request: IncomingMessage): Call | undefined {
  const url = request.url ?? '/';
  if (!url.startsWith('/')) return undefined;
  const [path = '/', query = ''] = url.split('?', 2);
  return { method: request.method ?? 'GET', path, query: new URLSearchParams(query), request };
}

function notAllowed(allow: string): Reply {
  return text(405, `only ${allow} here`, { allow });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
