import { isSameName, PRIMARY, type KeyDefinition } from '../table-definition.ts';

/** The name that the server gives a key without one: its first column's, then with _2, _3, …. */
export function autoKeyName(
  firstColumn: string | undefined,
  keys: readonly KeyDefinition[],
): string {
  const base = firstColumn ?? 'functional_index';
  const isTaken = (name: string): boolean => keys.some((key) => isSameName(key.name, name));
  if (!isTaken(base) && !isSameName(base, PRIMARY)) return base;
  for (let number = 2; ; number++) {
    const name = `${base}_${number}`;
    if (!isTaken(name)) return name;
  }
}
