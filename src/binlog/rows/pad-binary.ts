/** BINARY(n) travels without the zero bytes at its end: the value as it is, n bytes. */
export function padBinary(bytes: Buffer, start: number, end: number, length: number): Buffer {
  if (end - start >= length) return bytes.subarray(start, end);
  const padded = Buffer.alloc(length);
  bytes.copy(padded, 0, start, end);
  return padded;
}
