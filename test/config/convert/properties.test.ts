import { describe, expect, it } from 'vitest';
import { parseProperties } from '../../../src/config/convert/properties.ts';

describe('a properties file', () => {
  it('is read as Java reads it', () => {
    const text = [
      '# a comment',
      '! another',
      'a=1',
      'b : two words ',
      'c three',
      'path=shop\\\\..*,\\',
      '     crm\\\\..*',
      'e\\=f=g=h',
      'u=\\u00e9\\t!',
      'empty=',
      'a=last',
    ].join('\r\n');
    expect(Object.fromEntries(parseProperties(text))).toEqual({
      a: 'last',
      b: 'two words',
      c: 'three',
      path: 'shop\\..*,crm\\..*',
      'e=f': 'g=h',
      u: 'é\t!',
      empty: '',
    });
  });
});
