import * as zlib from 'node:zlib';
import { Decompress, decompress } from 'fzstd';

type ZstdDecompressSync = (data: Uint8Array, options: { maxOutputLength: number }) => Buffer;

/** Node has zstd since 22.15; the types of the oldest supported Node do not know it. */
const nodeZstd = (zlib as { zstdDecompressSync?: ZstdDecompressSync }).zstdDecompressSync;

/**
 * Input handed on at once when streaming. A zstd block holds at most 128 KiB and may be packed in four
 * bytes, so this bounds what one step can put out; real data stay far below.
 */
const STEP_BYTES = 1024;

/** The whole of `data`, when it is known to be small. Throws when it is damaged or longer than said. */
export function inflateZstd(data: Buffer, length: number): Buffer {
  if (nodeZstd !== undefined) return nodeZstd(data, { maxOutputLength: Math.max(length, 1) });
  const inflated = decompress(data);
  return Buffer.from(inflated.buffer, inflated.byteOffset, inflated.byteLength);
}

/** The same piece by piece, so that neither the whole nor anything near it is in memory. */
export function* inflateZstdPieces(data: Buffer): Generator<Buffer, void, undefined> {
  const pieces: Buffer[] = [];
  const inflater = new Decompress((piece) => {
    pieces.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  });
  for (let start = 0; start < data.length; start += STEP_BYTES) {
    const end = Math.min(start + STEP_BYTES, data.length);
    inflater.push(data.subarray(start, end), end === data.length);
    yield* pieces.splice(0);
  }
}
