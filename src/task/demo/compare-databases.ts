import { readText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { DEMO_DATABASE } from './demo-tables.ts';

export interface TableComparison {
  readonly table: string;
  readonly rows: number;
  /** Rows of the source that the target lacks, each as often as it lacks them. */
  readonly lost: number;
  /** Rows that the target has and the source has not, or not so often. */
  readonly extra: number;
  readonly isDefinitionEqual: boolean;
}

/** Every table of both databases, every column of every row, those that are there twice too. */
export async function compareDatabases(
  source: ServerConnection,
  target: ServerConnection,
): Promise<readonly TableComparison[]> {
  const names = new Set([...(await readTables(source)), ...(await readTables(target))]);
  const comparisons: TableComparison[] = [];
  for (const table of names) {
    const [left, right] = await Promise.all([readTable(source, table), readTable(target, table)]);
    const rows = [...left.rows.values()].reduce((sum, count) => sum + count, 0);
    comparisons.push({
      table,
      rows,
      lost: countMissing(left.rows, right.rows),
      extra: countMissing(right.rows, left.rows),
      isDefinitionEqual: left.definition === right.definition,
    });
  }
  return comparisons;
}

async function readTables(connection: ServerConnection): Promise<readonly string[]> {
  const rows = await connection.query(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY 1',
    [DEMO_DATABASE],
  );
  return rows.map((row) => readText(row, 'name'));
}

interface TableContent {
  readonly definition: string;
  /** How often each row is there, by its content. */
  readonly rows: ReadonlyMap<string, number>;
}

async function readTable(connection: ServerConnection, table: string): Promise<TableContent> {
  const columns = await connection.query(
    'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
    [DEMO_DATABASE, table],
  );
  if (columns.length === 0) return { definition: '', rows: new Map() };
  const name = `\`${DEMO_DATABASE}\`.\`${table}\``;
  const [created] = await connection.query(`SHOW CREATE TABLE ${name}`);
  const values = columns.map(
    (row) => `COALESCE(HEX(CAST(\`${readText(row, 'name')}\` AS BINARY)), 'NULL')`,
  );
  const lines = await connection.query(
    `SELECT SHA2(CONCAT_WS(',', ${values.join(', ')}), 256) AS line FROM ${name}`,
  );
  const rows = new Map<string, number>();
  for (const row of lines) {
    const line = readText(row, 'line');
    rows.set(line, (rows.get(line) ?? 0) + 1);
  }
  // The counter is where the source's last ROLLBACK left it, which no row says.
  const definition = readText(created, 'Create Table').replace(/ AUTO_INCREMENT=\d+/, '');
  return { definition, rows };
}

function countMissing(
  from: ReadonlyMap<string, number>,
  inside: ReadonlyMap<string, number>,
): number {
  let missing = 0;
  for (const [line, count] of from) missing += Math.max(0, count - (inside.get(line) ?? 0));
  return missing;
}
