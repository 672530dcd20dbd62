import type { CopyTarget } from '../core/copy.ts';
import { makeDatabases } from '../snapshot/prepare-target.ts';
import { sourceStatement } from '../snapshot/source-statement.ts';
import type { SourceTable } from '../snapshot/source-tables.ts';
import type { ServerConnection } from '../server/server-connection.ts';

/** Makes the table at the target as the source has it. */
export async function makeTargetTable(
  target: CopyTarget,
  source: ServerConnection,
  table: SourceTable,
): Promise<void> {
  await makeDatabases({ target }, source, [table]);
  await target.runDdl(sourceStatement(table.createText, table.name.database, source.info));
}
