import { describe, expect, it } from 'vitest';
import { REPLAYED, type SourceMark } from '../../../src/core/position.ts';
import type { SourceHeaders } from '../../../src/source/kafka/message-headers.ts';
import { SourceMarks, sourceName } from '../../../src/source/kafka/source-marks.ts';

const at = (history: string | undefined, seq: number, part = 1): SourceHeaders => ({
  task: 'shop',
  source: history === undefined ? 'shop' : sourceName('shop', history),
  seq,
  part,
  isLast: false,
});

function marksWith(...passed: SourceHeaders[]): SourceMarks {
  const marks = new SourceMarks(new Map());
  for (const headers of passed) marks.passed(headers);
  return marks;
}

describe('what came last from a source task', () => {
  it('tells what is sent again by number and part', () => {
    const marks = marksWith(at('a', 7, 2));
    expect(marks.isNew(at('a', 7, 2))).toBe(false);
    expect(marks.isNew(at('a', 6, 9))).toBe(false);
    expect(marks.isNew(at('a', 7, 3))).toBe(true);
    expect(marks.isNew(at('a', 8))).toBe(true);
    expect(marks.isNew({ ...at('a', 1), task: 'other', source: 'other@a' })).toBe(true);
  });

  it('is of one history: the numbers of another are not measured by it', () => {
    const marks = marksWith(at('a', 100), at('b', 1));
    expect(marks.isNew(at('b', 2))).toBe(true);
    expect(marks.isNew(at('b', 1))).toBe(false);
    // A process of before that was slow to die.
    expect(marks.isNew(at('a', 100))).toBe(false);
    expect(marks.isNew(at(undefined, 1))).toBe(true);
  });

  it('leaves in doubt what another history has counted already', () => {
    const marks = marksWith(at(undefined, 5), at('a', 3));
    expect(marks.isDoubtful(at('b', 5))).toBe(true);
    expect(marks.isDoubtful(at('b', 6))).toBe(false);
    expect(marks.isDoubtful(at(undefined, 9))).toBe(false);
    expect(marks.isDoubtful({ ...at('b', 5), task: 'other', source: 'other@b' })).toBe(false);
  });

  it('forgets how far it was replayed only behind that', () => {
    const stored = new Map<string, SourceMark>([[REPLAYED, { seq: 40, part: 0 }]]);
    const marks = new SourceMarks(stored);
    expect(marks.replayUntil).toBe(40);
    expect(marks.take(39).toMap().has(REPLAYED)).toBe(true);
    expect(marks.take(40).toMap().has(REPLAYED)).toBe(false);
    marks.passed(at('a', 1));
    expect([...marks.take(41).toMap()]).toEqual([['shop@a', { seq: 1, part: 1 }]]);
  });
});
