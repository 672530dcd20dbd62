import type { Position } from '../../core/position.ts';
import type { SchemaDelta } from '../../core/schema-state.ts';
import type { TableName } from '../../core/table.ts';
import { captureSchema, captureTables, type CapturedSchema } from '../../schema/capture.ts';
import type { ScannedDdl, SchemaHistory } from '../../schema/schema-history.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { compareCoordinates } from './binlog-cursor.ts';
import { scanDdl, type DdlScanOptions } from './ddl-scan.ts';
import { readHead } from './resolve-position.ts';

/** How often a start tries to find a moment in which nothing that it needs is being altered. */
const START_ATTEMPTS = 50;
const LOCK_WAIT_SECONDS = 10;

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
  const { connection, history, from, isWanted, scan, canMove } = options;
  const first = await captureAll(options);
  const all = await scanDdl(from, first.fence, scan);
  let { fence } = first;
  for (let attempt = 0; canMove && attempt < START_ATTEMPTS; attempt += 1) {
    const touched = history.touchedBy(all).filter(isWanted);
    if (touched.length === 0) break;
    const again = await capture(connection, async () => {
      await waitForDdl(connection, touched);
      return captureTables(connection, touched);
    });
    all.push(...(await scanDdl(fence, again.fence, scan)));
    fence = again.fence;
    const racing = all.filter(
      ({ coordinates }) => compareCoordinates(coordinates, again.before.coordinates) >= 0,
    );
    const isCovered = history.touchedBy(all).filter(isWanted).length === touched.length;
    if (!isCovered || history.touchedBy(racing).some(isWanted)) continue;
    history.learn(first.captured, [], all);
    history.learn(again.captured, []);
    return again.before;
  }
  await learnCapture(options, first);
  return from;
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

/**
 * MySQL 8 sends a DDL to replicas before information_schema shows it; its metadata lock lasts until it
 * does. Older servers and MariaDB wait for that lock in information_schema itself.
 */
async function waitForDdl(
  connection: ServerConnection,
  names: readonly TableName[],
): Promise<void> {
  const { flavor, versionNumber } = connection.info;
  if (flavor !== 'mysql' || versionNumber < 80_000) return;
  await connection.run(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_SECONDS}`);
  for (const { database, table } of names) {
    // Whether it can be read does not matter: that it can be looked at means that the DDL is over.
    await connection.query('SELECT 1 FROM ??.?? LIMIT 0', [database, table]).catch(() => undefined);
  }
}
