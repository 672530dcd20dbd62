import type { ServerConnection } from '../../../server/server-connection.ts';
import { quoteName } from '../../../server/sql-text.ts';
import { quoteTable } from '../ddl/table-sql.ts';
import type { TableBinding } from '../table-binding.ts';

export interface KeyFromEnd {
  /** Indexes of the source's columns, in the order of the key. */
  readonly columns: readonly number[];
  /** So many rows come after the one that is asked for. */
  readonly behind: number;
}

/** Fields of one row near the end of a table, as the target writes them; undefined: it has fewer rows. */
export async function keyFromEnd(
  connection: ServerConnection,
  binding: TableBinding,
  { columns, behind }: KeyFromEnd,
): Promise<readonly Buffer[] | undefined> {
  const names = columns.map((index) => {
    const bound = binding.columns.find((column) => column.index === index);
    return quoteName(bound?.target.name ?? '');
  });
  const order = names.map((name) => `${name} DESC`).join(', ');
  const [row] = await connection.queryBytes(
    `SELECT ${names.join(', ')} FROM ${quoteTable(binding.target.name)} ORDER BY ${order} LIMIT 1 OFFSET ${behind}`,
  );
  const fields = row?.filter((field) => field !== null);
  return fields?.length === columns.length ? fields : undefined;
}
