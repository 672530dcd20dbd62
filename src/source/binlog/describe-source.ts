import type { GtidFlavor } from '../../core/gtid-set.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { readOptionalText } from '../../server/row-reader.ts';

/** What a sink has to know of the source's server to run its statements as they ran there. */
export interface SourceDescription {
  readonly flavor: GtidFlavor;
  readonly versionNumber: number;
  /** What `time_zone = SYSTEM` means there, as an offset such as `+02:00`. */
  readonly systemTimeZone: string;
  /** Global value; older servers do not log the session's. */
  readonly explicitDefaultsForTimestamp: boolean;
}

export async function describeSource(connection: ServerConnection): Promise<SourceDescription> {
  const { flavor, versionNumber } = connection.info;
  const [row] = await connection.query(
    `SELECT TIME_FORMAT(TIMEDIFF(CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM'), UTC_TIMESTAMP()), '%H:%i') AS zone`,
  );
  const [setting] = await connection.query(
    `SHOW GLOBAL VARIABLES LIKE 'explicit_defaults_for_timestamp'`,
  );
  const zone = readOptionalText(row, 'zone') ?? '00:00';
  return {
    flavor,
    versionNumber,
    systemTimeZone: zone.startsWith('-') ? zone : `+${zone}`,
    // MariaDB before 10.10 and MySQL before 8.0 may have it off; gone where it is always on.
    explicitDefaultsForTimestamp: readOptionalText(setting, 'Value') !== 'OFF',
  };
}
