import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 64 * 1024;

/** The body of a request as text; undefined: it is larger than anything we take. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = chunk as Buffer;
    bytes += piece.length;
    // Read to its end all the same: else the answer does not reach who is still sending.
    if (bytes <= MAX_BYTES) chunks.push(piece);
  }
  return bytes <= MAX_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}
