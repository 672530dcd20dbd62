import type { ImageLead } from '../../core/row.ts';
import type { RowShape } from './row-code.ts';

/** undefined: one of the first `count` columns may be NULL or is not in the images. */
export function imageLead({ columns, nullBytes }: RowShape, count: number): ImageLead | undefined {
  const first = columns.slice(0, count);
  if (first.length !== count || count === 0) return undefined;
  if (first.some(({ isNullable, nullBit }) => isNullable || nullBit < 0)) return undefined;
  const startOf = (at: number): number => at + nullBytes;
  const widths = first.map(({ layout }) => ('fixed' in layout ? layout.fixed : 0));
  if (first.every(({ layout }) => 'fixed' in layout)) {
    const length = nullBytes + widths.reduce((sum, width) => sum + width, 0);
    return { startOf, endOf: (_, at) => at + length };
  }
  const prefixes = first.map(({ layout }) => ('prefix' in layout ? layout.prefix : 0));
  return {
    startOf,
    endOf: (bytes, at) => {
      let end = at + nullBytes;
      for (let column = 0; column < count; column++) {
        const prefix = prefixes[column] as number;
        end += prefix === 0 ? (widths[column] as number) : prefix + bytes.readUIntLE(end, prefix);
      }
      return end;
    },
  };
}
