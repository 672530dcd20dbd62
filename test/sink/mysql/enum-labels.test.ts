import { expect, it } from 'vitest';
import { readLabels } from '../../../src/sink/mysql/enum-labels.ts';

it.each([
  ["enum('a','b')", ['a', 'b']],
  ["set('x,y','it''s','')", ['x,y', "it's", '']],
  ["enum('a\\\\b','n\\n','z\\0')", ['a\\b', 'n\n', 'z\0']],
  ["enum('''','\\\\''')", ["'", "\\'"]],
  ["enum('(',')')", ['(', ')']],
])('reads %s', (columnType, labels) => {
  expect(readLabels(columnType)).toEqual(labels);
});
