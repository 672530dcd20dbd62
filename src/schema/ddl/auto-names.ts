import { isSameName, PRIMARY, type KeyDefinition, type KeyPart } from '../table-definition.ts';

/** The name that the server gives a key without one: its first column's, then with _2, _3, …. */
export function autoKeyName(
  parts: readonly Pick<KeyPart, 'column'>[],
  keys: readonly KeyDefinition[],
): string {
  const hasExpression = parts.some((part) => part.column === undefined);
  const base = hasExpression ? 'functional_index' : (parts[0]?.column ?? '');
  const isTaken = (name: string): boolean => keys.some((key) => isSameName(key.name, name));
  if (!isTaken(base) && !isSameName(base, PRIMARY)) return base;
  for (let number = 2; ; number++) {
    const name = `${base}_${number}`;
    if (!isTaken(name)) return name;
  }
}
