import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldCursor } from '../../../src/core/field-cursor.ts';
import { parseValues } from '../../../src/snapshot/dump/parse-values.ts';

/** A value as a dump program may write it. */
interface Written {
  readonly text: Buffer;
  readonly value: string | null;
}

const quoted = fc.uint8Array({ maxLength: 40 }).map((bytes): Written => {
  const value = Buffer.from(bytes).latin1Slice();
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('\0', '\\0')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('"', '\\"')
    .replaceAll("'", value.length % 2 === 0 ? "\\'" : "''")
    .replaceAll('\x1a', '\\Z');
  return { text: Buffer.from(`'${escaped}'`, 'latin1'), value };
});
const hex = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes): Written => {
  const value = Buffer.from(bytes);
  return {
    text: Buffer.from(`0x${value.toString('hex').toUpperCase()}`),
    value: value.latin1Slice(),
  };
});
const lead = quoted.map(({ text, value }): Written => {
  return { text: Buffer.concat([Buffer.from('_binary '), text]), value };
});
const bare = fc
  .oneof(fc.bigInt().map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))
  .map((value): Written => ({ text: Buffer.from(value), value }));
const empty = fc.constant<Written>({ text: Buffer.from('NULL'), value: null });
const field = fc.oneof(quoted, hex, lead, bare, empty);

const comma = Buffer.from(',');
const join = (parts: readonly Buffer[]): Buffer =>
  Buffer.concat(parts.flatMap((part, at) => (at === 0 ? [part] : [comma, part])));

function fieldsOf(bytes: Buffer, count: number): (string | null)[] {
  const cursor = new FieldCursor(bytes);
  return Array.from({ length: count }, () => {
    cursor.next();
    return cursor.start < 0 ? null : bytes.latin1Slice(cursor.start, cursor.end);
  });
}

describe('parseValues', () => {
  it('gives every value byte by byte, without the columns that are not wanted', () => {
    const rows = fc
      .integer({ min: 1, max: 5 })
      .chain((width) =>
        fc.tuple(
          fc.array(fc.boolean(), { minLength: width, maxLength: width }),
          fc.array(fc.array(field, { minLength: width, maxLength: width }), { maxLength: 6 }),
        ),
      );
    fc.assert(
      fc.property(rows, ([wanted, list]) => {
        const texts = list.map((row) =>
          Buffer.concat([Buffer.from('('), join(row.map(({ text }) => text)), Buffer.from(')')]),
        );
        const parsed = parseValues(join(texts), wanted);
        const expected = list.flatMap((row) =>
          row.filter((_, at) => wanted[at]).map(({ value }) => value),
        );
        expect(parsed.rowCount).toBe(list.length);
        expect(fieldsOf(parsed.bytes, expected.length)).toEqual(expected);
      }),
    );
  });

  it('keeps values of every length class', () => {
    for (const size of [250, 251, 65_535, 65_536, 16_777_216]) {
      const values = Buffer.from(`('${'x'.repeat(size)}',1)`);
      const [first] = fieldsOf(parseValues(values, [true, true]).bytes, 2);
      expect(first?.length).toBe(size);
    }
  });

  it.each(["('a'", "('a',1", '(1', "('a)", '(1)(2)', '(1,2)'])(
    'names what cannot be read: %s',
    (text) => {
      expect(() => parseValues(Buffer.from(text), [true])).toThrow('cannot be read');
    },
  );
});
