import { expect, it } from 'vitest';
import {
  assignPartitions,
  decodeAssignment,
  decodeTopics,
  encodeTopics,
} from '../../src/kafka/group-protocol.ts';

it('gives each partition to one of the members that read its topic', () => {
  const counts: Record<string, number> = { a: 5, b: 2, c: 1 };
  const given = assignPartitions(
    [
      { memberId: 'two', topics: ['a', 'b'] },
      { memberId: 'one', topics: ['a', 'b', 'c'] },
    ],
    (topic) => counts[topic] ?? 0,
  ).map(({ memberId, memberAssignment }) => ({
    memberId,
    partitions: decodeAssignment(memberAssignment).map((at) => `${at.topic}${at.partition}`),
  }));
  const all = given.flatMap(({ partitions }) => partitions);
  expect([...all].sort()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'c0']);
  expect(given.find(({ memberId }) => memberId === 'one')?.partitions).toContain('c0');
  for (const { partitions } of given) expect(partitions.length).toBeGreaterThanOrEqual(3);
});

it('tells the others which topics it reads', () => {
  expect(decodeTopics(encodeTopics(['x', 'y']))).toEqual(['x', 'y']);
});
