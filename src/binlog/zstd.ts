import { Decompress } from 'fzstd';

/**
 * Input handed on at once when streaming. A zstd block holds at most 128 KiB and may be packed in four
 * bytes, so this bounds what one step can put out; real data stay far below.
 */
const STEP_BYTES = 1024;

/** Piece by piece, so that neither the whole nor anything near it is in memory. */
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
