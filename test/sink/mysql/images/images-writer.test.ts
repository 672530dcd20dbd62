import { describe, expect, it } from 'vitest';
import { ImagesWriter, TableEventCache } from '../../../../src/sink/mysql/images/images-writer.ts';
import type { TableBinding } from '../../../../src/sink/mysql/table-binding.ts';
import { fakeChange, fakeColumn, fakeTable, identityRoute } from '../../../support/fake-images.ts';
import { asWireChange } from '../../../support/wire-images.ts';

const ROWS = 10_000;

function tableOf(name: string) {
  const table = fakeTable('db', name, [fakeColumn('id', 'int'), fakeColumn('v', 'int')]);
  const target = { name: { database: 'db', table: name }, uniqueKeys: [] };
  const binding = { source: table, target, hasForeignKeys: false } as unknown as TableBinding;
  const after = Array.from({ length: ROWS }, (_, id) => [id, id]);
  const { wire } =
    asWireChange(fakeChange({ table, route: identityRoute(table), after })).after ?? {};
  if (wire === undefined) throw new Error('no images');
  return { binding, wire };
}

function statementsFor(repeatsText: boolean): number {
  const settings = { flavor: 'mariadb', serverId: 1, maxEventBytes: 1 << 20, repeatsText } as const;
  const writer = new ImagesWriter(settings, new TableEventCache(settings));
  for (const { binding, wire } of [tableOf('a'), tableOf('b')]) {
    writer.begin(binding, 'insert', wire, 0);
    for (let row = 0; row < ROWS; row++) writer.insert(wire, row);
  }
  return writer.takePackets().length;
}

describe('row images of several tables', () => {
  it('share a statement, but not a long one whose text is logged once for each of them', () => {
    expect([statementsFor(false), statementsFor(true)]).toEqual([1, 2]);
  });
});
