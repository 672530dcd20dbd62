/** Places of so many items fit beside a key of 32 bits into the exact integers. */
const MAX_PLACES = 2 ** 20;
const MAX_PACKED_KEY = 2 ** 32;

type KeyOf<T> = (item: T) => number;

/**
 * Sorts in place by a number, equal ones as they stood. Key and place become one number each where they fit: plain numbers
 * are sorted without a call for each comparison.
 */
export function sortByNumber<T>(items: T[], keyOf: KeyOf<T>): void {
  if (isOrdered(items, keyOf)) return;
  if (canPack(items, keyOf)) sortPacked(items, keyOf);
  else items.sort((a, b) => keyOf(a) - keyOf(b));
}

function isOrdered<T>(items: readonly T[], keyOf: KeyOf<T>): boolean {
  let last = -Infinity;
  for (const item of items) {
    const key = keyOf(item);
    if (key < last) return false;
    last = key;
  }
  return true;
}

function canPack<T>(items: readonly T[], keyOf: KeyOf<T>): boolean {
  if (items.length > MAX_PLACES) return false;
  for (const item of items) {
    const key = keyOf(item);
    if (!Number.isInteger(key) || Math.abs(key) >= MAX_PACKED_KEY) return false;
  }
  return true;
}

function sortPacked<T>(items: T[], keyOf: KeyOf<T>): void {
  const packed = new Float64Array(items.length);
  for (let i = 0; i < items.length; i++) packed[i] = keyOf(items[i] as T) * MAX_PLACES + i;
  packed.sort();
  const before = items.slice();
  for (let i = 0; i < items.length; i++) {
    const number = packed[i] as number;
    items[i] = before[number - Math.floor(number / MAX_PLACES) * MAX_PLACES] as T;
  }
}
