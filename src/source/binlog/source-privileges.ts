import type { ServerConnection } from '../../server/connect.ts';
import { readGrants } from '../../server/read-grants.ts';

/** What an account may do everywhere (`ON *.*`), in capitals. */
export type GlobalPrivileges = ReadonlySet<string>;

const GLOBAL_GRANT = /^GRANT (.+?) ON \*\.\* TO /i;

export async function readGlobalPrivileges(
  connection: ServerConnection,
): Promise<GlobalPrivileges> {
  return parseGrants(await readGrants(connection));
}

export function parseGrants(grants: readonly string[]): GlobalPrivileges {
  const found = new Set<string>();
  for (const grant of grants) {
    const list = GLOBAL_GRANT.exec(grant)?.[1];
    // Columns in parentheses never stand in a global grant.
    for (const name of list?.split(',') ?? []) found.add(name.trim().toUpperCase());
  }
  return found;
}

/** Each privilege with what stands for it: other names by version, and what includes it. */
const NEEDED: readonly (readonly [string, readonly string[]])[] = [
  ['SELECT', ['SELECT']],
  ['REPLICATION SLAVE', ['REPLICATION SLAVE']],
  ['REPLICATION CLIENT', ['REPLICATION CLIENT', 'BINLOG MONITOR', 'SUPER']],
];

/** What reading the binlog needs and the account lacks. */
export function missingPrivileges(privileges: GlobalPrivileges): readonly string[] {
  if (privileges.has('ALL PRIVILEGES') || privileges.has('ALL')) return [];
  return NEEDED.filter(([, names]) => !names.some((name) => privileges.has(name))).map(
    ([name]) => name,
  );
}
