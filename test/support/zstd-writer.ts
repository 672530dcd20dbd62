const MAX_BLOCK = 128 * 1024;
const MAGIC = 0xfd2fb528;
/** Window of 1 MiB: exponent 10, mantissa 0. */
const WINDOW = 10 << 3;

/** A valid zstd frame of uncompressed blocks and, where a block is one byte repeated, of RLE blocks. */
export function writeZstd(data: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32LE(MAGIC, 0);
  head[5] = WINDOW;
  const blocks: Buffer[] = [];
  for (let start = 0; start < data.length; start += MAX_BLOCK) {
    const block = data.subarray(start, start + MAX_BLOCK);
    blocks.push(...writeBlock(block, start + MAX_BLOCK >= data.length));
  }
  return Buffer.concat([head, ...blocks]);
}

function writeBlock(block: Buffer, isLast: boolean): Buffer[] {
  const isRepeated = block.every((byte) => byte === block[0]);
  const head = Buffer.alloc(3);
  head.writeUIntLE((block.length << 3) | (isRepeated ? 2 : 0) | (isLast ? 1 : 0), 0, 3);
  return [head, isRepeated ? block.subarray(0, 1) : block];
}
