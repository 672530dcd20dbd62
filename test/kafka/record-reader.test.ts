import { expect, it } from 'vitest';
import { COMPRESSIONS, prepareCompression } from '../../src/kafka/codecs.ts';
import { RecordBatchWriter } from '../../src/kafka/record-batch.ts';
import { readBatches } from '../../src/kafka/record-reader.ts';
import { encodeHeaders } from '../../src/sink/kafka/record-headers.ts';

function batchOf(values: readonly (string | null)[], compression: (typeof COMPRESSIONS)[number]) {
  const writer = new RecordBatchWriter(16);
  for (const [index, value] of values.entries()) {
    const bytes = Buffer.from(value ?? '');
    const headers = encodeHeaders({ 'tailrace-seq': String(index), other: 'ä' });
    writer.append(
      {
        bytes,
        keyStart: 0,
        keyEnd: -1,
        valueStart: 0,
        valueEnd: value === null ? -1 : bytes.length,
        headers,
        headersEnd: headers.length,
      },
      1_700_000_000_000,
    );
  }
  const batch = writer.seal({
    producerId: 7n,
    producerEpoch: 0,
    baseSequence: 0,
    isTransactional: false,
    compression,
  });
  return Buffer.from(batch);
}

it.each(COMPRESSIONS)('reads what is written: %s', async (compression) => {
  await prepareCompression(compression);
  const values = ['{"a":1}', null, 'x'.repeat(100_000), ''];
  const [batch] = readBatches(batchOf(values, compression), 0);
  expect(batch?.nextOffset).toBe(4);
  expect(batch?.records.map(({ value }) => value?.toString() ?? null)).toEqual(values);
  expect(batch?.records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
  expect(batch?.records[2]?.key).toBeNull();
  expect(batch?.records[2]?.headers()).toEqual({ 'tailrace-seq': '2', other: 'ä' });
});

it('begins at the offset that is wanted and leaves a batch that was cut off', () => {
  const whole = batchOf(['a', 'b'], 'none');
  const second = batchOf(['c'], 'none');
  second.writeBigInt64BE(2n, 0);
  const bytes = Buffer.concat([whole, second.subarray(0, second.length - 1)]);
  const batches = [...readBatches(bytes, 1)];
  expect(batches.flatMap(({ records }) => records.map(({ value }) => String(value)))).toEqual([
    'b',
  ]);
});

it('refuses a batch whose bytes are damaged', () => {
  const bytes = batchOf(['a'], 'none');
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
  expect(() => [...readBatches(bytes, 0)]).toThrow('wrong checksum');
});
