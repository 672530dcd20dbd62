import type { ServerInfo } from '../server/server-info.ts';
import {
  formatCreateTable,
  parseCreateTable,
  routeColumns,
  splitKeys,
  type CreateTableText,
} from './create-table-text.ts';
import type { SourceTable } from './source-tables.ts';

/** The source's definition under the target's names of columns. */
export function createStatement(table: SourceTable, info: ServerInfo): string {
  const routed = routedText(table, info);
  return routed === undefined ? table.createText : formatCreateTable(routed);
}

/** The same in two steps: keys that can be made when the rows are there come by themselves. */
export function createInSteps(
  table: SourceTable,
  info: ServerInfo,
): { readonly create: string; readonly lateKeys: readonly string[] } {
  const routed = routedText(table, info);
  if (routed === undefined) return { create: table.createText, lateKeys: [] };
  const { create, late } = splitKeys(routed, dialectOf(info));
  return { create: formatCreateTable(create), lateKeys: late };
}

function routedText(table: SourceTable, info: ServerInfo): CreateTableText | undefined {
  const dialect = dialectOf(info);
  const parsed = parseCreateTable(table.createText, dialect);
  return parsed && routeColumns(parsed, table, dialect);
}

function dialectOf(info: ServerInfo) {
  return { ...info, sqlModeNames: [] };
}
