import type { Position } from '../../core/position.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import { captureSchema } from '../../schema/capture.ts';
import type { SchemaHistory } from '../../schema/schema-history.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { compareCoordinates } from './binlog-cursor.ts';
import { scanDdl, type DdlScanOptions } from './ddl-scan.ts';
import { readHead } from './resolve-position.ts';

/** How often a definition that changes while it is read is read again. */
const ATTEMPTS = 5;

export interface LearnOptions {
  readonly connection: ServerConnection;
  readonly history: SchemaHistory;
  /** The definitions are wanted for here; what the source has now holds later. */
  readonly from: Position;
  readonly isWanted: (name: TableName) => boolean;
  readonly scan: DdlScanOptions;
}

/**
 * Learns definitions for a position from what the source has now: reads them, reads where the source
 * stands after that (the fence), and reads every DDL between the position and the fence. A table that
 * none of them touches had today's definition then. When a DDL ran while definitions were being read,
 * they may be older than the fence: read again.
 */
export async function learnSchema(options: LearnOptions): Promise<SchemaDelta> {
  const { connection, history, from, isWanted, scan } = options;
  for (let attempt = 1; ; attempt += 1) {
    const before = await readHead(connection);
    const captured = await captureSchema(connection, { includeTable: isWanted });
    const fence = await readHead(connection);
    const span = await scanDdl(from, fence, scan);
    const isTorn = span.some((ddl) => compareCoordinates(ddl.coordinates, before.coordinates) >= 0);
    if (!isTorn || attempt === ATTEMPTS) return history.learn(captured, span);
  }
}
