import { formatTableName } from '../core/table.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { readOptionalText } from '../server/row-reader.ts';
import { quoteText } from '../server/sql-text.ts';
import { saveMarks, type CopyRun } from './copy-run.ts';
import type { SourceTable } from './source-tables.ts';
import { targetFilled } from './table-copier.ts';

/**
 * What is left to copy, with the databases made for it. Everything that would refuse the copy is found
 * before the first row is written.
 */
export async function prepareTarget(
  run: CopyRun,
  source: ServerConnection,
  tables: readonly SourceTable[],
): Promise<readonly SourceTable[]> {
  await forgetGone(run, tables);
  const wanted = tables.filter(({ isSequence }) => !isSequence);
  await refuseFilled(run, wanted);
  await makeDatabases(run, source, wanted);
  planProgress(run, wanted);
  return wanted.filter(({ key }) => run.record.table(key)?.state !== 'done');
}

/** Tables that were dropped on the source since they were copied: the stream has dropped them here too. */
async function forgetGone(run: CopyRun, tables: readonly SourceTable[]): Promise<void> {
  const present = new Set(tables.map(({ key }) => key));
  const gone = run.record.tableKeys.filter((key) => !present.has(key));
  const marks = gone.flatMap((key) => run.record.keysOf(key).map((k) => ({ key: k, text: null })));
  await saveMarks(run, marks);
}

async function refuseFilled(run: CopyRun, tables: readonly SourceTable[]): Promise<void> {
  if (run.overwrite) return;
  const filled: string[] = [];
  for (const { key, route } of tables) {
    if (run.record.table(key) !== undefined) continue;
    const { hasRows } = await run.target.stateOf(route.target);
    if (hasRows) filled.push(formatTableName(route.target));
  }
  if (filled.length > 0) throw targetFilled(filled);
}

/** With the character sets that they have on the source. */
export async function makeDatabases(
  run: Pick<CopyRun, 'target'>,
  source: ServerConnection,
  tables: readonly Pick<SourceTable, 'name' | 'route'>[],
): Promise<void> {
  const made = new Set<string>();
  for (const { name, route } of tables) {
    const { database } = route.target;
    if (made.has(database)) continue;
    made.add(database);
    const [row] = await source.query(
      `SELECT DEFAULT_CHARACTER_SET_NAME AS charset, DEFAULT_COLLATION_NAME AS collation
       FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${quoteText(name.database)}`,
    );
    const charset = readOptionalText(row, 'charset') ?? 'utf8mb4';
    const collation = readOptionalText(row, 'collation') ?? 'utf8mb4_general_ci';
    await run.target.createDatabase(database, charset, collation);
  }
}

function planProgress(run: CopyRun, tables: readonly SourceTable[]): void {
  run.progress.plan(
    tables.map(({ key, name, estimatedRows, estimatedBytes }) => {
      const record = run.record.table(key);
      return {
        table: formatTableName(name),
        state: record?.state === 'done' ? 'done' : 'waiting',
        rows: (record?.rows ?? 0) + run.record.sliceRows(key),
        bytes: record?.bytes ?? 0,
        estimatedRows,
        estimatedBytes,
      };
    }),
  );
}
