import { literalForm } from '../literal-form.ts';
import type { BoundColumn, TableBinding } from '../table-binding.ts';

/**
 * A dump's INSERT under `SET NAMES binary` gives each text column the bytes that the source has: right
 * where both columns have the same character set, and where no value needs more than its bytes.
 */
export function takesText({ columns }: TableBinding): boolean {
  return columns.every(takesBytes);
}

function takesBytes(column: BoundColumn): boolean {
  const { source, target } = column;
  // A binary string of sixteen bytes would be the value itself; of another length it is refused.
  if (['uuid', 'inet4', 'inet6'].includes(source.type)) return false;
  // A binary string is no JSON to MySQL, and decimals in it would become doubles.
  if (source.type === 'json' || target.dataType === 'json') return false;
  if (source.charset !== undefined && source.charset !== target.charset) return false;
  if (source.charset === undefined && target.charset !== undefined) {
    return !/char|text|enum|set/.test(target.dataType);
  }
  return literalForm(column).labels === undefined;
}
