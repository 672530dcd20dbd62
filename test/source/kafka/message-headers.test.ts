import { expect, it } from 'vitest';
import { RecordBatchWriter } from '../../../src/kafka/record-batch.ts';
import { readBatches, type KafkaRecord } from '../../../src/kafka/record-reader.ts';
import { encodeHeaders } from '../../../src/sink/kafka/record-headers.ts';
import { HeaderReader } from '../../../src/source/kafka/message-headers.ts';

/** A record with these headers. */
function recordWith(headers: Readonly<Record<string, string>>): KafkaRecord {
  const bytes = encodeHeaders(headers);
  const writer = new RecordBatchWriter(1);
  const place = { bytes, keyStart: 0, keyEnd: -1, valueStart: 0, valueEnd: -1 };
  writer.append({ ...place, headers: bytes, headersEnd: bytes.length }, 0);
  const sealed = writer.seal({
    producerId: 1n,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: false,
    compression: 'none',
  });
  const record = [...readBatches(Buffer.from(sealed), 0)][0]?.records[0];
  if (record === undefined) throw new Error('no record');
  return record;
}

const ours = (
  task: string,
  history: string | undefined,
  seq: string,
  part: string,
): Readonly<Record<string, string>> => ({
  'tailrace-task': task,
  ...(history === undefined ? {} : { 'tailrace-history': history }),
  'tailrace-seq': seq,
  'tailrace-gtid': '0-1-5',
  'tailrace-part': part,
});

it('says whose message it is, whatever came before it', () => {
  const reader = new HeaderReader();
  const read = (headers: Readonly<Record<string, string>>): unknown =>
    reader.read(recordWith(headers));
  const first = { task: 'shop', source: 'shop@a', seq: 7, part: 1, isLast: false };
  expect(read(ours('shop', 'a', '7', '1'))).toEqual(first);
  expect(read(ours('shop', 'a', '8', '12/12'))).toEqual({
    ...first,
    seq: 8,
    part: 12,
    isLast: true,
  });
  expect(read(ours('shop', undefined, '9', '1'))).toEqual({ ...first, source: 'shop', seq: 9 });
  expect(read(ours('shop', '', '9', '1'))).toEqual({ ...first, source: 'shop@', seq: 9 });
  expect(read(ours('größe', 'a', '9', '2/21'))).toEqual({
    task: 'größe',
    source: 'größe@a',
    seq: 9,
    part: 2,
    isLast: false,
  });
  expect(read(ours('shop', 'a', '7', '1'))).toEqual(first);
  expect(read({ other: 'x', ...ours('shop', 'a', '7', '1') })).toEqual(first);
  expect(read(ours('shop', 'a', '9007199254740991', '1'))).toEqual({
    ...first,
    seq: Number.MAX_SAFE_INTEGER,
  });
});

it.each([
  {},
  { 'tailrace-task': 'shop' },
  { ...ours('shop', 'a', '7', '1'), 'tailrace-seq': '9007199254740993' },
  { ...ours('shop', 'a', '7', '1'), 'tailrace-seq': '7x' },
  { ...ours('shop', 'a', '7', '1'), 'tailrace-part': '/1' },
  { 'tailrace-seq': '7', 'tailrace-part': '1' },
])("takes no message for ours that isn't: %j", (headers) => {
  expect(new HeaderReader().read(recordWith(headers))).toBeUndefined();
});
