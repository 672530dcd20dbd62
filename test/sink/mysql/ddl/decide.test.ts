import { describe, expect, it } from 'vitest';
import type { DdlEffect } from '../../../../src/core/change.ts';
import { decidePending } from '../../../../src/sink/mysql/ddl/decide.ts';
import type { ObjectStates, TableState } from '../../../../src/sink/mysql/ddl/object-state.ts';

const name = (table: string) => ({ database: 'd', table });
const effect = (kind: 'create' | 'alter' | 'drop' | 'truncate', table: string): DdlEffect => ({
  kind,
  table: name(table),
});
const rename = (table: string, to: string): DdlEffect => ({
  kind: 'rename',
  table: name(table),
  to: name(to),
});
const table = (digest: string, id?: string): TableState => ({
  digest,
  ids: id === undefined ? undefined : [id],
});
const states = (tables: Record<string, TableState>, serverVersion = '9.7'): ObjectStates => ({
  tables: Object.fromEntries(Object.entries(tables).map(([key, value]) => [`d.${key}`, value])),
  databases: {},
  serverVersion,
});

describe('a statement that may have run', () => {
  const A = table('x', '1');
  const B = table('x', '2');
  const swap = [rename('a', 't'), rename('b', 'a'), rename('t', 'b')];

  it.each<[string, DdlEffect[], Record<string, TableState>, Record<string, TableState>, string]>([
    ['CREATE not begun', [effect('create', 'a')], {}, {}, 'redo'],
    ['CREATE done', [effect('create', 'a')], {}, { a: A }, 'done'],
    ['CREATE OR REPLACE half-way', [effect('create', 'a')], { a: A }, {}, 'redo'],
    ['CREATE OR REPLACE done', [effect('create', 'a')], { a: A }, { a: table('x', '9') }, 'done'],
    ['ALTER not begun or without a trace', [effect('alter', 'a')], { a: A }, { a: A }, 'redo'],
    ['ALTER in place', [effect('alter', 'a')], { a: A }, { a: table('y', '1') }, 'done'],
    ['ALTER by copy', [effect('alter', 'a')], { a: A }, { a: table('x', '9') }, 'done'],
    ['ALTER of a table that is gone', [effect('alter', 'a')], { a: A }, {}, 'undecided'],
    ['TRUNCATE', [effect('truncate', 'a')], { a: A }, { a: table('x', '9') }, 'redo'],
    ['DROP done', [effect('drop', 'a')], { a: A }, {}, 'done'],
    ['DROP not begun', [effect('drop', 'a')], { a: A }, { a: A }, 'redo'],
    [
      'DROP, another table there',
      [effect('drop', 'a')],
      { a: A },
      { a: table('z', '5') },
      'undecided',
    ],
    ['DROP of what never was', [effect('drop', 'a')], {}, {}, 'redo'],
    ['RENAME done', [rename('a', 'b')], { a: A }, { b: A }, 'done'],
    ['RENAME not begun', [rename('a', 'b')], { a: A }, { a: A }, 'redo'],
    ['swap done', swap, { a: A, b: B }, { a: B, b: A }, 'done'],
    ['swap not begun', swap, { a: A, b: B }, { a: A, b: B }, 'redo'],
    ['nothing known', [], {}, {}, 'undecided'],
  ])('%s', (_, effects, before, now, expected) => {
    expect(decidePending(effects, states(before), states(now)).kind).toBe(expected);
  });

  it('does what is left of a DROP and of a RENAME', () => {
    const drops = [effect('drop', 'a'), effect('drop', 'b'), effect('drop', 'c')];
    const before = states({ a: A, b: B, c: table('z', '3') });
    expect(decidePending(drops, before, states({ b: B }))).toEqual({
      kind: 'partial',
      missing: [drops[1]],
    });
    expect(decidePending(swap, states({ a: A, b: B, t: table('', '') }), states({}))).toEqual({
      kind: 'undecided',
    });
    expect(decidePending(swap, states({ a: A, b: B }), states({ t: A, a: B }))).toEqual({
      kind: 'partial',
      missing: [swap[2]],
    });
  });

  it('does not tell equal tables apart without ids', () => {
    const same = states({ a: table('x'), b: table('x') });
    expect(decidePending(swap, same, same)).toEqual({ kind: 'undecided' });
  });

  it('does not take another spelling of a newer server for a change', () => {
    const before = states({ a: A });
    const now = states({ a: table('spelled otherwise', '1') }, '9.8');
    expect(decidePending([effect('alter', 'a')], before, now).kind).toBe('redo');
    const rebuilt = states({ a: table('spelled otherwise', '7') }, '9.8');
    expect(decidePending([effect('alter', 'a')], before, rebuilt).kind).toBe('undecided');
  });
});
