import { i32At } from './little-endian.ts';

const float32 = new Float32Array(1);
const bits = new Int32Array(float32.buffer);

/** The float32 whose four little-endian bytes stand at `at`. */
export function readFloat32(bytes: Uint8Array, at: number): number {
  bits[0] = i32At(bytes, at);
  return float32[0] ?? 0;
}

/** Any decimal of six digits survives the way through a float32; nine tell any two floats apart. */
const SAFE_DIGITS = 6;
const SMALLEST_NORMAL = 2 ** -126;

/**
 * The shortest decimal text that reads back as the same float32. `value` is the double of a float32,
 * whose own text would show digits that the float never had (1.1 as 1.100000023841858).
 */
export function formatFloat32(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  // Below the normal range a float has fewer digits than six.
  const first = Math.abs(value) < SMALLEST_NORMAL ? 1 : SAFE_DIGITS;
  for (let digits = first; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
