import { serverOptions } from '../config/server-options.ts';
import type { SourceConfig } from '../config/schema.ts';
import type { Position, PositionRequest } from '../core/position.ts';
import { connectServer } from '../server/connect.ts';
import { hasGtids } from '../source/binlog/read-head.ts';
import type { ScanContext } from '../source/binlog/position-scan.ts';
import { readHead, resolvePosition } from '../source/binlog/resolve-position.ts';

/** What an operator's position means on this source now. */
export async function resolveOn(
  source: SourceConfig,
  request: PositionRequest,
  signal: AbortSignal,
): Promise<Position> {
  return withSource(source, signal, (context) => resolvePosition(request, context));
}

/** A connection to the source with what reading its binlog takes. */
export async function withSource<T>(
  source: SourceConfig,
  signal: AbortSignal,
  use: (context: ScanContext) => Promise<T>,
): Promise<T> {
  const options = serverOptions(source);
  const connection = await connectServer(options, 'source', { signal });
  try {
    const server = { ...options, hosts: [connection.info.host] };
    const head = await readHead(connection);
    return await use({ connection, server, signal, head, withGtids: await hasGtids(connection) });
  } finally {
    await connection.close();
  }
}
