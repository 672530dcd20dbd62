import { describe, expect, it } from 'vitest';
import { EventReader } from '../../src/binlog/event-reader.ts';
import { LastText } from '../../src/binlog/last-text.ts';

describe('LastText', () => {
  it('reads each text as it stands, whatever came before it', () => {
    const texts = ['', 'shop', 'shop', 'shoq', 'shop2', 'sho', '', 'größe', 'größe'];
    const bytes = Buffer.from(texts.join(''));
    const reader = new EventReader(bytes, { start: 0, end: bytes.length }, 'test');
    const last = new LastText();
    expect(texts.map((text) => last.read(reader, Buffer.byteLength(text)))).toEqual(texts);
    expect(reader.remaining).toBe(0);
  });

  it('keeps its own copy of the bytes', () => {
    const bytes = Buffer.from('abab');
    const last = new LastText();
    const read = (start: number): string =>
      last.read(new EventReader(bytes, { start, end: start + 2 }, 'test'), 2);
    read(0);
    bytes.write('xy');
    expect([read(2), read(0)]).toEqual(['ab', 'xy']);
  });

  it('does not read past the end of the event', () => {
    const last = new LastText();
    const bytes = Buffer.from('shopshop');
    last.read(new EventReader(bytes, { start: 0, end: 4 }, 'test'), 4);
    expect(() => last.read(new EventReader(bytes, { start: 4, end: 6 }, 'test'), 4)).toThrow(
      /too early/,
    );
  });
});
