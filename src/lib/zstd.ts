import * as zlib from 'node:zlib';
import {
  compress as wasmCompress,
  decompress as wasmDecompress,
  init as initWasm,
} from '@bokuweb/zstd-wasm';
import { decompress as scriptDecompress } from 'fzstd';

/** Node has zstd since 22.15; the types of the oldest supported Node do not know it. */
interface NodeZstd {
  readonly zstdCompressSync?: (data: Uint8Array) => Buffer;
  readonly zstdDecompressSync?: (
    data: Uint8Array,
    options?: { readonly maxOutputLength: number },
  ) => Buffer;
}

const node = zlib as NodeZstd;
const LEVEL = 3;
/** What WebAssembly has taken for a large value it never gives back. */
const WASM_BYTES = 8 << 20;

const DICTIONARY_ID_BYTES = [0, 1, 2, 4];

let isWasmReady = false;
let loading: Promise<void> | undefined;

/** Before the first `compressZstd`: older Node needs its codec loaded. */
export async function prepareZstd(): Promise<void> {
  if (node.zstdCompressSync === undefined && !isWasmReady) await loadWasm();
}

export function compressZstd(data: Buffer): Buffer {
  return node.zstdCompressSync?.(data) ?? viewOf(wasmCompress(data, LEVEL));
}

/**
 * `length`: what it inflates to, where that is known. By WebAssembly where Node has none, twice as fast as
 * by JavaScript; that does it until the codec is loaded, and what is large. Throws when the data are damaged
 * or longer than said.
 */
export function decompressZstd(data: Buffer, length?: number): Buffer {
  if (node.zstdDecompressSync !== undefined) {
    return length === undefined
      ? node.zstdDecompressSync(data)
      : node.zstdDecompressSync(data, { maxOutputLength: Math.max(length, 1) });
  }
  if (length === undefined || length > WASM_BYTES) return viewOf(scriptDecompress(data));
  if (isWasmReady) {
    // The codec takes as much memory as the data ask for.
    if ((contentSize(data) ?? length) !== length) throw new Error('it says another length');
    return viewOf(wasmDecompress(data, { defaultHeapSize: length }));
  }
  void loadWasm().catch(() => undefined);
  return viewOf(scriptDecompress(data));
}

/**
 * What the first frame says of its length when inflated (RFC 8878, 3.1.1.1): magic 4 · descriptor 1 (bits 6 and 7: size
 * of that field; 5: no window; 0 and 1: size of the dictionary's id) · window 0 or 1 · dictionary's id · length.
 */
function contentSize(data: Buffer): number | undefined {
  const descriptor = data[4] ?? 0;
  const hasWindow = (descriptor & 0x20) === 0;
  const at = 5 + (hasWindow ? 1 : 0) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0);
  switch (descriptor >> 6) {
    case 0:
      return hasWindow ? undefined : data.readUInt8(at);
    case 1:
      return data.readUInt16LE(at) + 256;
    case 2:
      return data.readUInt32LE(at);
    default:
      return Number(data.readBigUInt64LE(at));
  }
}

function loadWasm(): Promise<void> {
  loading ??= initWasm().then(() => {
    isWasmReady = true;
  });
  return loading;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
