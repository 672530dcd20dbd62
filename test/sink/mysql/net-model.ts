import type { NetEffect, RowEffect } from '../../../src/sink/mysql/net-effect.ts';
import type { FakeRow } from '../../support/fake-images.ts';
import type { ModelTable } from './histories.ts';

const beforeOf = (effect: RowEffect) => effect.before?.at(effect.beforeRow) as FakeRow;
const afterOf = (effect: RowEffect) => effect.after?.at(effect.row) as FakeRow;

/** Applies a net effect the way the statements do; throws where a server would refuse or count otherwise. */
export function applyTo(model: ModelTable, net: NetEffect, identity: readonly number[]): void {
  const find = (row: FakeRow) =>
    model.rows.find((other) => identity.every((column) => other[column] === row[column]));
  for (const effect of net.deletes) {
    const found = find(beforeOf(effect));
    if (found === undefined) throw new Error('deletes a row that is not there');
    model.delete(found);
  }
  for (const effect of net.inserts) {
    if (!model.fits(afterOf(effect))) throw new Error('duplicate key');
    model.insert(afterOf(effect));
  }
  for (const effect of net.upserts) {
    const found = find(afterOf(effect));
    if (found === undefined) throw new Error('upserts a row that is not there');
    if (!model.fits(afterOf(effect), found)) throw new Error('duplicate key');
    model.delete(found);
    model.insert(afterOf(effect));
  }
}
