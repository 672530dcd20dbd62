import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer whole in memory. */
export interface Reply {
  readonly code: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a route may know of its request. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

export function text(
  code: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { code, type: 'text/plain; charset=utf-8', body: `${body}\n`, headers };
}

export function json(value: unknown, code = 200): Reply {
  return {
    code,
    type: 'application/json; charset=utf-8',
    body: `${JSON.stringify(value, null, 2)}\n`,
  };
}

export function send(response: ServerResponse, { code, type, body, headers }: Reply): void {
  response
    .writeHead(code, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      ...headers,
    })
    .end(body);
}
