import type { ServerInfo } from '../../server/server-info.ts';

/** Where the targets' SQL differs for writing rows. */
export interface Dialect {
  /**
   * `VALUES (…) AS new ON DUPLICATE KEY UPDATE a = new.a`. MySQL since 8.0.20 warns of `VALUES(a)`,
   * once for each column; nobody else knows the alias.
   */
  readonly hasRowAlias: boolean;
}

export function dialectOf(info: Pick<ServerInfo, 'flavor' | 'versionNumber'>): Dialect {
  return { hasRowAlias: info.flavor === 'mysql' && info.versionNumber >= 80_020 };
}
