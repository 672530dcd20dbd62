import type { ServerConnection } from '../../server/connect.ts';
import { readNumber, readOptionalText, readText } from '../../server/row-reader.ts';
import { normalizeCollation } from '../../schema/collation-names.ts';

/** What both servers have, and should have alike. */
export interface ServerSettings {
  readonly sqlModes: ReadonlySet<string>;
  /** As it is set: `SYSTEM`, `+02:00`, `Europe/Berlin`. */
  readonly timeZone: string;
  /** Ahead of UTC, now. */
  readonly offsetMinutes: number;
  /** Of new databases. */
  readonly collation: string;
  /** By database, those that were asked for and exist: of new tables. */
  readonly databases: ReadonlyMap<string, string>;
}

export async function readServerSettings(
  connection: ServerConnection,
  databases: readonly string[],
): Promise<ServerSettings> {
  const [row] = await connection.query(
    `SELECT @@GLOBAL.sql_mode AS modes, @@GLOBAL.time_zone AS zone, @@GLOBAL.collation_server AS collation`,
  );
  const zone = readText(row, 'zone');
  return {
    sqlModes: new Set(
      readText(row, 'modes')
        .split(',')
        .filter((mode) => mode !== ''),
    ),
    timeZone: zone,
    offsetMinutes: await readOffset(connection, zone),
    collation: normalizeCollation(readText(row, 'collation')),
    databases: await readDatabases(connection, databases),
  };
}

/** Our own session is set to UTC. */
async function readOffset(connection: ServerConnection, zone: string): Promise<number> {
  const [row] = await connection.query(
    "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', ?)) AS minutes",
    [zone],
  );
  return readOptionalText(row, 'minutes') === undefined ? 0 : readNumber(row, 'minutes');
}

async function readDatabases(
  connection: ServerConnection,
  databases: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (databases.length === 0) return new Map();
  const rows = await connection.query(
    `SELECT SCHEMA_NAME AS name, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA
     WHERE SCHEMA_NAME IN (${databases.map(() => '?').join(', ')})`,
    databases,
  );
  return new Map(
    rows.map((row) => [readText(row, 'name'), normalizeCollation(readText(row, 'collation'))]),
  );
}

/** Names of zones are known where somebody has loaded them. */
export async function knowsTimeZone(connection: ServerConnection, zone: string): Promise<boolean> {
  const [row] = await connection.query(
    "SELECT CONVERT_TZ('2020-01-01 00:00:00', '+00:00', ?) AS there",
    [zone],
  );
  return readOptionalText(row, 'there') !== undefined;
}
