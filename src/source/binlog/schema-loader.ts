import type { Position } from '../../core/position.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import { captureSchema, captureTables, type CapturedSchema } from '../../schema/capture.ts';
import type { ScannedDdl, SchemaHistory } from '../../schema/schema-history.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { scanDdl, type DdlScanOptions } from './ddl-scan.ts';
import { MovingStart } from './moving-start.ts';
import { readHead } from './read-head.ts';
import { waitForDdl } from './wait-for-ddl.ts';

export interface LearnOptions {
  readonly connection: ServerConnection;
  readonly history: SchemaHistory;
  /** The definitions are wanted for here; what the source has now holds later. */
  readonly from: Position;
  readonly scan: DdlScanOptions;
}

export interface StartOptions extends LearnOptions {
  readonly isWanted: (name: TableName) => boolean;
  /** The start means "now": it may move on. */
  readonly canMove: boolean;
}

interface Capture {
  readonly captured: CapturedSchema;
  /** Where the source stood before and after the definitions were read. */
  readonly before: Position;
  readonly fence: Position;
}

/**
 * Learns definitions for a position from what the source has now: reads them, reads where the source
 * stands after that (the fence), and reads every DDL between the position and the fence. A table that
 * none of them touches had today's definition then. What a DDL changed while definitions were being
 * read may be as it was before or after it: such a table is not learned now, but when rows of it come.
 *
 * Which DDLs those are GTIDs tell better than coordinates: MySQL 8 writes a DDL to the binlog first and
 * shows its effect a moment later, with its GTID.
 */
async function learnCapture(
  { history, from, scan }: LearnOptions,
  { captured, before, fence }: Capture,
): Promise<SchemaDelta> {
  const span = await scanDdl(from, fence, scan);
  const torn: readonly ScannedDdl[] = span.length === 0 ? [] : await scanDdl(before, fence, scan);
  return history.learn(captured, span, torn);
}

/** A few tables, because a DDL that has just come in the stream changed them, or rows of them came. */
export async function learnTables(
  options: LearnOptions,
  names: readonly TableName[],
): Promise<SchemaDelta> {
  const { connection } = options;
  await waitForDdl(connection, names);
  return learnCapture(options, await capture(connection, () => captureTables(connection, names)));
}

/**
 * Everything for a start at `from`. With `canMove` and DDL under way the start moves on to a moment for
 * which every definition is known; the answer is where it is.
 */
export async function learnStart(options: StartOptions): Promise<Position> {
  const { history, from, isWanted, scan, canMove } = options;
  const first = await captureAll(options);
  const span = await scanDdl(from, first.fence, scan);
  if (canMove && history.touchedBy(span).some(isWanted)) {
    history.learn(first.captured, span, span);
    return new MovingStart(options).moveOn(span);
  }
  await learnCapture(options, first);
  return from;
}

export interface SchemaAt {
  readonly captured: CapturedSchema;
  /** Altered since the position: `captured` is not what they were there. */
  readonly racing: readonly TableName[];
}

/** Definitions for a position a moment ago, and those of today with what differs. */
export async function learnAt(options: Omit<StartOptions, 'canMove'>): Promise<SchemaAt> {
  const { history, from, isWanted, scan } = options;
  const first = await capture(options.connection, () =>
    captureSchema(options.connection, { includeTable: isWanted }),
  );
  const span = await scanDdl(from, first.fence, scan);
  const racing = history.touchedBy(span).filter(isWanted);
  await learnCapture(options, first);
  return { captured: first.captured, racing };
}

function captureAll({ connection, isWanted }: StartOptions): Promise<Capture> {
  return capture(connection, () => captureSchema(connection, { includeTable: isWanted }));
}

async function capture(
  connection: ServerConnection,
  read: () => Promise<CapturedSchema>,
): Promise<Capture> {
  const before = await readHead(connection);
  const captured = await read();
  return { captured, before, fence: await readHead(connection) };
}
