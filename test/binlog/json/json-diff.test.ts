import { describe, expect, it } from 'vitest';
import { jsonBinaryToText } from '../../../src/binlog/json/json-binary.ts';
import { applyJsonDiffs } from '../../../src/binlog/json/json-diff.ts';
import { encodeJsonBinary, type JsonNode } from '../../../src/binlog/json/json-tree.ts';

const integer = (value: number): JsonNode => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16LE(value);
  return { kind: 'scalar', type: 5, value: bytes };
};
const object = (members: Record<string, JsonNode>): JsonNode => ({
  kind: 'object',
  members: Object.entries(members).map(([key, value]) => ({ key: Buffer.from(key), value })),
});

const REPLACE = 0;
const INSERT = 1;
const REMOVE = 2;

function diff(operation: number, path: string, value?: JsonNode): Buffer {
  const counted = (bytes: Buffer) => Buffer.concat([Buffer.of(bytes.length), bytes]);
  const parts = [Buffer.of(operation), counted(Buffer.from(path))];
  if (value !== undefined) parts.push(counted(encodeJsonBinary(value)));
  return Buffer.concat(parts);
}

function apply(...diffs: Buffer[]): string {
  const document = encodeJsonBinary(
    object({ a: integer(1), bb: { kind: 'array', items: [integer(1), integer(2)] } }),
  );
  const bytes = Buffer.concat(diffs);
  const after = applyJsonDiffs(document, bytes, 0, bytes.length);
  return jsonBinaryToText(after, 0, after.length);
}

describe('applyJsonDiffs', () => {
  it('replaces, inserts and removes, one after the other', () => {
    expect(apply(diff(REPLACE, '$.a', integer(5)))).toBe('{"a": 5, "bb": [1, 2]}');
    expect(apply(diff(INSERT, '$.bb[1]', integer(7)))).toBe('{"a": 1, "bb": [1, 7, 2]}');
    expect(apply(diff(INSERT, '$.bb[2]', integer(7)))).toBe('{"a": 1, "bb": [1, 2, 7]}');
    expect(apply(diff(REMOVE, '$.bb[0]'), diff(REMOVE, '$.a'))).toBe('{"bb": [2]}');
    expect(apply(diff(REPLACE, '$', integer(3)))).toBe('3');
  });

  it('keeps members in the order of length, then bytes', () => {
    expect(apply(diff(INSERT, '$.z', integer(1)), diff(INSERT, '$.ba', integer(2)))).toBe(
      '{"a": 1, "z": 1, "ba": 2, "bb": [1, 2]}',
    );
  });

  it('reads quoted names', () => {
    expect(apply(diff(INSERT, '$."q\\" [0].x"', integer(1)))).toContain('"q\\" [0].x": 1');
    expect(apply(diff(INSERT, '$."__proto__"', integer(1)))).toContain('"__proto__": 1');
  });

  it.each([
    ['replace of what is not there', diff(REPLACE, '$.none', integer(1))],
    ['remove of what is not there', diff(REMOVE, '$.bb[2]')],
    ['insert of what is there', diff(INSERT, '$.a', integer(1))],
    ['a path through a scalar', diff(REPLACE, '$.a.b', integer(1))],
    ['a path with a wildcard', diff(REMOVE, '$.*[')],
    ['an unknown operation', diff(7, '$.a')],
    ['a cut diff', diff(REPLACE, '$.a', integer(1)).subarray(0, 6)],
  ])('refuses %s', (_, bytes) => {
    expect(() => apply(bytes)).toThrow(/A JSON value cannot be read/);
  });
});
