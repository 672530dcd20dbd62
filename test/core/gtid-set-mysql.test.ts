import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gtid, GtidSet } from '../../src/core/gtid-set.ts';
import { emptyGtidSet, formatGtid, parseGtidSet } from '../../src/core/gtid-set-parse.ts';

const UUIDS = ['3e11fa47-71ca-11e1-9e33-c80aa9429562', 'a0000000-0000-0000-0000-00000000000a'];
const SOURCES = [...UUIDS, `${UUIDS[0] ?? ''}:backup`, `${UUIDS[0] ?? ''}:app`];

const gtid = fc.record({
  flavor: fc.constant('mysql' as const),
  source: fc.constantFrom(...SOURCES),
  number: fc.integer({ min: 1, max: 30 }),
});

/** Runs of following numbers, as a binlog has them, mixed with jumps back and forth. */
const run = fc
  .record({ start: gtid, length: fc.integer({ min: 1, max: 6 }) })
  .map(({ start, length }) =>
    Array.from({ length }, (_, i): Gtid => ({ ...start, number: start.number + i })),
  );
const gtids = fc.array(run, { maxLength: 12 }).map((runs) => runs.flat());

const build = (members: readonly Gtid[]): GtidSet =>
  members.reduce((set, member) => set.with(member), emptyGtidSet('mysql'));
const model = (members: readonly Gtid[]): Set<string> => new Set(members.map(formatGtid));
const everyGtid = SOURCES.flatMap((source) =>
  Array.from({ length: 40 }, (_, i): Gtid => ({ flavor: 'mysql', source, number: i + 1 })),
);
const membersOf = (set: GtidSet): Set<string> =>
  new Set(everyGtid.filter((one) => set.contains(one)).map(formatGtid));

describe('MysqlGtidSet against a plain set of GTIDs', () => {
  it('contains exactly what was added', () => {
    fc.assert(
      fc.property(gtids, (members) => {
        expect(membersOf(build(members))).toEqual(model(members));
        expect(build(members).isEmpty).toBe(members.length === 0);
      }),
    );
  });

  it('is immutable: an earlier set keeps its members whatever is added to it later', () => {
    fc.assert(
      fc.property(gtids, gtids, gtids, (before, left, right) => {
        const set = build(before);
        const text = set.toString();
        const branches = [left, right].map((more) =>
          more.reduce((branch, one) => branch.with(one), set),
        );
        expect(set.toString()).toBe(text);
        expect(membersOf(set)).toEqual(model(before));
        expect(branches.map(membersOf)).toEqual([
          model([...before, ...left]),
          model([...before, ...right]),
        ]);
      }),
    );
  });

  it('has one text for the same members, in whatever order they came, and reads it back', () => {
    fc.assert(
      fc.property(gtids, (members) => {
        const text = build(members).toString();
        expect(build([...members].reverse()).toString()).toBe(text);
        expect(parseGtidSet(text, 'mysql').toString()).toBe(text);
        expect(membersOf(parseGtidSet(text, 'mysql'))).toEqual(model(members));
      }),
    );
  });

  it('unites and compares as sets do', () => {
    fc.assert(
      fc.property(gtids, gtids, (a, b) => {
        const united = build(a).union(build(b));
        expect(united.toString()).toBe(build([...a, ...b]).toString());
        const inA = model(a);
        expect(build(a).includes(build(b))).toBe([...model(b)].every((one) => inA.has(one)));
        expect(united.includes(build(a)) && united.includes(build(b))).toBe(true);
      }),
    );
  });
});

describe('MySQL notation', () => {
  const uuid = UUIDS[0] ?? '';

  it('puts tags behind the untagged intervals of their uuid, sorted', () => {
    const text = `${uuid}:1-3:7:app:1-2:backup:5,${UUIDS[1] ?? ''}:9`;
    expect(parseGtidSet(text, 'mysql').toString()).toBe(text);
  });

  it('takes what servers print: line breaks, spaces, upper case, repeated uuids and tags', () => {
    const printed = `${uuid.toUpperCase()}:4-5:App:1,\n${uuid} : 1 - 3 : 9 :app: 2 ,\n`;
    expect(parseGtidSet(printed, 'mysql').toString()).toBe(`${uuid}:1-5:9:app:1-2`);
    expect(parseGtidSet(' \n', 'mysql').isEmpty).toBe(true);
  });

  it.each([
    'abc',
    uuid,
    `${uuid}:`,
    `${uuid}:0`,
    `${uuid}:3-1`,
    `${uuid}:1-`,
    `${uuid}:tag`,
    `${uuid}:tag:tag2:1`,
    `${uuid}:1:9tag:1`,
    `${uuid}:9007199254740993`,
    '0-1-100',
  ])('refuses %j', (text) => {
    expect(() => parseGtidSet(text, 'mysql')).toThrow(
      expect.objectContaining({ code: 'POSITION_INVALID' }),
    );
  });

  it('refuses to mix the families', () => {
    expect(() => emptyGtidSet('mysql').union(emptyGtidSet('mariadb'))).toThrow(/MariaDB/);
  });
});
