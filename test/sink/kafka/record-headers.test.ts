import { expect, it } from 'vitest';
import type { Gtid } from '../../../src/core/gtid-set.ts';
import { formatGtid } from '../../../src/core/gtid-set-parse.ts';
import { encodeHeaders, RecordHeaders } from '../../../src/sink/kafka/record-headers.ts';
import { fakeTransaction } from '../../support/fake-change.ts';

const coordinates = { file: 'binlog.000123', offset: 6_000_000_000 };
const GTIDS: readonly (Gtid | undefined)[] = [
  undefined,
  { flavor: 'mysql', source: '3e11fa47-71ca-11e1-9e33-c80aa9429562', number: 23 },
  { flavor: 'mysql', source: `3e11fa47-71ca-11e1-9e33-c80aa9429562:${'t'.repeat(32)}`, number: 7 },
  { flavor: 'mariadb', domain: 0, server: 4294967295, sequence: 9_007_199_254_740_991 },
  undefined,
];

/** What they are, put together the plain way. */
it('are the bytes that any encoder of headers makes, one transaction after the other', () => {
  const headers = new RecordHeaders('größe', 'a1b2');
  for (const [index, gtid] of GTIDS.entries()) {
    const seq = index * 1_700_000_000_000;
    const transaction = { ...fakeTransaction({ seq }), gtid, coordinates };
    const place =
      gtid === undefined
        ? { 'tailrace-position': 'binlog.000123:6000000000' }
        : { 'tailrace-gtid': formatGtid(gtid) };
    const expected = (part: string, more = {}): Buffer =>
      encodeHeaders({
        'tailrace-task': 'größe',
        'tailrace-history': 'a1b2',
        'tailrace-seq': String(seq),
        ...place,
        'tailrace-part': part,
        ...more,
      });
    const written = (number: number, isLast: boolean, more?: Record<string, string>): Buffer => {
      headers.write(transaction, number, isLast, more);
      return Buffer.from(headers.bytes.subarray(0, headers.end));
    };
    expect(written(1, false)).toEqual(expected('1'));
    expect(written(1, true)).toEqual(expected('1/1'));
    expect(written(12345, false, { x: 'ü'.repeat(70) })).toEqual(
      expected('12345', { x: 'ü'.repeat(70) }),
    );
    expect(written(12346, true)).toEqual(expected('12346/12346'));
  }
});
