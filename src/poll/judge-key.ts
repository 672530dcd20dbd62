import type { CopyFit } from '../core/copy.ts';
import { TableKey } from '../snapshot/native/table-key.ts';
import type { SourceTable } from '../snapshot/source-tables.ts';

export type KeyVerdict =
  | { readonly kind: 'usable'; readonly key: TableKey; readonly warning: string | undefined }
  | { readonly kind: 'unusable'; readonly reason: string };

const TIMES: ReadonlySet<string> = new Set(['datetime', 'timestamp', 'date']);

/** Can the table be followed by its primary key, and is a new row sure to come behind the others? */
export function judgeKey(table: SourceTable, fit: Pick<CopyFit, 'columns' | 'hasKey'>): KeyVerdict {
  const unusable = (reason: string): KeyVerdict => ({ kind: 'unusable', reason });
  if (table.table.primaryKey.length === 0) return unusable('it has no primary key');
  const key = TableKey.of(table.table, fit.columns);
  if (key === undefined)
    return unusable('its primary key is of a type that has no order to read by');
  if (!fit.hasKey) return unusable("the target's table has no key");
  return { kind: 'usable', key, warning: growsAtItsEnd(table) ? undefined : NOT_GROWING };
}

const NOT_GROWING =
  'its key does not grow by itself: a row whose key sorts before the last one is not seen by polling, but by the inspection';

/** AUTO_INCREMENT, or a time. */
function growsAtItsEnd({ table, createText }: SourceTable): boolean {
  const column = table.columns[table.primaryKey[0] ?? -1];
  if (column === undefined) return false;
  if (TIMES.has(column.type)) return true;
  const name = `\`${column.name.replaceAll('`', '``')}\` `;
  const line = createText.split('\n').find((one) => one.trimStart().startsWith(name));
  return line?.includes(' AUTO_INCREMENT') === true;
}
