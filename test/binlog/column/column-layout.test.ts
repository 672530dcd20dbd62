import { describe, expect, it } from 'vitest';
import { resolveColumnLayout } from '../../../src/binlog/column/column-layout.ts';
import { WIRE_TYPE } from '../../../src/binlog/wire-types.ts';
import { makeColumn } from '../rows/random-rows.ts';

describe('resolveColumnLayout', () => {
  it('reads the length of long CHAR columns out of the type byte', () => {
    const column = makeColumn('char', { charset: 'utf8mb4' });
    for (const length of [0, 10, 255, 256, 511, 512, 768, 1020]) {
      const meta = (254 ^ ((length & 0x300) >> 4)) | ((length & 0xff) << 8);
      const layout = resolveColumnLayout({ type: WIRE_TYPE.STRING, meta, column, flavor: 'mysql' });
      expect(layout).toEqual({ kind: 'bytes', prefix: length > 255 ? 2 : 1 });
    }
  });

  it("takes a fraction of the old types for MariaDB's own format only", () => {
    const column = makeColumn('time', { scale: 3 });
    const wire = { type: WIRE_TYPE.TIME, meta: 0, column };
    expect(resolveColumnLayout({ ...wire, flavor: 'mysql' })).toMatchObject({ fixed: 3 });
    expect(resolveColumnLayout({ ...wire, flavor: 'mariadb' })).toMatchObject({
      fixed: 5,
      reader: 'hiresTime',
    });
  });

  it.each([
    ['an unknown type', 200, 0],
    ['the decimals of MySQL 4', WIRE_TYPE.DECIMAL, 0],
    ['a BIT of 65 bits', WIRE_TYPE.BIT, 1 | (8 << 8)],
    ['a decimal with more decimals than digits', WIRE_TYPE.NEWDECIMAL, 5 | (6 << 8)],
    ['a blob with 5 length bytes', WIRE_TYPE.BLOB, 5],
  ])('refuses %s', (_, type, meta) => {
    const wire = { type, meta, column: makeColumn('int', { name: 'x' }), flavor: 'mysql' } as const;
    expect(() => resolveColumnLayout(wire)).toThrow(
      expect.objectContaining({ code: 'SOURCE_EVENT_UNDECODABLE', place: { column: 'x' } }),
    );
  });
});
