/** What an account may do, by where: `*.*`, a database (which may be a pattern), one table. */
export interface TargetPrivileges {
  readonly everywhere: ReadonlySet<string>;
  readonly databases: readonly DatabaseGrant[];
}

interface DatabaseGrant {
  readonly matches: RegExp;
  readonly names: ReadonlySet<string>;
}

const GRANT = /^GRANT (.+?) ON (\*|`(?:[^`]|``)*`)\.\* TO /i;

/** From the lines of SHOW GRANTS. Grants on single tables and columns are left out: they don't suffice. */
export function parseTargetGrants(lines: readonly string[]): TargetPrivileges {
  const everywhere = new Set<string>();
  const databases: DatabaseGrant[] = [];
  for (const line of lines) {
    const match = GRANT.exec(line);
    const [, list = '', database = ''] = match ?? [];
    if (match === null) continue;
    const names = list.split(',').map((name) => name.trim().toUpperCase());
    if (database === '*') for (const name of names) everywhere.add(name);
    else databases.push({ matches: databasePattern(database), names: new Set(names) });
  }
  return { everywhere, databases };
}

/** In a grant `_` and `%` stand for anything unless a backslash is before them. */
function databasePattern(quoted: string): RegExp {
  const name = quoted.slice(1, -1).replaceAll('``', '`');
  const source = name.replace(/\\[_%\\]|[_%]|[\\^$.|?*+()[\]{}]/g, (part) => {
    if (part === '_') return '.';
    if (part === '%') return '.*';
    const char = part.at(-1) ?? '';
    return /\w|%/.test(char) ? char : `\\${char}`;
  });
  return new RegExp(`^${source}$`, 'isu');
}

const ALL = ['ALL PRIVILEGES', 'ALL'] as const;

export function hasPrivilege(privileges: TargetPrivileges, ...names: readonly string[]): boolean {
  return [...ALL, ...names].some((name) => privileges.everywhere.has(name));
}

/** Which of these the account lacks on a database. */
export function missingOn(
  privileges: TargetPrivileges,
  database: string,
  names: readonly string[],
): readonly string[] {
  const sets = [
    privileges.everywhere,
    ...privileges.databases.filter((one) => one.matches.test(database)).map((one) => one.names),
  ];
  const has = (name: string) => sets.some((set) => set.has(name));
  return ALL.some(has) ? [] : names.filter((name) => !has(name));
}
