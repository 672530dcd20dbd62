import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactJson, spacedJson } from '../../src/message/json-text.ts';

/** As MySQL writes a document. */
function serverText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(serverText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${serverText(member)}`,
  );
  return `{${members.join(', ')}}`;
}

describe('the text of a JSON document', () => {
  it('loses spaces between its parts only', () => {
    expect(compactJson('{"a b": 1, "c": [1.0, " \\" , : \\\\", {}]}')).toBe(
      '{"a b":1,"c":[1.0," \\" , : \\\\",{}]}',
    );
  });

  it('is the same document, and comes back to the letter', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = serverText(value);
        expect(compactJson(text)).toBe(JSON.stringify(value));
        expect(spacedJson(compactJson(text))).toBe(text);
      }),
    );
  });
});
