import type { TableBinding } from '../table-binding.ts';

/**
 * How many columns at a table's beginning are its primary key; undefined: the key stands elsewhere. By a primary key
 * InnoDB finds a row without looking at anything else of the image before, so nothing else of it has to be sent:
 * that halves what the target is given of an update. Its own binlog has whole images all the same.
 */
export function keyCountOf({ identity, target }: TableBinding): number | undefined {
  const [first] = target.uniqueKeys;
  // What names a row is then this one: images are only written where all columns are.
  if (identity === undefined || first?.isPrimary !== true || !first.isRowIdentity) return undefined;
  if (target.engine.toLowerCase() !== 'innodb') return undefined;
  return identity.every((column, index) => column === index) ? identity.length : undefined;
}
