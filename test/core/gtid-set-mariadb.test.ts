import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gtid, GtidSet } from '../../src/core/gtid-set.ts';
import {
  emptyGtidSet,
  formatGtid,
  parseAnyGtidSet,
  parseGtidSet,
} from '../../src/core/gtid-set-parse.ts';

type MariadbGtid = Extract<Gtid, { flavor: 'mariadb' }>;

const gtid: fc.Arbitrary<MariadbGtid> = fc.record({
  flavor: fc.constant('mariadb' as const),
  domain: fc.integer({ min: 0, max: 3 }),
  server: fc.integer({ min: 1, max: 3 }),
  sequence: fc.integer({ min: 1, max: 50 }),
});
const gtids = fc.array(gtid, { maxLength: 20 });

const build = (members: readonly Gtid[]): GtidSet =>
  members.reduce((set, member) => set.with(member), emptyGtidSet('mariadb'));
/** The last of each domain. */
const model = (members: readonly MariadbGtid[]): Map<number, MariadbGtid> =>
  new Map(members.map((member) => [member.domain, member]));
const textOf = (last: ReadonlyMap<number, MariadbGtid>): string =>
  [...last.values()]
    .sort((a, b) => a.domain - b.domain)
    .map(formatGtid)
    .join(',');

describe('MariadbGtidSet against the last GTID of each domain', () => {
  it('keeps the last of each domain and leaves earlier sets as they are', () => {
    fc.assert(
      fc.property(gtids, gtids, (before, after) => {
        const set = build(before);
        const later = after.reduce<GtidSet>((grown, one) => grown.with(one), set);
        expect(set.toString()).toBe(textOf(model(before)));
        expect(later.toString()).toBe(textOf(model([...before, ...after])));
        expect(parseGtidSet(later.toString(), 'mariadb').toString()).toBe(later.toString());
      }),
    );
  });

  it('contains what is not ahead in its domain', () => {
    fc.assert(
      fc.property(gtids, gtid, (members, one) => {
        const last = model(members).get(one.domain);
        expect(build(members).contains(one)).toBe(
          last !== undefined && one.sequence <= last.sequence,
        );
      }),
    );
  });

  it('unites to the later of each domain, which includes both', () => {
    fc.assert(
      fc.property(gtids, gtids, (a, b) => {
        const united = build(a).union(build(b));
        expect(united.includes(build(a)) && united.includes(build(b))).toBe(true);
        const isAhead = [...model(b).values()].some((one) => !build(a).contains(one));
        expect(build(a).includes(build(b))).toBe(!isAhead);
      }),
    );
  });
});

describe('MariaDB notation', () => {
  it('sorts by domain and takes white space', () => {
    expect(parseGtidSet(' 10-2-3,\n0-1-100 ', 'mariadb').toString()).toBe('0-1-100,10-2-3');
    expect(parseGtidSet('', 'mariadb').isEmpty).toBe(true);
  });

  it.each(['0-1', '0-1-2-3', 'x', '0-1-1,0-2-2', '4294967296-1-1', '0-1-9007199254740993'])(
    'refuses %j',
    (text) => {
      expect(() => parseGtidSet(text, 'mariadb')).toThrow(
        expect.objectContaining({ code: 'POSITION_INVALID' }),
      );
    },
  );
});

describe('parseAnyGtidSet', () => {
  it('tells the family by the notation', () => {
    expect(parseAnyGtidSet('0-1-100').flavor).toBe('mariadb');
    expect(parseAnyGtidSet('3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5').flavor).toBe('mysql');
    expect(() => parseAnyGtidSet(' ')).toThrow(/empty/);
    expect(() => parseAnyGtidSet('yesterday')).toThrow(/not a GTID set/);
  });
});
