/*
 * The hashes by which the originals choose a partition, so that keys land where they landed before:
 *
 *   java      abs(String.hashCode(text) % n)                     Maxwell's default
 *   murmur3   abs(murmur3_x86_32(utf-8, seed 25342) % n)          Maxwell's other
 *   canal     abs(abs(hash) % n), hash from String.hashCode      canal
 *   murmur2   (murmur2(bytes) & 0x7fffffff) % n                   Kafka's own partitioner, so Debezium's
 *
 * Remainders are Java's: they have the sign of the left side. All arithmetic is on 32-bit integers that wrap.
 */

export const PARTITION_HASHES = ['java', 'murmur3', 'canal', 'murmur2'] as const;
export type PartitionHash = (typeof PARTITION_HASHES)[number];

/** Java's String.hashCode: over UTF-16 code units. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The same over bytes that are ASCII, going on from the hash of what stands before them. */
export function javaHashOfAscii(bytes: Buffer, start: number, end: number, before = 0): number {
  let hash = before;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  return hash;
}

const MAXWELL_SEED = 25342;

export function murmur3(bytes: Buffer, seed: number = MAXWELL_SEED): number {
  const blocks = bytes.length & ~3;
  let hash = seed;
  for (let at = 0; at < blocks; at += 4) {
    hash ^= mix3(bytes.readInt32LE(at));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= blocks; at--) tail = (tail << 8) | (bytes[at] ?? 0);
  if (bytes.length > blocks) hash ^= mix3(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function mix3(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

const MURMUR2_SEED = 0x9747b28c;
const MURMUR2_M = 0x5bd1e995;

/** Kafka's (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(bytes: Buffer, start = 0, end = bytes.length): number {
  const length = end - start;
  let hash = MURMUR2_SEED ^ length;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let block = Math.imul(bytes.readInt32LE(at), MURMUR2_M);
    block = Math.imul(block ^ (block >>> 24), MURMUR2_M);
    hash = Math.imul(hash, MURMUR2_M) ^ block;
  }
  const rest = end - at;
  if (rest > 0) {
    if (rest === 3) hash ^= (bytes[at + 2] ?? 0) << 16;
    if (rest >= 2) hash ^= (bytes[at + 1] ?? 0) << 8;
    hash = Math.imul(hash ^ (bytes[at] ?? 0), MURMUR2_M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MURMUR2_M);
  return hash ^ (hash >>> 15);
}

/** Maxwell: `Math.abs(hash % n)`. */
export function javaPartition(hash: number, partitions: number): number {
  return Math.abs(hash % partitions);
}

/** canal: `Math.abs(Math.abs(hash) % n)`, where the smallest integer stays negative under abs. */
export function canalPartition(hash: number, partitions: number): number {
  return Math.abs((Math.abs(hash) | 0) % partitions);
}

export function murmur2Partition(hash: number, partitions: number): number {
  return (hash & 0x7fff_ffff) % partitions;
}

/** The partition of a text by any of them. */
export function partitionOfText(hash: PartitionHash, text: string, partitions: number): number {
  switch (hash) {
    case 'java':
      return javaPartition(javaHashCode(text), partitions);
    case 'murmur3':
      return javaPartition(murmur3(Buffer.from(text)), partitions);
    case 'canal':
      return canalPartition(javaHashCode(text), partitions);
    case 'murmur2':
      return murmur2Partition(murmur2(Buffer.from(text)), partitions);
  }
}

/** canal's hash of key columns: the database's (or 0), then each value's text in turn. */
export function canalKeyHash(database: string | undefined, values: readonly string[]): number {
  let hash = database === undefined ? 0 : javaHashCode(database);
  for (const value of values) hash ^= javaHashCode(value);
  return hash;
}
