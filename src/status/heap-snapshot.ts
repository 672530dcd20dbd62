import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getHeapSnapshot } from 'node:v8';
import { redactingStream } from '../lib/redact-stream.ts';

/** Of this process. It stands still meanwhile, and needs its heap twice over. */
export async function sendHeapTo(output: Writable): Promise<void> {
  // A heap holds every password. Taken first: what looks for them must not be in it.
  const snapshot: Readable = getHeapSnapshot();
  await pipeline(snapshot, redactingStream(), output);
}

/** Into a file in a folder of its own that only we can open; the path. */
export async function writeHeap(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-heap-'));
  const path = join(folder, 'heapsnapshot');
  try {
    await sendHeapTo(createWriteStream(path, { mode: 0o600 }));
    return path;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What another process wrote; nothing is left of it. */
export async function sendHeapFile(path: string, output: Writable): Promise<void> {
  try {
    await pipeline(createReadStream(path), output);
  } finally {
    await rm(dirname(path), { recursive: true, force: true });
  }
}
