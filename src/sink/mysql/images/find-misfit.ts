import type { RowsChange } from '../../../core/change.ts';
import type { Column } from '../../../core/table.ts';
import type { TableBinding } from '../table-binding.ts';
import type { TargetColumn } from '../target-table.ts';

/** Types that the two families write differently, or that only one of them has. */
const OF_ONE_FAMILY: ReadonlySet<string> = new Set(['vector', 'uuid', 'inet4', 'inet6']);

/**
 * Why the source's row images cannot stand in the target's table as they are; undefined: they can. Stricter than the
 * servers, which convert some types and leave columns at the end alone: here both definitions have to be equal,
 * column by column.
 */
export function findMisfit(binding: TableBinding): string | undefined {
  const { source, target } = binding;
  if (!target.takesImages) return 'the target keeps columns of its own beside those that it shows';
  if (target.columns.length !== source.columns.length) {
    return `it has ${target.columns.length} columns on the target and ${source.columns.length} on the source`;
  }
  for (const [index, column] of source.columns.entries()) {
    const there = target.columns[index];
    const isWritten = binding.columns.some((one) => one.index === index && one.target === there);
    if (there === undefined || !isWritten) {
      return `the column ${column.name} is generated, left out, or in another place on the target`;
    }
    if (!isSameColumn(column, there)) return `the column ${column.name} has another type`;
  }
  return undefined;
}

/** The same for one change: images with gaps, or that are no longer as the source wrote them. */
export function hasWireImages({ before, after }: RowsChange): boolean {
  return (
    (before === undefined || before.wire !== undefined) &&
    (after === undefined || after.wire !== undefined)
  );
}

function isSameColumn(source: Column, target: TargetColumn): boolean {
  if (source.isHidden || source.isCompressed || source.generated !== undefined) return false;
  if (target.isGenerated || OF_ONE_FAMILY.has(source.type)) return false;
  if (source.isNullable !== target.isNullable || source.charset !== target.charset) return false;
  if (source.type === 'enum' || source.type === 'set') {
    return source.type === target.dataType && hasSame(source.labels, target.labels);
  }
  return plainType(source.columnType) === plainType(target.columnType);
}

function hasSame(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every((label, index) => label === b[index]);
}

/** Display widths say nothing of what is stored, and newer servers leave them out. */
function plainType(columnType: string): string {
  return columnType
    .toLowerCase()
    .replace(/^((?:tiny|small|medium|big)?int|year)\(\d+\)/, '$1')
    .replace(/ zerofill/, '')
    .replace(/^geomcollection/, 'geometrycollection');
}
