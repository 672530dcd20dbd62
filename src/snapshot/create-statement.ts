import type { ServerInfo } from '../server/server-info.ts';
import { formatCreateTable, parseCreateTable, splitKeys } from './create-table-text.ts';
import type { SourceTable } from './source-tables.ts';

/** The source's definition in two steps: keys that can be made when the rows are there come by themselves. */
export function createInSteps(
  { createText }: SourceTable,
  info: ServerInfo,
): { readonly create: string; readonly lateKeys: readonly string[] } {
  const dialect = { ...info, sqlModeNames: [] };
  const parsed = parseCreateTable(createText, dialect);
  if (parsed === undefined) return { create: createText, lateKeys: [] };
  const { create, late } = splitKeys(parsed, dialect);
  return { create: formatCreateTable(create), lateKeys: late };
}
