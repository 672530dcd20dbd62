import { gunzipSync, gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappyjs';
import { compressZstd, decompressZstd, prepareZstd } from '../lib/zstd.ts';

/*
 * How a record batch's records are packed (bits 0-2 of its attributes):
 *
 *   0 none · 1 gzip · 2 snappy · 3 lz4 (frame format) · 4 zstd
 *
 * Snappy comes in the framing of xerial's snappy-java, which Kafka's own clients write:
 *
 *    0  8  82 'SNAPPY' 0          magic
 *    8  4  version, 1
 *   12  4  oldest compatible version, 1
 *   16  …  blocks: 4 length, raw snappy data of at most 32 KiB
 *
 * and from other clients as one raw block. Source: KIP-57, KIP-110, snappy-java's SnappyOutputStream.
 */

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** The number in a batch's attributes. */
export function compressionId(compression: Compression): number {
  return COMPRESSIONS.indexOf(compression);
}

const GZIP_LEVEL = 1;
const XERIAL_HEADER = Buffer.from([
  0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1,
]);
const XERIAL_MAGIC = XERIAL_HEADER.subarray(0, 8);
const XERIAL_BLOCK = 32 * 1024;

/** Before the first `compress` with zstd: older Node needs its codec loaded. */
export async function prepareCompression(compression: Compression): Promise<void> {
  if (compression === 'zstd') await prepareZstd();
}

export function compress(compression: Exclude<Compression, 'none'>, data: Buffer): Buffer {
  switch (compression) {
    case 'gzip':
      return gzipSync(data, { level: GZIP_LEVEL });
    case 'snappy':
      return snappy(data);
    case 'lz4':
      return compressFrameSync(data);
    case 'zstd':
      return compressZstd(data);
  }
}

export function decompress(compression: Exclude<Compression, 'none'>, data: Buffer): Buffer {
  switch (compression) {
    case 'gzip':
      return gunzipSync(data);
    case 'snappy':
      return unsnappy(data);
    case 'lz4':
      return decompressFrameSync(data);
    case 'zstd':
      return decompressZstd(data);
  }
}

/** Teaches kafkajs the codecs that it lacks: for its consumer, and for its producer in tests. */
export function registerCodecs(): void {
  const codecs = kafkajs.CompressionCodecs as Record<number, unknown>;
  for (const name of ['snappy', 'lz4', 'zstd'] as const) {
    codecs[compressionId(name)] = () => ({
      compress: async (encoder: { readonly buffer: Buffer }) => {
        await prepareCompression(name);
        return compress(name, encoder.buffer);
      },
      decompress: (data: Buffer) => Promise.resolve(decompress(name, data)),
    });
  }
}

function snappy(data: Buffer): Buffer {
  const pieces: Buffer[] = [XERIAL_HEADER];
  for (let start = 0; start < data.length; start += XERIAL_BLOCK) {
    const block = viewOf(snappyCompress(data.subarray(start, start + XERIAL_BLOCK)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    pieces.push(length, block);
  }
  return Buffer.concat(pieces);
}

function unsnappy(data: Buffer): Buffer {
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) {
    return viewOf(snappyUncompress(data));
  }
  const pieces: Buffer[] = [];
  for (let at = XERIAL_HEADER.length; at < data.length;) {
    const length = data.readUInt32BE(at);
    at += 4;
    pieces.push(viewOf(snappyUncompress(data.subarray(at, at + length))));
    at += length;
  }
  return Buffer.concat(pieces);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
