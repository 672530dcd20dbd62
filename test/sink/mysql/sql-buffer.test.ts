import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SqlBuffer } from '../../../src/sink/mysql/sql-buffer.ts';

const textOf = (buffer: SqlBuffer) => buffer.slice(0, buffer.length).toString('latin1');

/** The escaping by its definition. */
function escapeBytes(bytes: Buffer): Buffer {
  return Buffer.from(
    [...bytes].flatMap((byte) => {
      if (byte === 0) return [0x5c, 0x30];
      return byte === 0x27 || byte === 0x5c ? [0x5c, byte] : [byte];
    }),
  );
}

const bytes = fc.array(fc.constantFrom(0, 0x27, 0x5c, 0x41, 0xc3, 0xff), { maxLength: 3000 });

describe('SqlBuffer', () => {
  it('grows and keeps what was written before', () => {
    const buffer = new SqlBuffer(4);
    buffer.ascii('abc');
    const early = buffer.slice(0, 3);
    buffer.ascii('x'.repeat(1000));
    buffer.byte(0x21);
    expect(textOf(buffer)).toBe(`abc${'x'.repeat(1000)}!`);
    expect(early.toString()).toBe('abc');
  });

  it('writes integers as JavaScript does', () => {
    const extremes = [0, -1, 9, 10, 99, 100, 2147483647, -2147483648, 2147483648, -2147483649];
    for (const value of [...extremes, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const buffer = new SqlBuffer(1);
      buffer.integer(value);
      expect(textOf(buffer)).toBe(String(value));
    }
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const buffer = new SqlBuffer(1);
        buffer.integer(value);
        return textOf(buffer) === String(value);
      }),
    );
  });

  it('escapes bytes of any length, inside others', () => {
    fc.assert(
      fc.property(bytes, bytes, (before, inner) => {
        const whole = Buffer.from([...before, ...inner, 0x27]);
        const buffer = new SqlBuffer(1);
        buffer.escaped(whole, before.length, before.length + inner.length);
        return buffer.slice(0, buffer.length).equals(escapeBytes(Buffer.from(inner)));
      }),
    );
  });

  it('escapes text as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', "'", '\\', '\0', 'é', '😀') }), (text) => {
        const buffer = new SqlBuffer(1);
        buffer.ascii('=');
        buffer.escapedText(text);
        const expected = escapeBytes(Buffer.from(text));
        return buffer.slice(1, buffer.length).equals(expected);
      }),
    );
  });

  it('takes back what was written', () => {
    const buffer = new SqlBuffer();
    buffer.ascii('keep');
    const mark = buffer.length;
    buffer.ascii('lost');
    buffer.truncate(mark);
    buffer.ascii('!');
    expect(textOf(buffer)).toBe('keep!');
  });
});
