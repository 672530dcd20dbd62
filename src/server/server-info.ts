import type { GtidFlavor } from '../core/gtid-set.ts';

/** What kind of server answers, asked once for each connection. */
export interface ServerInfo {
  /** `host:port` or `unix:/path` that answered. */
  readonly host: string;
  /** As the server says it: `9.7.4`, `10.11.19-MariaDB-…`. */
  readonly version: string;
  readonly flavor: GtidFlavor;
  /** major * 10000 + minor * 100 + patch: 90704, 50729, 101119. */
  readonly versionNumber: number;
  readonly serverId: number;
  /** MySQL only. */
  readonly serverUuid: string | undefined;
  readonly lowerCaseTableNames: 0 | 1 | 2;
  readonly maxAllowedPacket: number;
  readonly isReadOnly: boolean;
}
