import { readOptionalText, readText } from './row-reader.ts';
import type { ServerConnection } from './server-connection.ts';

/** The lines of SHOW GRANTS for our account, with what its active roles allow. */
export async function readGrants(connection: ServerConnection): Promise<readonly string[]> {
  const rows = await connection.query(await grantsQuery(connection));
  return rows.map((row) => {
    const [column] = Object.keys(row);
    return column === undefined ? '' : readText(row, column);
  });
}

/** MySQL 8 lists roles without what they allow, unless they are named. */
async function grantsQuery(connection: ServerConnection): Promise<string> {
  const { flavor, versionNumber } = connection.info;
  if (flavor === 'mariadb' || versionNumber < 80000) return 'SHOW GRANTS';
  const [row] = await connection.query('SELECT CURRENT_ROLE() AS roles');
  const roles = readOptionalText(row, 'roles') ?? 'NONE';
  return roles === 'NONE' ? 'SHOW GRANTS' : `SHOW GRANTS FOR CURRENT_USER() USING ${roles}`;
}

/** `user@host` as CURRENT_USER() gives it, quoted for GRANT: the host is what follows the last @. */
export function quoteAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}
