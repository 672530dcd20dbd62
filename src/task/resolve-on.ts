import { serverOptions } from '../config/server-options.ts';
import type { SourceConfig } from '../config/schema.ts';
import type { Position, PositionRequest } from '../core/position.ts';
import { connectServer } from '../server/connect.ts';
import { resolvePosition } from '../source/binlog/resolve-position.ts';

/** What an operator's position means on this source now. */
export async function resolveOn(
  source: SourceConfig,
  request: PositionRequest,
  signal: AbortSignal,
): Promise<Position> {
  const options = serverOptions(source);
  const connection = await connectServer(options, 'source', { signal });
  try {
    const server = { ...options, hosts: [connection.info.host] };
    return await resolvePosition(request, { connection, server, signal });
  } finally {
    await connection.close();
  }
}
