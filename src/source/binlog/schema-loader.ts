import type { Position } from '../../core/position.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import { captureSchema } from '../../schema/capture.ts';
import type { SchemaHistory } from '../../schema/schema-history.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { compareCoordinates } from './binlog-cursor.ts';
import { scanDdl, type DdlScanOptions } from './ddl-scan.ts';
import { readHead } from './resolve-position.ts';

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
 * none of them touches had today's definition then. What a DDL changed while definitions were being
 * read may be as it was before or after it: such a table is not learned now, but when rows of it come.
 */
export async function learnSchema(options: LearnOptions): Promise<SchemaDelta> {
  const { connection, history, from, isWanted, scan } = options;
  const before = await readHead(connection);
  const captured = await captureSchema(connection, { includeTable: isWanted });
  const fence = await readHead(connection);
  const span = await scanDdl(from, fence, scan);
  const torn = span.filter(
    ({ coordinates }) => compareCoordinates(coordinates, before.coordinates) >= 0,
  );
  return history.learn(captured, span, torn);
}
