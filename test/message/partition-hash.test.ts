import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import {
  canalKeyHash,
  canalPartition,
  javaHashCode,
  javaPartition,
  murmur2,
  murmur3,
  partitionOfText,
} from '../../src/message/partition-hash.ts';

/** text, hashCode, its partition of 12, murmur3 with Maxwell's seed, its partition. */
const VECTORS = [
  ['test', 3556498, 10, 986285685, 9],
  ['shard_1', 2054216720, 8, -1752474718, 10],
  ['users', 111578632, 4, -150528517, 1],
  ['1001', 1507424, 8, -44102785, 1],
  ['9001example', 1422162706, 10, 2004205145, 5],
  ['订单', 1129459, 7, -1284116998, 10],
  ['None', 2433880, 4, -1571757336, 0],
  ['polygenelubricants', -2147483648, 8, 65225368, 4],
] as const;

describe.each(VECTORS)('%s', (text, java, javaOf12, murmur, murmurOf12) => {
  it("hashes as Java's String.hashCode", () => {
    expect(javaHashCode(text)).toBe(java);
    expect(javaPartition(java, 12)).toBe(javaOf12);
    expect(partitionOfText('java', text, 12)).toBe(javaOf12);
  });

  it("hashes as Maxwell's murmur3", () => {
    expect(murmur3(Buffer.from(text))).toBe(murmur);
    expect(partitionOfText('murmur3', text, 12)).toBe(murmurOf12);
  });
});

it('murmur3 gives the reference value with seed 0', () => {
  expect(murmur3(Buffer.from('hello'), 0)).toBe(0x248bfa47);
});

it('murmur2 agrees with the partitioner of kafkajs', () => {
  const require = createRequire(import.meta.url);
  const reference = require('kafkajs/src/producer/partitioners/default/murmur2.js') as (
    key: string | Buffer,
  ) => number;
  for (let i = 0; i < 500; i++) {
    const key = Buffer.from(`{"id":${i}}${'é'.repeat(i % 7)}`);
    expect(murmur2(key)).toBe(reference(key));
  }
});

describe('canal', () => {
  it.each([
    ['1', -1059087345, 9],
    ['1001', -1060594594, 10],
    ['abc', -1059134372, 8],
  ])('finds the partition of key %s of database mytest', (value, hash, partition) => {
    expect(canalKeyHash('mytest', [value])).toBe(hash);
    expect(canalPartition(hash, 12)).toBe(partition);
  });

  it('finds the partition of a table', () => {
    expect(partitionOfText('canal', 'users', 12)).toBe(4);
  });
});
